// A bar for each class, as long as its probability.

import { node, setText } from "../controls/dom.js";
import { percent } from "../page/words.js";

const FIT = 12; // bars that are in sight without scrolling

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
  const bar = node("div", "bar");
  bar.innerHTML = '<span class="label"></span><span class="track"><span class="fill"></span></span><span class="percent"></span>';
  return bar;
}
