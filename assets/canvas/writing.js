// The example on an untouched sheet: it writes itself once and gives way to the first touch of the pen.

import { isStill } from "../controls/motion.js";
import { set } from "../page/state.js";
import { amend } from "../page/undo.js";

const WRITE_TIME = 1100; // milliseconds

let drawing = null; // what is being written, or null once the sheet is the visitor's
let shown = null; // as much of it as is on the sheet
let frame = null;

/** Whether the sheet shows the example. */
export const isWriting = () => drawing !== null;

/** Write an example. */
export function write(example) {
  drawing = example;
  if (isStill()) return show(example);
  const points = example.flat().length;
  const begun = performance.now();
  const grow = (time) => {
    if (drawing !== example) return;
    const share = Math.min(1, (time - begun) / WRITE_TIME);
    show(firstPoints(example, Math.max(1, Math.round(points * share))));
    if (share < 1) frame = requestAnimationFrame(grow);
  };
  frame = requestAnimationFrame(grow);
}

/** Finish the example and keep it. */
export function keepWritten() {
  if (!isWriting()) return;
  show(drawing);
  end();
}

/** The visitor's first action removes the example. */
export function stopWriting() {
  if (!isWriting()) return;
  end();
  amend([]);
}

/** The sheet has another drawing: unless it is the example, the example is over. */
export function heedDrawing(other) {
  if (isWriting() && other !== shown) end();
}

function end() {
  cancelAnimationFrame(frame);
  drawing = shown = null;
  set({ example: false, question: false });
}

function show(part) {
  shown = part;
  set({ example: true });
  amend(part);
}

function firstPoints(example, count) {
  const first = [];
  for (const stroke of example) {
    if (count <= 0) break;
    first.push(stroke.slice(0, count));
    count -= stroke.length;
  }
  return first;
}
