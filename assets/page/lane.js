// The way to one source of answers: few requests at a time, and while those are under way only the newest waits.

/**
 * `compose()` makes the request at the moment it leaves, `read(request)` answers it, or not (null, an exception, or
 * nothing within `timeout`), and `deliver(request, answer or null)` hears of either. Returns { send(), drop() }: a request
 * for the state as it is now is to leave; none is to leave any more.
 *
 * `inFlight`: requests under way at a time. `apart`: milliseconds before the second of them leaves. `rest()`: a promise
 * that the next one waits for after an answer.
 */
export function makeLane(read, compose, deliver, { inFlight = 1, apart = 0, timeout = Infinity, rest = null } = {}) {
  let underWay = 0;
  let alone = null; // timer while the newest request is to have no company
  let waiting = false;

  function send() {
    waiting = true;
    leave();
  }

  async function leave() {
    if (!waiting || underWay >= inFlight || (underWay && alone)) return;
    waiting = false;
    underWay += 1;
    if (apart) {
      clearTimeout(alone);
      alone = setTimeout(() => { alone = null; leave(); }, apart);
    }
    const request = compose();
    const answer = await within(timeout, read, request);
    const next = () => { underWay -= 1; leave(); };
    if (rest) rest().then(next);
    else next();
    deliver(request, answer ?? null);
  }

  return { send, drop: () => { waiting = false; } };
}

/** What `read` answers, or nothing where it fails or takes too long. */
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
