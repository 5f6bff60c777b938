// What the network sees and says: its 28 x 28 image, a bar for each class, and one sentence.

import { live } from "../page/view.js";
import { setText } from "../page/words.js";
import { channels, look } from "../paint/scales.js";

const FIT = 12; // bars that are in sight without scrolling
const SURE = 0.9; // calibrated probability from which the answer is said without doubt

export function mount({ element }) {
  const verdict = element.querySelector(".verdict");
  const seen = element.querySelector(".seen canvas");
  const bars = element.querySelector(".bars");
  let last = null; // the newest answer that is shown

  function show(answer) {
    element.dataset.sequence = answer.sequence;
    if (answer.error) return say("error", answer.error);
    last = answer;
    paintImage(seen, answer.image);
    showBars(bars, answer.classes, answer.probabilities);
    say(...sentence(answer));
  }

  function empty() {
    const { classes } = last ?? { classes: [] };
    last = null;
    paintImage(seen, null);
    showBars(bars, classes, null);
    say("empty", "Draw a digit: the network reads it while the pen moves.");
  }

  function say(state, text) {
    verdict.dataset.state = state;
    setText(verdict, text);
  }

  live(element, {
    answer: (answer) => (answer ? show(answer) : empty()),
    look: () => last && paintImage(seen, last.image),
  });
}

/** [state, sentence] of an answer. */
function sentence({ classes, probabilities, familiar }) {
  const order = probabilities.map((_, index) => index).sort((a, b) => probabilities[b] - probabilities[a]);
  const [first, second] = order;
  const share = (index) => `${classes[index]} (${percent(probabilities[index])})`;
  if (!familiar) return ["strange", `It has learned nothing like this; the nearest is ${share(first)}.`];
  if (probabilities[first] < SURE) return ["unsure", `Not sure: ${share(first)} or ${share(second)}.`];
  return ["sure", `It reads ${share(first)}.`];
}

/** 0.9931 -> "99.3 %"; a network is never sure to the last: what would round to 0 or 100 says so. No line ends before the sign. */
export function percent(probability) {
  if (probability < 0.0005) return "<\u00a00.1\u00a0%";
  if (probability >= 0.9995) return ">\u00a099.9\u00a0%";
  return `${(100 * probability).toFixed(1)}\u00a0%`;
}

/** Bytes of an image in base64, or null for blank paper. */
export function paintImage(canvas, base64) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const [red, green, blue] = channels(look("--ink"));
  const picture = context.createImageData(width, height);
  const bytes = base64 ? atob(base64) : "";
  const words = new Uint32Array(picture.data.buffer);
  for (let pixel = 0; pixel < bytes.length; pixel += 1) {
    words[pixel] = (bytes.charCodeAt(pixel) << 24) | (blue << 16) | (green << 8) | red;
  }
  context.putImageData(picture, 0, 0);
}

/** A bar for each class; `probabilities` null: nothing is said. */
export function showBars(bars, classes, probabilities) {
  const isLong = classes.length > FIT;
  const before = isLong && bars.querySelector(".top");
  if (bars.children.length !== classes.length) bars.replaceChildren(...classes.map(makeBar));
  const top = probabilities?.indexOf(Math.max(...probabilities));
  [...bars.children].forEach((bar, index) => {
    const [label, { firstChild: fill }, figure] = bar.children;
    setText(label, classes[index]); // a class name is text, never HTML
    if (label.title !== classes[index]) label.title = classes[index]; // where it is cut short
    fill.style.transform = `scaleX(${(probabilities?.[index] ?? 0).toFixed(3)})`; // to less than a pixel: most stay as they are
    setText(figure, probabilities ? percent(probabilities[index]) : "");
    bar.classList.toggle("top", index === top);
  });
  if (isLong && bars.children[top] !== before) bringIntoSight(bars, top);
}

/** Scroll the list, and nothing around it, until a bar is in its middle. */
function bringIntoSight(bars, index) {
  bars.scrollTop = ((index + 0.5) / bars.children.length) * bars.scrollHeight - bars.clientHeight / 2;
}

function makeBar() {
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.innerHTML = '<span class="label"></span><span class="track"><span class="fill"></span></span><span class="percent"></span>';
  return bar;
}
