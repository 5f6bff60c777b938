// Who answers the movements of the pen: sources, which are asked in turn. The newest request wins, a late answer is dropped,
// and the last movement is always answered.
//
// A source is a function of a request that returns the answer, or a promise of it: with the request's `sequence`, or
// `{ sequence, error }` if the request is refused, in a sentence; bytes and floats are arrays or base64. `took`, in
// milliseconds, is given only by a source in this browser. A source declines by returning null or by throwing; then the
// next one is asked, for the state as it is by then.

import { makeLane } from "./lane.js";

// With a distant server, two requests at a time save half a round trip. The second is sent later, because a near server
// would only have twice the work.
const SERVER = { inFlight: 2, apart: 50, timeout: 5000 }; // milliseconds
const RETRY = 1000; // milliseconds
const UNSEEN = 100; // milliseconds between answers on a page that shows no frames
const SILENT = "The server is not responding; your drawing is kept and will be read again.";

/**
 * Sources for one kind of question: `compose()` makes a request of the state as it is, but for its sequence, and
 * `again()` asks once more. Returns
 *
 * addLast(read)        the server, which is asked last
 * addFirst(read)       one in this browser, asked before all others: once per frame, however often the pen moves in
 *                      between, and in that frame; an answer within an event would be laid out twice before it is seen
 * onAnswer(listener)   listener(answer, request) hears of every answer that is newer than what is shown; it may carry `error`
 * ask()                ask for the state as it is now
 * drop()               answers on their way are about what is gone
 * newest()             number of the newest request
 * waits()              whether the state as it is now is still to be asked about
 */
export function makeSources(compose, again) {
  const lanes = []; // one per source, in the order in which they are asked
  const listeners = new Set();
  let sent = 0; // number of the newest request
  let shown = 0; // number of the newest answer on screen, or of the newest request that must not be shown

  const request = () => ({ sequence: ++sent, ...compose() });

  /** Take what the server answered; if it did not answer, ask again. */
  function publishOrRetry(asked, answer) {
    if (!answer) setTimeout(() => asked.sequence === sent && again(), RETRY);
    publish(asked, answer ?? { sequence: asked.sequence, error: SILENT });
  }

  function publish(asked, answer) {
    if (answer.sequence <= shown) return;
    shown = answer.sequence;
    for (const listener of listeners) {
      try {
        listener(answer, asked);
      } catch (error) {
        reportError(error); // an error in one view must not stop the others
      }
    }
  }

  return {
    addLast: (read) => lanes.push(makeLane(read, request, publishOrRetry, SERVER)),

    addFirst(read) {
      const lane = makeLane(read, request, (asked, answer) => {
        if (answer) publish(asked, answer);
        else if (asked.sequence === sent && sent > shown) lanes[lanes.indexOf(lane) + 1]?.send();
      }, { turn: nextFrame });
      lanes.unshift(lane);
    },

    onAnswer: (listener) => listeners.add(listener),
    ask: () => lanes[0]?.send(),

    drop() {
      for (const lane of lanes) lane.drop();
      shown = sent;
    },

    newest: () => sent,
    waits: () => lanes.some((lane) => lane.waits()),
  };
}

/** The next frame; a page may draw none, such as one that lies behind another. */
const nextFrame = () => new Promise((resolve) => {
  requestAnimationFrame(resolve);
  setTimeout(resolve, UNSEEN);
});
