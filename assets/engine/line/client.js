// The network that reads lines, in the frame: what a view asks, and what it is answered.

import { floatsFromBase64, fromBase64 } from "../../page/bytes.js";
import { fetchChecked, fetchKernels } from "../checked_file.js";
import { readCheckpoint } from "../safetensors.js";
import { LineNetwork } from "./network.js";

const MOST_OFF = 1e-3; // of a logit, from what PyTorch says of the same strip
const DIGIT = 5; // first channel of the heads that is a logit of a digit

/**
 * The network "line", or another of checkpoints/lines/, with the kernels where they are `compiled` already: a promise of
 * {
 *   classes,             names of the digits
 *   read(strip, width),  { digits, mask, milliseconds } of a strip, Uint8Array (28 * width), ink 255 on 0: digits left to
 *                        right, [{ label, probability, second: { label, probability }, box: [top, left, bottom, right],
 *                        unlike }], and the mask, Int8Array (28 * width), the digit of each pixel, -1 for paper
 *   maps(strip, width),  [{ name, channels, height, width, values }] of all layers, as `LineNetwork.maps`
 * }
 * `read` and `maps` throw a DrawingError, with one sentence, where a strip is no line. The promise rejects with an Error
 * of one sentence where this browser cannot read lines: the server can.
 */
export async function openLine(name, compiled = null) {
  const [{ file, check }, kernels] = await Promise.all([
    fetchChecked(`lines/${name}`, "The network that reads lines"),
    compiled ?? fetchKernels(new URL("../kernels.wasm", import.meta.url), "read lines"),
  ]);
  const network = new LineNetwork(kernels, readCheckpoint(fromBase64(file).buffer));
  checkAnswers(network, check);
  return {
    classes: network.classes,
    read(strip, width) {
      const begun = performance.now();
      const found = network.read(strip, width);
      return { ...found, milliseconds: performance.now() - begun };
    },
    maps: (strip, width) => network.maps(strip, width),
  };
}

/** See that the network says of a strip what PyTorch says: logits of the answers, (answers, height, width). */
function checkAnswers(network, { strip, width, logits }) {
  const { values, lanes, size } = network.heads(fromBase64(strip), width);
  const cells = size[0] * size[1];
  const off = floatsFromBase64(logits).reduce((most, logit, at) => {
    const own = values[(at % cells) * lanes + DIGIT + Math.floor(at / cells)];
    return Math.max(most, Math.abs(own - logit));
  }, 0);
  if (!(off <= MOST_OFF)) throw new Error(`This browser's arithmetic is off by ${off}.`); // also where it is not a number
}
