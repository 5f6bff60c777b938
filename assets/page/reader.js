// One request for each movement of the pen brings all that is shown. The newest wins, a late answer is dropped, and the
// last movement is always answered.

import { get, subscribe } from "./state.js";

const IN_FLIGHT = 2; // to a distant server: half a round trip less to wait
const APART = 50; // milliseconds before the second leaves: one that is near would only have twice the work
const TIMEOUT = 5000; // milliseconds
const RETRY = 1000; // milliseconds

const parts = new Map(); // name -> () => parameters, or null while nothing of it is on screen
const listeners = new Set();

let server = null;
let sent = 0; // number of the newest request
let shown = 0; // number of the newest answer on screen, or of the newest request that is not to be shown
let underWay = 0;
let alone = null; // timer while the newest request is to have no company
let waiting = false;

/** Use `server.read`, and ask at once. */
export function connect(functions) {
  server = functions;
  subscribe((_, changed) => changed.length && ask());
  ask();
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
  if (!server || !get().network) return;
  waiting = get().drawing.length > 0;
  if (waiting) send();
  else shown = sent; // there is nothing to read, and what is on its way belongs to ink that is gone
}

async function send() {
  if (!waiting || underWay >= IN_FLIGHT || (underWay && alone)) return;
  waiting = false;
  underWay += 1;
  clearTimeout(alone);
  alone = setTimeout(() => { alone = null; send(); }, APART);
  const sequence = ++sent;
  const answer = await answered(compose(sequence));
  underWay -= 1;
  send();
  if (!answer) setTimeout(() => sequence === sent && ask(), RETRY);
  publish(answer ?? { sequence, error: "The server does not answer; the drawing is kept and asked about again." });
}

function compose(sequence) {
  const { drawing, network } = get();
  const wanted = {};
  for (const [name, parameters] of parts) {
    const value = parameters();
    if (value) wanted[name] = value;
  }
  return { sequence, drawing, network, parts: wanted };
}

/** The answer, or nothing where the server cannot be reached, fails or takes too long. */
function answered(request) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, TIMEOUT); });
  const answer = server.read(request).catch(() => {});
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
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
