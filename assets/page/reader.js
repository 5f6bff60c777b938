// One request for each movement of the pen brings all that is shown. The newest wins, a late answer is dropped, and the
// last movement is always answered.
//
// Who answers is a source: a function of a request
//     { sequence, drawing, network, parts: { name: parameters }, breaks }, `breaks` only where something is broken,
// that returns the answer, or a promise of it,
//     { sequence, network, classes, probabilities, familiar, several, image, parts: { name: what was found, or { error } }, took }
// or `{ sequence, error }` if the request is refused, in a sentence; bytes and floats are arrays or base64. `took`, in
// milliseconds, is given only by a source in this browser. A source declines by returning null or by throwing; then the
// next one is asked, for the state as it is by then. The server, added by `connect`, comes last; `answerFirst` adds
// another before it. Views cannot tell who answered.

import { makeLane } from "./lane.js";
import { get, subscribe } from "./state.js";

// With a distant server, two requests at a time save half a round trip. The second is sent later, because a near server
// would only have twice the work.
const SERVER = { inFlight: 2, apart: 50, timeout: 5000 }; // milliseconds
const WHOLE_ONLY = "A broken network is read in your browser, and it cannot do so now: mend it to go on.";
const RETRY = 1000; // milliseconds
const UNSEEN = 100; // milliseconds between answers on a page that shows no frames

const parts = new Map(); // name -> () => parameters, or null while nothing of it is on screen
const listeners = new Set();
const lanes = []; // one per source, in the order in which they are asked
const foreseers = [];
let here = () => null; // what reads in this browser
let imagesHere = () => null;

let sent = 0; // number of the newest request
let shown = 0; // number of the newest answer on screen, or of the newest request that must not be shown

/** Use `functions.read` of the server, and ask at once. */
export function connect(functions) {
  const read = (request) => (request.breaks ? { sequence: request.sequence, error: WHOLE_ONLY } : functions.read(request));
  lanes.push(makeLane(read, compose, publishOrRetry, SERVER));
  ask();
}

/**
 * From now on ask `read` before all others: once per frame, however often the pen moves in between, and in time for that
 * frame. While the sheet is empty, `foresee({ network, parts })` is told what the next drawing's request will need;
 * `readImages` is as `readImagesHere`, but may throw.
 */
export function answerFirst(read, foresee, readImages = () => null) {
  here = read;
  imagesHere = readImages;
  foreseers.push(foresee);
  const lane = makeLane(read, compose, (request, answer) => {
    if (answer) publish(answer);
    else if (request.sequence === sent && sent > shown) lanes[lanes.indexOf(lane) + 1]?.send();
  }, { rest: nextFrame });
  lanes.unshift(lane);
}

const nextFrame = () => new Promise((resolve) => {
  if (document.hidden) setTimeout(resolve, UNSEEN);
  else requestAnimationFrame(resolve);
});

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
export const onAnswer = (listener) => listeners.add(listener);

/** Number of the newest request. */
export const newest = () => sent;

/** Ask for the state as it is now. */
export function ask() {
  if (!lanes.length || !get().network) return;
  if (get().drawing.length) return lanes[0].send();
  for (const lane of lanes) lane.drop();
  shown = sent; // there is nothing to read, and answers on their way are about ink that is gone
  for (const foresee of foreseers) foresee({ network: get().network, parts: wanted() });
}

function compose() {
  const { drawing, network, breaks } = get();
  return { sequence: ++sent, drawing, network, parts: wanted(), ...(breaks && { breaks }) };
}

/** The parameters of all parts that are on screen. */
function wanted() {
  const values = [...parts].map(([name, parameters]) => [name, parameters()]);
  return Object.fromEntries(values.filter(([, value]) => value));
}

/** Take what the server answered; if it did not answer, ask again. */
function publishOrRetry({ sequence }, answer) {
  if (!answer) setTimeout(() => sequence === sent && ask(), RETRY);
  publish(answer ?? { sequence, error: "The server is not responding; your drawing is kept and will be read again." });
}

function publish(answer) {
  if (answer.sequence <= shown) return;
  shown = answer.sequence;
  for (const listener of listeners) {
    try {
      listener(answer);
    } catch (error) {
      reportError(error); // an error in one view must not stop the others
    }
  }
}

subscribe((_, changed) => changed.length && ask());
