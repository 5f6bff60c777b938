// Long work on the server, followed until it ends. The server stops work that nobody follows.

import { askServer, heard } from "./server.js";
import { keep, recall } from "./storage.js";

const POLL = { waiting: 1000, running: 200 }; // milliseconds, unless the work is short
const RETRY = 1000; // milliseconds
const RETRIES = 10;

/** The sentence shown while the page keeps trying to reach the server. */
export const UNREACHABLE = "The server is not responding; trying again.";

let key; // of this visitor, made when first needed

const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Ask about a job until it ends. `heed({ state, position, news, known })` is called with its progress, `silent(failures)`
 * while the server cannot be reached, and may return true to give up. It is asked every `poll` milliseconds. Returns the last
 * progress: with `state`, or with `error` alone if the server knows no such job; null if it was given up.
 */
export async function watch(progress, job, heed, silent, poll = POLL) {
  let failures = 0;
  let state = "running";
  for (let since = 0; ; await wait(poll[state])) {
    const answer = await heard(progress({ job, since }));
    if (!answer) {
      failures += 1;
      if (silent(failures)) return null;
      await wait(RETRY);
      continue;
    }
    if (!answer.state) return answer;
    since = answer.known;
    state = answer.state;
    heed(answer);
    if (!(state in poll)) return answer;
  }
}

/**
 * Ask the server to start work. While it has no room, it is asked again until it has: `heed` is called as
 * for a waiting job, and may return true to give up. Returns the answer: with `job`, or the outcome itself, or { error }.
 */
export async function begin(start, request, remedy, heed) {
  for (;;) {
    const answer = await askServer(start, { ...request, visitor: visitor() }, remedy);
    if (!answer.again || heed({ state: "waiting", busy: answer.error, news: [], known: 0 })) return answer;
    await wait(1000 * answer.again);
  }
}

/** Start work and follow it; `heed` as of `watch`. Returns its outcome, or { error }. */
export async function follow(start, request, progress, heed) {
  const started = await begin(start, request, "press the button to try again", heed);
  if (!started.job) return started;
  const last = await watch(progress, started.job, heed, (failures) => failures > RETRIES);
  if (!last) return { error: "The server is no longer responding; press the button to try again." };
  if (last.state === "cancelled") return { error: "The job was cancelled; press the button to start it again." };
  return last.error ? { error: last.error } : last.outcome;
}

/** Words for waiting work, from its progress. */
export function waiting({ busy, position, expected }) {
  if (busy) return busy;
  const ahead = position > 1 ? `Number ${position} in line` : "Next in line";
  if (expected === null) return `${ahead}; it starts by itself.`;
  return `${ahead}; it starts by itself in about ${expected < 2 ? "a second" : `${expected} seconds`}.`;
}

/** A key that this browser makes up, by which the server gives every visitor their turn. */
function visitor() {
  key ??= recall("visitor") ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  keep("visitor", key);
  return key;
}
