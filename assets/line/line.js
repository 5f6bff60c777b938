// A line as it is read: the number, a box around each digit, the digit of each pixel. The digit that is chosen, the one under
// the pen or the one that was pressed, is what the views of single digits are about.

import { node, rove, setLabel, setText } from "../controls/dom.js";
import { openTab } from "../controls/tabs.js";
import { keepSample } from "../kept/samples.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { LINE_NETWORK, chooseLineNetwork, connectLines, lineNetwork, onLine } from "../page/lines.js";
import { get, set, subscribe } from "../page/state.js";
import { live } from "../page/view.js";
import { SURE, percent } from "../page/words.js";
import { paintStrip, stripScale } from "../paint/strip.js";
import { placeUnderPen, strokesOf } from "./digits.js";
import { difference, inWords, nameOf, whole } from "./words.js";

const LEGEND = "Each pixel of ink has the colour and the numeral of the digit that it belongs to. Press a box to choose its digit.";

export function mount({ element, server, props }) {
  const view = element.querySelector(".line-view");
  const find = (selector) => view.querySelector(selector);
  const canvas = find("canvas");
  const boxes = find(".strip div");
  const labels = find(".labels");
  let shown = null; // { answer, line } that is shown
  let before = null; // how the other network read that line, if it did
  let pinned = null; // where on the sheet the chosen digit was pressed; null while the pen chooses
  let chosen = -1; // its place among the digits
  let room = 0; // CSS pixels for the strip
  let notice = ""; // about the last sample that was kept

  // What is read --------------------------------------------------------------------------------------------------

  function take(answer, line) {
    if (!answer) return empty();
    view.dataset.sequence = answer.sequence;
    notice = "";
    if (answer.error) {
      empty(answer.error);
      return set({ drawing: [] });
    }
    if (shown?.line !== line) before = null;
    else if (shown.answer.network !== answer.network) before = shown.answer;
    shown = { answer, line };
    choose();
    paint();
  }

  function empty(error = "") {
    shown = null;
    before = null;
    chosen = -1;
    view.dataset.state = error ? "error" : "empty";
    view.dataset.number = "";
    find('[data-do="copy"]').disabled = true;
    setText(find(".number"), "\u00a0");
    setText(find(".sentence"), error || (props.isThere ? "Write digits side by side: the line is read while the pen moves." : "There is no network that reads lines here; python -m model.line.train makes one."));
    setText(find(".legend"), "\u00a0");
    boxes.replaceChildren();
    view.dataset.chosen = "";
    showChosen();
    paintPicture();
  }

  /** The digit that is nearest to the pen, or to where one was pressed: its strokes become the drawing of all other views. */
  function choose() {
    const { answer, line } = shown;
    const { digits, scale, shift } = answer;
    const x = (pinned ?? placeUnderPen(line)) * scale + shift[0];
    const distances = digits.map(({ box: [, left,, right] }) => Math.abs((left + right) / 2 - x));
    chosen = distances.indexOf(Math.min(...distances));
    set({ drawing: chosen < 0 ? [] : strokesOf(answer, line)[chosen] });
  }

  // What is shown -------------------------------------------------------------------------------------------------

  function paint() {
    const { answer } = shown;
    const number = answer.digits.filter(({ unlike }) => !unlike).map(({ label }) => label).join("");
    view.dataset.state = "shown";
    view.dataset.number = number;
    view.dataset.chosen = String(chosen);
    find('[data-do="copy"]').disabled = !number;
    showNumber(find(".number"), answer.digits);
    setText(find(".sentence"), inWords(answer.digits));
    setText(find(".legend"), LEGEND);
    setText(find(".compared"), answer.network === LINE_NETWORK ? "" : `${props.compared} ${before ? difference(before, answer) : ""}`);
    showBoxes(answer);
    showChosen();
    paintPicture();
  }

  function showNumber(line, digits) {
    const read = digits.some(({ unlike }) => !unlike) ? digits : []; // dots alone are no number
    const parts = read.map(({ label, unlike, probability }) => [unlike ? "\u00b7" : label, unlike || probability < SURE]);
    if (line.children.length !== parts.length) line.replaceChildren(...parts.map(() => node("span")));
    parts.forEach(([text, isUnsure], index) => {
      setText(line.children[index], text);
      line.children[index].classList.toggle("unsure", isUnsure);
    });
    if (!parts.length) setText(line, "\u00a0");
  }

  function showBoxes({ digits, width }) {
    if (boxes.children.length !== digits.length) boxes.replaceChildren(...digits.map(makeBox));
    const scale = stripScale(width, room);
    digits.forEach((digit, index) => {
      const { label, probability, second, box: [top, left, bottom, right], unlike } = digit;
      const button = boxes.children[index];
      const [name, share, other, frame] = button.children;
      const edges = { left: left * scale, width: (right - left) * scale };
      for (const [edge, value] of Object.entries(edges)) button.style[edge] = `${value}px`;
      frame.style.height = `${(bottom - top) * scale}px`;
      frame.style.bottom = `${(IMAGE_SIZE - bottom) * scale}px`;
      setText(name, unlike ? "unlike" : label);
      setText(share, whole(probability));
      setText(other, probability < SURE ? `or ${nameOf(second.label)}` : "");
      button.classList.toggle("unlike", unlike);
      button.ariaPressed = String(index === chosen);
      setLabel(button, `${unlike ? "Unlike any digit" : label}, ${percent(probability)}`);
    });
  }

  function makeBox() {
    const button = Object.assign(node("button"), { type: "button" });
    button.append(node("b"), node("span"), node("small"), node("i"));
    button.addEventListener("click", () => {
      const { scale, shift, digits } = shown.answer;
      const [, left,, right] = digits[[...boxes.children].indexOf(button)].box;
      pinned = ((left + right) / 2 - shift[0]) / scale;
      notice = "";
      choose();
      paint();
    });
    return button;
  }

  function paintPicture() {
    paintStrip(canvas, shown?.answer ?? null, room);
    setLabel(canvas, shown ? `The line as the network reads it, ${IMAGE_SIZE} by ${shown.answer.width} pixels` : "Nothing is written yet");
  }

  // The chosen digit ----------------------------------------------------------------------------------------------

  function showChosen() {
    const digit = shown?.answer.digits[chosen];
    find(".chosen").classList.toggle("none", !digit);
    find('[data-do="teach"]').hidden = !notice;
    if (!digit) return;
    const place = shown.answer.digits.length > 1 ? `Number ${chosen + 1} of ${shown.answer.digits.length}` : "It";
    setText(find(".chosen span"), notice || `${place} is chosen. It was a`);
    for (const button of labels.children) button.classList.toggle("read", button.textContent === digit.label);
  }

  for (const label of props.answers.filter((answer) => /^\d$/.test(answer))) {
    const button = Object.assign(node("button", "", label), { type: "button", title: `Keep it as a sample of ${label}` });
    button.addEventListener("click", () => keepAs(label));
    labels.append(button);
  }
  rove(labels);

  function keepAs(label) {
    notice = {
      full: `There are already ${props.most} samples; delete some in Teach first.`,
      known: `It is already kept as ${label}.`,
      kept: `Kept as a sample of ${label}.`,
    }[keepSample({ label, drawing: get().drawing }, props.most)];
    showChosen();
  }

  // Buttons -------------------------------------------------------------------------------------------------------

  find('[data-do="teach"]').addEventListener("click", () => openTab("Teach"));
  find('[data-do="copy"]').addEventListener("click", async () => {
    const { number } = view.dataset;
    try {
      await navigator.clipboard.writeText(number);
      setText(find(".sentence"), `Copied ${number}.`);
    } catch {
      setText(find(".sentence"), `Your browser does not let a page copy: the number is ${number}.`);
    }
  });

  const undilated = find('[data-do="undilated"]');
  undilated.hidden = !props.undilated;
  undilated.title = "Read the same line with a network of the same size whose taps are all neighbours";
  undilated.addEventListener("click", () => {
    chooseLineNetwork(lineNetwork() === LINE_NETWORK ? props.undilated : LINE_NETWORK);
    undilated.ariaPressed = String(lineNetwork() !== LINE_NETWORK);
  });

  onLine(take);
  subscribe(({ line }, changed) => {
    if (changed.includes("line") && line && line !== shown?.line) pinned = null;
  });
  live(view, {
    theme: paintPicture,
    size() {
      room = find(".seen").clientWidth;
      if (shown) paint();
      else paintPicture();
    },
  });
  connectLines(server);
  empty();
}
