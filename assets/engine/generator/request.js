// What may be asked of a generator, checked before any work: as model/generation/sampling.py checks it on the server.

import { PIXELS, SIDE } from "./config.js";

const MOST_COMPLETIONS = 1000;
const MOST_STEPS = 100;
const MOST_GUIDANCE = 10;

/**
 * A request { image, keep, shares, seed, steps, guidance, noise }, with what it leaves out: `image` and `keep` (784 bytes
 * each, or null for an empty sheet), `noise` (Float32Array, 784 for each of the shares; else it is drawn from the seed).
 * Throws an Error with one sentence where it cannot be answered.
 */
export function checkRequest({ image = null, keep = null, shares, seed = 0, steps = 10, guidance = 1.5, noise = null }, classes) {
  const whole = (name, value, low, high) => {
    if (!Number.isSafeInteger(value) || value < low || value > high) throw new Error(`${name} is ${value}; expected a whole number from ${low} to ${high}.`);
  };
  if ((image === null) !== (keep === null)) throw new Error("An image and a mask are expected together, or neither.");
  if (image) {
    for (const [name, bytes] of [["image", image], ["mask", keep]]) {
      if (!(bytes instanceof Uint8Array) || bytes.length !== PIXELS) throw new Error(`The ${name} is not of ${SIDE} x ${SIDE} bytes.`);
    }
    if (!keep.some(Boolean)) throw new Error("Nothing of the image is kept, so there is nothing to complete; keep a part of it.");
    if (keep.every(Boolean)) throw new Error("All of the image is kept, so nothing is left to draw; leave a part of it open.");
  }
  whole("count", shares?.length, 1, MOST_COMPLETIONS);
  const fits = (own) => own?.length === classes.length + 1 && Array.from(own).every(Number.isFinite);
  if (!Array.from(shares).every(fits)) throw new Error(`Shares are lists of ${classes.length + 1} finite numbers: one for each class, and one for any.`);
  whole("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  whole("steps", steps, 1, MOST_STEPS);
  if (!(guidance >= 1 && guidance <= MOST_GUIDANCE)) throw new Error(`guidance is ${guidance}; expected a number from 1 to ${MOST_GUIDANCE}.`);
  if (noise && !(noise instanceof Float32Array && noise.length === shares.length * PIXELS)) {
    throw new Error(`The noise is not of ${SIDE} x ${SIDE} numbers for each image.`);
  }
  return { image, keep, shares: Array.from(shares), seed, steps, guidance, noise };
}
