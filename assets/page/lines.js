// A line is read at every movement of the pen, too, while the sheet is one. Who answers is a source, as sources.js has it, of
//     { sequence, line, network, maps: { layer: channels } or null }
// that answers
//     { sequence, network, width, scale, shift: [x, y], strip, digits, mask, maps: { layer: { channels, size, maximum, values } }, took }
// The strip is what the network reads, a byte a pixel, 28 rows of `width`; a point of the sheet lies in it at scale * point +
// shift. Digits are { label, probability, second: { label, probability }, box: [top, left, bottom, right], unlike }, left to
// right; the mask is the digit of each pixel of ink, -1 elsewhere. In maps, the byte 255 stands for the maximum.

import { makeSources } from "./sources.js";
import { get, subscribe } from "./state.js";

/** The network that reads lines until another is chosen. */
export const LINE_NETWORK = "line";

const sources = makeSources(compose, ask);
let network = LINE_NETWORK;
let wanted = () => null;
let last = null; // the newest answer, { answer, line }; null while there is no line

/** Use `functions.read_line` of the server. */
export function connectLines(functions) {
  sources.addLast(functions.read_line);
  ask();
}

/** From now on ask `read` before all others. */
export function answerLinesFirst(read) {
  sources.addFirst(read);
  ask();
}

/** Call `listener(answer, line)` with every new answer and the line that it is about; (null, null) where there is none. */
export const onLine = (listener) => {
  sources.onAnswer((answer, { line }) => listener(answer, line));
  subscribe((state, changed) => changed.includes("line") && !state.line?.length && listener(null, null));
};

/** The newest answer, { answer, line }, or null. */
export const lastLine = () => last;

/** Ask for maps with every request: `maps()` gives the channels by layer, or null while none are on screen. */
export function wantMaps(maps) {
  wanted = maps;
  ask();
}

/** The network that reads lines. */
export const lineNetwork = () => network;

/** Let another network read lines. */
export function chooseLineNetwork(name) {
  network = name;
  ask();
}

/** Ask for the state as it is now. */
export function ask() {
  if (get().line?.length) sources.ask();
  else sources.drop();
}

function compose() {
  return { line: get().line, network, maps: wanted() };
}

onLine((answer, line) => { last = answer && { answer, line }; });
subscribe((_, changed) => changed.includes("line") && ask());
