// What is asked of a worker and not answered yet. Whatever happens to the worker, every question comes to an end.

const PATIENCE = 20_000; // milliseconds after which a worker that says nothing is taken for dead
const DIED = "The drawing network has stopped in this browser.";

/** A worker and what it still has to answer. */
export class Correspondence {
  #worker;
  #waiting = new Map(); // id -> { resolve, reject, timer }
  #next = 0;
  #ended = null; // sentence
  #onEnd;

  /** `onEnd` is called when the worker is stopped or has died. */
  constructor(worker, onEnd) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#worker.onmessage = ({ data: { id, answer, error } }) => this.#settle(id, ({ resolve, reject }) => (error === undefined ? resolve(answer) : reject(new Error(error))));
    this.#worker.onerror = this.#worker.onmessageerror = (event) => {
      event.preventDefault();
      this.end(DIED);
    };
  }

  /** Ask the worker something: { id, answer }, a promise. */
  begin(ask, asked) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(DIED), PATIENCE);
      this.#waiting.set(id, { resolve, reject, timer });
    });
    try {
      if (this.#ended !== null) throw new Error(this.#ended);
      this.#worker.postMessage({ id, ask, ...asked });
    } catch (error) { // also of what cannot be sent to a worker
      this.#settle(id, ({ reject }) => reject(error));
    }
    return { id, answer };
  }

  ask = (ask, asked) => this.begin(ask, asked).answer;

  /** Let go of what was asked, if it is not answered yet. */
  drop(id) {
    if (!this.#waiting.has(id)) return;
    this.#worker.postMessage({ id, ask: "drop" });
    this.#settle(id, ({ reject }) => reject(new DOMException("A newer drawing is completed.", "AbortError")));
  }

  /** Stop the worker; whatever it was asked, and will be, is refused with a sentence. */
  end(sentence) {
    this.#ended ??= sentence;
    this.#worker.terminate();
    this.#onEnd();
    for (const id of this.#waiting.keys()) this.#settle(id, ({ reject }) => reject(new Error(this.#ended)));
  }

  #settle(id, how) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    how(waiting);
  }
}
