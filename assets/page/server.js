// Questions to the server that always get an answer, if only an error.

const PATIENCE = 5000; // milliseconds of waiting before asking whether the server is still there

/**
 * What a function of the server answers to a request, or { error } if it fails or cannot be reached; that sentence ends
 * with the `remedy`, what the visitor can do.
 */
export async function askServer(call, request, remedy) {
  const answer = await heard(call(request));
  return answer ?? { error: `The server is not responding; ${remedy}.` };
}

/** The value of a JSON file of the server's, or { error } as `askServer` has it. */
export const fetchJson = (address, remedy) => askServer(() => fetch(address).then((file) => (file.ok ? file.json() : null)), null, remedy);

/**
 * The value of a promise of the server's; null if it fails, or if the server answers nothing else either while we wait.
 * (Some work takes long, so waiting alone proves nothing.)
 */
export async function heard(promise) {
  let over = false;
  const silence = (async () => {
    do await new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
    while (!over && await isThere());
    return null;
  })();
  const answer = await Promise.race([promise.catch(() => null), silence]);
  over = true;
  return answer;
}

const isThere = () => fetch(import.meta.url, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) })
  .then(() => true, () => false);

/**
 * A question that is asked repeatedly, such as while a slider moves: one request is under way at a time, only the newest
 * waits for it, and `tell(answer, request)` is called with every answer. Returns { ask(request), drop(),
 * isAsking(request) }; answers to what was asked before `drop` are ignored.
 */
export function makeQuestion(call, remedy, tell) {
  let waiting = null; // [request] of the newest question
  let underWay = null; // the request under way; one that was dropped is another

  async function ask(request) {
    waiting = [request];
    if (underWay) return;
    while (waiting) {
      const own = underWay = waiting;
      waiting = null;
      const answer = await askServer(call, own[0], remedy);
      if (underWay !== own) return; // dropped
      underWay = null;
      tell(answer, own[0]);
      if (underWay) return; // `tell` asked the next question
    }
  }

  const drop = () => { waiting = underWay = null; };

  const isAsking = (request) => underWay?.[0] === request;

  return { ask, drop, isAsking };
}
