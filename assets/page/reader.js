// One request for each movement of the pen brings all that is shown. Who answers is a source, as sources.js has it, of
//     { sequence, drawing, network, parts: { name: parameters }, breaks }, `breaks` only where something is broken,
// that answers
//     { sequence, network, classes, probabilities, familiar, several, image, parts: { name: what was found, or { error } }, took }
// The server, added by `connect`, comes last; `answerFirst` adds another before it. Views cannot tell who answered.

import { makeSources } from "./sources.js";
import { get, subscribe } from "./state.js";

const WHOLE_ONLY = "A broken network is read in your browser, and it cannot do so now: mend it to go on.";

const parts = new Map(); // name -> () => parameters, or null while nothing of it is on screen
const sources = makeSources(compose, ask);
let foreseen = () => {};
let here = () => null; // what reads in this browser
let imagesHere = () => null;

/** Use `functions.read` of the server, and ask at once. */
export function connect(functions) {
  sources.addLast((request) => (request.breaks ? { sequence: request.sequence, error: WHOLE_ONLY } : functions.read(request)));
  ask();
}

/**
 * From now on ask `read` before all others. While the sheet is empty, `foresee({ network, parts })` is told what the next
 * drawing's request will need; `readImages` is as `readImagesHere`, but may throw.
 */
export function answerFirst(read, foresee, readImages = () => null) {
  here = read;
  imagesHere = readImages;
  foreseen = foresee;
  sources.addFirst(read);
}

/** What this browser itself reads a drawing as, with a network: as an answer, or null where it cannot, or not yet. */
export function readHere(drawing, network) {
  try {
    return here({ sequence: 0, drawing, network, parts: {} });
  } catch {
    return null;
  }
}

/**
 * What this browser reads images (Uint8Array of 784 each) as, with a network, each with its ink's centre of mass moved to the
 * middle: { classes, probabilities } of each; or null where it cannot, or not yet.
 */
export function readImagesHere(images, network) {
  try {
    return imagesHere(images, network);
  } catch {
    return null;
  }
}

/** Ask for part `name` with every request, with `parameters()`. */
export function want(name, parameters) {
  parts.set(name, parameters);
  ask();
}

/** Call `listener(answer)` with every answer that is newer than what is shown. An answer may carry `error`. */
export const onAnswer = sources.onAnswer;

/** Number of the newest request. */
export const newest = sources.newest;

/** Whether the state as it is now is still to be asked about. */
export const waits = sources.waits;

/** Ask for the state as it is now. */
export function ask() {
  if (!get().network) return;
  if (get().drawing.length) return sources.ask();
  sources.drop(); // there is nothing to read, and answers on their way are about ink that is gone
  foreseen({ network: get().network, parts: wanted() });
}

function compose() {
  const { drawing, network, breaks } = get();
  return { drawing, network, parts: wanted(), ...(breaks && { breaks }) };
}

/** The parameters of all parts that are on screen. */
function wanted() {
  const values = [...parts].map(([name, parameters]) => [name, parameters()]);
  return Object.fromEntries(values.filter(([, value]) => value));
}

subscribe((_, changed) => changed.some((name) => name !== "line") && ask()); // a line is read by lines.js
