// What the figures of the Learn tab have in common: each asks for its part of the answer while it is on screen, shows
// the newest, and lets a cell be chosen by pointer, by arrow keys, or by a kernel that walks.

import { fit } from "../paint/fields.js";
import { ask, onAnswer, want } from "../page/reader.js";
import { get, subscribe } from "../page/state.js";
import { setText } from "../page/words.js";

const STEP = 140; // milliseconds that a walking kernel stands on a cell
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Keep a figure alive: `parameters()` are asked for as `part`, `show(found)` paints what came, or null for an empty sheet.
 * Its sentence says what is seen, or what is wrong.
 */
export function alive(view, part, parameters, show) {
  const line = view.querySelector(".sentence");
  let shown = null;
  let onScreen = false;

  function take(found, sentence) {
    shown = found;
    setText(line, sentence);
    show(found);
  }
  const empty = () => take(null, get().drawing.length ? "" : "Draw a digit to see it here.");

  want(part, () => (onScreen && view.checkVisibility() && get().drawing.length ? parameters() : null));
  onAnswer((answer) => {
    const found = answer.parts?.[part];
    if (!found || !get().drawing.length) return;
    view.dataset.sequence = answer.sequence;
    if (found.error) take(null, found.error);
    else take(found, found.sentence);
  });
  subscribe((state, changed) => changed.includes("drawing") && !state.drawing.length && empty());
  new IntersectionObserver(([entry]) => {
    onScreen = entry.isIntersecting;
    if (onScreen) ask();
  }).observe(view);
  new ResizeObserver(() => {
    if (!view.checkVisibility()) return;
    for (const canvas of view.querySelectorAll("canvas")) fit(canvas);
    show(shown);
  }).observe(view);
  new MutationObserver(() => show(shown)).observe(document.body, { attributeFilter: ["class"] });
  empty();
}

/** Call `begin()` once, when a view is first on screen: who never looks there asks the server nothing. */
export function onceSeen(view, begin) {
  const watch = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    watch.disconnect();
    begin();
  });
  watch.observe(view);
}

/** Let a canvas choose a cell { y, x } of a map of `size()` cells, by pointer and by arrow keys. */
export function chooseOn(canvas, size, cell, choose) {
  canvas.tabIndex = 0;
  canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && choose(under(event)));
  canvas.addEventListener("click", (event) => choose(under(event)));
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS) || event.ctrlKey || event.metaKey || event.altKey) return;
    const [down, right] = ARROWS[event.key];
    const [height, width] = size();
    choose({ y: clip(cell().y + down, height), x: clip(cell().x + right, width) });
    event.preventDefault();
    event.stopPropagation();
  });

  function under(event) {
    const box = canvas.getBoundingClientRect();
    const [height, width] = size();
    const at = (place, extent, count) => clip(Math.floor((place / extent) * count), count);
    return { y: at(event.clientY - box.top, box.height, height), x: at(event.clientX - box.left, box.width, width) };
  }
}

const clip = (value, count) => Math.min(count - 1, Math.max(0, value));

/** Let a button start and stop a walk over the cells of a map; it stays still where the system asks for no motion. */
export function walkWith(button, size, cell, choose) {
  let timer = null;

  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = "Walk";
    button.ariaPressed = "false";
  }

  function step() {
    const [height, width] = size();
    const next = (cell().y * width + cell().x + 1) % (height * width);
    if (!button.checkVisibility() || !get().drawing.length) return stop();
    choose({ y: Math.floor(next / width), x: next % width });
  }

  function heedMotion() {
    if (still.matches) stop();
    button.disabled = still.matches;
    button.title = still.matches ? "Your system asks for no motion: use the arrow keys on a map instead." : "";
  }

  button.addEventListener("click", () => {
    if (timer) return stop();
    timer = setInterval(step, STEP);
    button.textContent = "Stop";
    button.ariaPressed = "true";
  });
  still.addEventListener("change", heedMotion);
  stop();
  heedMotion();
}

/** A cell that a figure looks at: `cell()` and `choose(cell)`, which asks again where it is another one. */
export function oneCell(y, x) {
  let chosen = { y, x };
  return {
    cell: () => chosen,
    choose(cell) {
      if (cell.y === chosen.y && cell.x === chosen.x) return;
      chosen = cell;
      ask();
    },
  };
}
