// Requests to one source of answers: a few at a time, and while those are under way only the newest waits.

/**
 * `compose()` makes the request when it is sent, `read(request)` answers it or fails to (null, an exception, or nothing
 * within `timeout`), and `deliver(request, answer or null)` is called either way. Returns { send(), drop(), waits() }: send
 * a request for the current state; send no more; whether one is still to be sent.
 *
 * `inFlight`: requests under way at a time. `apart`: milliseconds before the second of them is sent. `turn()`: a promise
 * to wait for before a request is made.
 */
export function makeLane(read, compose, deliver, { inFlight = 1, apart = 0, timeout = Infinity, turn = null } = {}) {
  let underWay = 0;
  let alone = null; // timer while no second request may be sent
  let waiting = false;

  function send() {
    waiting = true;
    leave();
  }

  async function leave() {
    if (!waiting || underWay >= inFlight || (underWay && alone)) return;
    underWay += 1;
    if (turn) await turn();
    if (!waiting) { // dropped meanwhile
      underWay -= 1;
      return;
    }
    waiting = false;
    if (apart) {
      clearTimeout(alone);
      alone = setTimeout(() => { alone = null; leave(); }, apart);
    }
    const request = compose();
    const answer = await within(timeout, read, request);
    underWay -= 1;
    leave();
    deliver(request, answer ?? null);
  }

  return { send, drop: () => { waiting = false; }, waits: () => waiting };
}

/** What `read` answers, or nothing if it fails or takes too long. */
async function within(timeout, read, request) {
  let timer;
  const late = timeout < Infinity && new Promise((resolve) => { timer = setTimeout(resolve, timeout); });
  try {
    const answer = read(request);
    return await (late ? Promise.race([answer, late]) : answer);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
