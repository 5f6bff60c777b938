// From noise to digits in a few steps, as model/generation/sampling.py goes: those of DPM-Solver++(2M) (Lu et al. 2022).

import { mulberry, normal } from "../random.js";
import { INPUTS, PIXELS } from "./config.js";

const GUIDED = [0.05, 0.5]; // times at which the answer for the wanted digit is followed beyond that for any
const EARLY = 1.5; // the i-th of n times is (i / n) to this power

/** The times between which the steps lie, from 0 to 1: one more than there are steps. */
const timesOf = (steps) => Array.from({ length: steps + 1 }, (_, index) => (index / steps) ** EARLY);

/** Noise of a seed, (count, 784), one image after the other: the first are the same however many there are. */
export function drawNoise(count, seed) {
  const uniform = mulberry((seed ^ Math.floor(seed / 2 ** 32)) | 0);
  return Float32Array.from({ length: count * PIXELS }, () => normal(uniform));
}

/** Bytes, ink 255 on 0, as ink 1 on paper -1. */
export const toValues = (image) => Float32Array.from(image, (ink) => ink / 127.5 - 1);

/** The inverse of `toValues`, for values of any size. */
export function toImage(values) {
  const image = new Uint8ClampedArray(values.length); // it cuts off and rounds what it is given
  for (let at = 0; at < values.length; at += 1) image[at] = (values[at] + 1) * 127.5;
  return new Uint8Array(image.buffer);
}

/**
 * Every step { time, noisy, answer } from noise to images, the finished images last; Float32Arrays (images, 784).
 *
 * `noise` is as of `drawNoise`; `values` (784) is an image of which the pixels are known where `keep` is 1, or both are
 * null; `shares` of the classes, of each image. Every array is a step's own.
 */
export function* way(generator, { noise, values, keep, shares, steps, guidance }) {
  const times = timesOf(steps);
  let [z, before, distanceBefore] = [noise, noise, Infinity];
  for (let step = 0; step < steps; step += 1) {
    const [time, after] = [times[step], times[step + 1]];
    const guided = time >= GUIDED[0] && time <= GUIDED[1];
    const answer = generator.answer(inputsOf(z, values, keep), time, shares, guided ? guidance : 1);
    if (keep) for (let at = 0; at < answer.length; at += 1) if (keep[at % PIXELS]) answer[at] = values[at % PIXELS];
    yield { time, noisy: z, answer };
    // In the logarithm of signal over noise, in which the answer is extrapolated in a straight line.
    const distance = logRatio(after) - logRatio(time);
    const inner = Number.isFinite(distance) && Number.isFinite(distanceBefore);
    const beyond = inner ? distance / (2 * distanceBefore) : 0;
    const share = (after - time) / (1 - time);
    const next = new Float32Array(z.length);
    for (let at = 0; at < z.length; at += 1) {
      const ahead = answer[at] + beyond * (answer[at] - before[at]);
      next[at] = share === 1 ? ahead : z[at] + share * (ahead - z[at]);
    }
    [z, before, distanceBefore] = [next, answer, distance];
  }
  yield { time: 1, noisy: z, answer: z };
}

/** log(t / (1 - t)), of signal over noise. */
const logRatio = (time) => Math.log(time / (1 - time));

/** What the network reads, pixel by pixel: noisy image, known image and mask. */
export function inputsOf(noisy, values, keep) {
  const inputs = new Float32Array(noisy.length * INPUTS);
  for (let at = 0; at < noisy.length; at += 1) {
    inputs[at * INPUTS] = noisy[at];
    if (keep?.[at % PIXELS]) {
      inputs[at * INPUTS + 1] = values[at % PIXELS];
      inputs[at * INPUTS + 2] = 1;
    }
  }
  return inputs;
}
