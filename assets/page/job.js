// Long work on the server, followed until it ends. The server stops work that nobody follows.

import { askServer, heard } from "./server.js";

const POLL = 200; // milliseconds
const RETRY = 1000; // milliseconds
const RETRIES = 10;

/** What is said while a server that cannot be reached is asked about a job again. */
export const UNREACHABLE = "The server is not responding; trying again.";

const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Ask about a job until it ends. `heed({ state, position, news, known })` hears of it on the way, `silent(failures)` of
 * a server that cannot be reached, and may return true to give up. Returns the last progress: with `state`, or with
 * `error` alone where the server knows no such job; null where it was given up.
 */
export async function watch(progress, job, heed, silent) {
  let failures = 0;
  for (let since = 0; ; await wait(POLL)) {
    const answer = await heard(progress({ job, since }));
    if (!answer) {
      failures += 1;
      if (silent(failures)) return null;
      await wait(RETRY);
      continue;
    }
    if (!answer.state) return answer;
    since = answer.known;
    heed(answer);
    if (answer.state !== "waiting" && answer.state !== "running") return answer;
  }
}

/** Start work and follow it; `heed` as of `watch`. Returns its outcome, or { error }. */
export async function follow(start, request, progress, heed) {
  const started = await askServer(start, request, "press the button to try again");
  if (started.error) return started;
  const last = await watch(progress, started.job, heed, (failures) => failures > RETRIES);
  if (!last) return { error: "The server is no longer responding; press the button to try again." };
  if (last.state === "cancelled") return { error: "The job was cancelled; press the button to start it again." };
  return last.error ? { error: last.error } : last.outcome;
}

/** Words for work that waits. */
export const waiting = (position) =>
  `${position > 1 ? `${position} others are` : "One other is"} ahead; this one starts by itself.`;
