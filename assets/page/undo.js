// Undo and redo of the drawing. Drawings are never changed in place, so that a step costs one array of references.

import { get, set } from "./state.js";

const past = [];
const future = [];

/** Take `drawing` as the next step; what was there can be undone to. */
export function commit(drawing) {
  past.push(get().drawing);
  future.length = 0;
  set({ drawing });
}

/** The stroke under the pen grows: the same step goes on. */
export const amend = (drawing) => set({ drawing });

export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

export const undo = () => step(past, future);
export const redo = () => step(future, past);

function step(from, to) {
  if (!from.length) return;
  to.push(get().drawing);
  set({ drawing: from.pop() });
}
