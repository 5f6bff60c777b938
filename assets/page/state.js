// The one state of the page: the drawing, the network that reads, the selected cell, the design. Views subscribe; nobody
// else keeps a copy.

const listeners = new Set();

const state = {
  drawing: [], // strokes of points [x, y, milliseconds], 0..1, y down: of one digit, which most views are about
  line: null, // the same, x from 0 to 5, while the sheet is a line; then `drawing` is the digit of it that is chosen
  network: null, // name of the checkpoint that reads
  cell: null, // { layer, y, x, channel } or null
  design: null, // the visitor's own design as a link writes it, or null while it is the default
  tab: null, // name of the tab that is open, or null for the first
  example: false, // whether the drawing is the example that writes itself on opening
  question: false, // whether the question that the page opens with is shown
  path: null, // number of the guided path's step that is shown, from 1, or null while it is not taken
  breaks: null, // what is switched off in the network that reads, as kept/breaks.js has it, or null
};

export const get = () => state;

/** Change some fields; `changed` tells the listeners which. */
export function set(fields) {
  const changed = Object.keys(fields).filter((name) => state[name] !== fields[name]);
  if (!changed.length) return;
  Object.assign(state, fields);
  for (const listener of listeners) listener(state, changed);
}

/** Call `listener(state, changed)` after every change; returns the way to stop. */
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
