// One request for each movement of the pen brings all that is shown. The newest wins, a late answer is dropped, and the
// last movement is always answered.
//
// Who answers is a source: a function of a request
//     { sequence, drawing, network, parts: { name: parameters } }
// that returns the answer, or a promise of it,
//     { sequence, network, classes, probabilities, familiar, image, parts: { name: what was found, or { error } } }
// or `{ sequence, error }` where the request is refused in a sentence. A source declines by returning null or by
// throwing; then the one after it is asked for the state as it is by then. The server, which `connect` brings, comes
// last. `answerFirst` puts another before it: views cannot tell who answered.

import { makeLane } from "./lane.js";
import { get, subscribe } from "./state.js";

// To a distant server two at a time save half a round trip; the second leaves later, for one that is near would only
// have twice the work.
const SERVER = { inFlight: 2, apart: 50, timeout: 5000 }; // milliseconds
const RETRY = 1000; // milliseconds

const parts = new Map(); // name -> () => parameters, or null while nothing of it is on screen
const listeners = new Set();
const lanes = []; // to each source, in the order in which they are asked

let sent = 0; // number of the newest request
let shown = 0; // number of the newest answer on screen, or of the newest request that is not to be shown

/** Use `functions.read` of the server, and ask at once. */
export function connect(functions) {
  lanes.push(makeLane(functions.read, compose, publishOrRetry, SERVER));
  subscribe((_, changed) => changed.length && ask());
  ask();
}

/** Ask `read` before all others from now on; it has one request at a time, and the newest waits. */
export function answerFirst(read) {
  const lane = makeLane(read, compose, (request, answer) => {
    if (answer) publish(answer);
    else if (request.sequence === sent && sent > shown) lanes[lanes.indexOf(lane) + 1]?.send();
  });
  lanes.unshift(lane);
}

/** Have `parameters()` asked for with every request, as part `name` of the answer. */
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
  shown = sent; // there is nothing to read, and what is on its way belongs to ink that is gone
}

function compose() {
  const { drawing, network } = get();
  const wanted = {};
  for (const [name, parameters] of parts) {
    const value = parameters();
    if (value) wanted[name] = value;
  }
  return { sequence: ++sent, drawing, network, parts: wanted };
}

/** What the server said; where it said nothing, it is asked again. */
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
      reportError(error); // one view's trouble is not the others'
    }
  }
}
