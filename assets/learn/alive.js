// What the figures of the Learn tab share: each asks for its part of the answer while it is on screen, shows
// the newest, and lets a cell be chosen by pointer, by arrow keys, or by a kernel that walks.

import { ARROWS, clip, setText } from "../controls/dom.js";
import { mountPlayer } from "../controls/motion.js";
import { ask } from "../page/reader.js";
import { get } from "../page/state.js";
import { live } from "../page/view.js";
import { fit } from "../paint/frame.js";

const STEP = 140; // milliseconds that a walking kernel stands on a cell

/**
 * Keep a figure alive: `parameters()` are asked for as `part`, `show(found)` paints what came, or null for an empty sheet.
 * Its sentence says what is seen, or what is wrong.
 */
export function alive(view, part, parameters, show) {
  const line = view.querySelector(".sentence");
  let shown = null;

  function take(found, sentence) {
    shown = found;
    setText(line, sentence);
    show(found);
  }

  live(view, {
    part,
    parameters,
    show(found, answer) {
      if (!found) return take(null, get().drawing.length ? "" : "Draw a digit to see it here.");
      view.dataset.sequence = answer.sequence;
      if (found.error) take(null, found.error);
      else take(found, found.sentence);
    },
    size() {
      if (!view.checkVisibility()) return;
      for (const canvas of view.querySelectorAll("canvas")) fit(canvas);
      show(shown);
    },
    theme: () => show(shown),
  });
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

/** Let a button start and stop a walk over the cells of a map; it stays still where the system asks for no motion. */
export function walkWith(button, size, cell, choose) {
  function step() {
    const [height, width] = size();
    const next = (cell().y * width + cell().x + 1) % (height * width);
    if (!button.checkVisibility() || !get().drawing.length) return false;
    choose({ y: Math.floor(next / width), x: next % width });
  }

  mountPlayer(button, {
    pause: STEP,
    words: ["Walk", "Stop"],
    titles: ["", "Your system asks for reduced motion: use the arrow keys on a map instead."],
    step,
  });
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
