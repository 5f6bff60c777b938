// Questions to the server, which always have an answer.

const PATIENCE = 5000; // milliseconds before a server that keeps us waiting is asked whether it is there

/**
 * What a function of the server answers to a request, or { error } where it cannot be reached or fails: the sentence
 * ends with the `remedy`, what the visitor may do.
 */
export async function askServer(call, request, remedy) {
  const answer = await heard(call(request));
  return answer ?? { error: `The server is not responding; ${remedy}.` };
}

/**
 * What a promise of the server's brings: null where it fails, or where the server, while we wait, does not answer to
 * anything at all. Some work takes long, so that time alone says nothing.
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
 * A question that is asked again and again, as while a slider moves: one is under way at a time, only the newest waits
 * for it, and `tell(answer, request)` hears every answer. Returns { ask(request), drop() }; what was asked before `drop`
 * is never told of.
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
      if (underWay) return; // what was told asked the next
    }
  }

  const drop = () => { waiting = underWay = null; };

  return { ask, drop };
}
