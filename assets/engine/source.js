// Whoever may answer: the networks that are at hand here, each checked before it says anything. What cannot be computed
// here is declined, and the server answers it.

import { fromBase64 } from "../page/bytes.js";
import { answer, fetchParts, knows, networksOf, scriptsOf } from "./answers.js";
import { Network } from "./network.js";
import { read } from "./reading.js";
import { readCheckpoint } from "./safetensors.js";
import { Pen, centred, rasterize } from "./strokes.js";

const MOST_OFF = 1e-4; // of a probability, from what PyTorch says of the same drawing
const KEPT = 12; // networks
const RETRY = 5000; // milliseconds until a server that did not answer is asked for a network again

/**
 * A source of answers, for `answerFirst` of page/reader.js.
 *
 * `kernels` is the compiled WebAssembly.Module; `fetchFile(name)` brings, or promises, a network's file in base64 and
 * what PyTorch says by it: { file, check: { drawing, probabilities } }, or { error }.
 */
export class Engine {
  #kernels;
  #fetchFile;
  #pen;
  #networks = new Map(); // name -> Network; the promise of one, or of null; null where there can be none
  onReady = () => {}; // a network, or a script that computes a part, has come to hand

  constructor(kernels, fetchFile) {
    this.#kernels = kernels;
    this.#fetchFile = fetchFile;
    this.#pen = new Pen(kernels);
  }

  /** The compiled kernels. */
  get kernels() { return this.#kernels; }

  /** The answer to a request, or null where the server has to give it. A part may wait for networks of its own. */
  read = (request) => {
    this.foresee(request);
    const names = networksOf(request);
    const use = (name) => (this.#networks.get(name) instanceof Network ? this.#networks.get(name) : null);
    const cannot = names.some((name) => this.#networks.get(name) === null);
    if (cannot || !knows(request) || !use(request.network)) return null;
    const begun = performance.now();
    try {
      const found = answer(request, use, this.#pen);
      return { ...found, took: performance.now() - begun };
    } catch (error) {
      for (const name of names) this.#networks.set(name, null); // what failed once is not relied on again
      throw error;
    }
  };

  /** As `read`, but what cannot be computed here is an error, and networks are waited for. */
  readAlone = async (request) => {
    await Promise.all([...this.prepare(networksOf(request)), this.fetchParts(scriptsOf(request))]);
    const found = await this.read(request);
    return found ?? { sequence: request.sequence, error: "This browser cannot compute what is asked for, and ?engine=on forbids the server to." };
  };

  /** What a network that is at hand reads images as, as `readImagesHere` of page/reader.js. */
  readImages = (images, name) => {
    const network = this.#networks.get(name);
    if (!(network instanceof Network)) return null;
    return { classes: network.classes, probabilities: images.map((image) => read(network, centred(image)).probabilities) };
  };

  /** Have what a request will need at hand. */
  foresee = (request) => {
    this.prepare(networksOf(request));
    if (!knows(request)) this.fetchParts(scriptsOf(request));
  };

  /** Fetch what computes some parts of answers, or all; what does not come is asked for again with the next request. */
  fetchParts = (names) => fetchParts(names).then((fetched) => fetched && this.onReady(), () => {});

  /** Have networks fetched that are not at hand; returns them, or promises of them. */
  prepare(names) {
    return names.map((name) => {
      const known = this.#networks.get(name);
      const network = known === undefined ? this.#fetch(name) : known;
      this.#networks.delete(name);
      this.#networks.set(name, network); // the last that leaves
      for (const old of this.#networks.keys()) {
        if (this.#networks.size <= KEPT || names.includes(old)) break;
        this.#networks.delete(old);
      }
      return network;
    });
  }

  async #fetch(name) {
    let network = null;
    try {
      const told = await Promise.resolve(this.#fetchFile(name)).catch(() => null);
      if (told) network = this.#checked(told);
      else setTimeout(() => this.#networks.delete(name), RETRY);
    } catch (error) {
      console.info(`The server reads with ${name}:`, error.message);
    }
    this.#networks.set(name, network);
    if (network) this.onReady();
    return network;
  }

  /** The network of a file. Throws an Error where it cannot be computed here, or comes out wrong. */
  #checked({ file, check, error }) {
    if (error) throw new Error(error);
    const network = new Network(this.#kernels, readCheckpoint(fromBase64(file).buffer));
    const { probabilities } = read(network, rasterize(check.drawing, this.#pen));
    const off = Math.max(...probabilities.map((probability, index) => Math.abs(probability - check.probabilities[index])));
    if (!(off <= MOST_OFF)) throw new Error(`This browser's arithmetic is off by ${off}.`); // also where it is not a number
    return network;
  }
}
