// Undo and redo of what is on the sheet. Drawings are never changed in place, so that a step costs one array of references.

import { get, set } from "./state.js";

const past = [];
const future = [];

/** The strokes on the sheet of a state: a line's, or one digit's. */
export const inkOf = ({ line, drawing }) => line ?? drawing;

/** Take `ink` as the next step, in the shape that the sheet has; what was there can be undone to. */
export function commit(ink) {
  step();
  amend(ink);
}

/** The stroke under the pen grows: the same step goes on. */
export const amend = (ink) => set(get().line ? { line: ink, ...(!ink.length && { drawing: [] }) } : { drawing: ink });

/** Give the sheet another shape, as the next step: `line` null is the sheet for one digit. */
export function reshape(line, drawing) {
  step();
  set({ line, drawing });
}

/** Take back the newest step as if it had never been. */
export const retract = () => set(past.pop());

export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

export const undo = () => go(past, future);
export const redo = () => go(future, past);

function step() {
  past.push(sheet());
  future.length = 0;
}

function sheet() {
  const { line, drawing } = get();
  return { line, drawing };
}

function go(from, to) {
  if (!from.length) return;
  to.push(sheet());
  set(from.pop());
}
