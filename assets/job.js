// Long work on the server, followed until it ends.

const POLL = 200; // milliseconds
const RETRY = 1000; // milliseconds
const RETRIES = 10;

const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** Start work and follow it; `heed({ state, position, news })` hears of it on the way. Returns its outcome, or { error }. */
export async function follow(start, progress, heed) {
  const started = await start().catch(() => ({ error: "The server does not answer; press the button to try again." }));
  if (started.error) return started;
  let failures = 0;
  for (let known = 0; ; await wait(POLL)) {
    const answer = await progress({ key: started.key, known }).catch(() => null);
    if (!answer) {
      failures += 1;
      if (failures > RETRIES) return { error: "The server does not answer any more; press the button to try again." };
      await wait(RETRY);
      continue;
    }
    if (!answer.state || answer.error) return { error: answer.error };
    known = answer.known;
    heed(answer);
    if (answer.state === "done") return answer.outcome;
    if (answer.state === "cancelled") return { error: "The work was called off; press the button to start it again." };
  }
}

/** Words for work that waits. */
export const waiting = (position) => `Waiting; ${position} before this one.`;
