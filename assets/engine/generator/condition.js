// What a generator is told at every stage: how much noise there is, and which digit is wanted.

import { padded, tensorOf } from "../weights.js";

const FREQUENCIES = 16; // of the sines and cosines that stand for the time
const FASTEST = 200; // half turns of the fastest from noise to image

/** What stands for a time and for classes, and how the scales and shifts of all stages are made of it. */
export class Condition {
  #config;
  #stages;
  #tensors;

  /** Throws an Error with one sentence where the tensors do not fit the configuration. */
  constructor(config, stages, tensors) {
    this.#config = config;
    this.#stages = stages;
    this.#tensors = tensors;
    const { condition } = config;
    tensorOf(tensors, "digit.weight", [config.classes.length + 1, condition]);
    for (const [name, inputs] of [["time", 2 * FREQUENCIES], ["mix", condition]]) {
      tensorOf(tensors, `${name}.weight`, [condition, inputs]);
      tensorOf(tensors, `${name}.bias`, [condition]);
    }
    this.size = stages.reduce((sum, { channels }) => sum + 2 * padded(channels), 0); // scales and shifts of all stages
  }

  /** A time and shares of the classes as the vector that `DigitGenerator.condition` makes of them. */
  vector(time, shares) {
    const { values: digits } = this.#tensors.get("digit.weight");
    const size = this.#config.condition;
    const heard = this.#linear("time", wavesAt(time));
    shares.forEach((share, digit) => {
      for (let at = 0; at < size; at += 1) heard[at] += share * digits[digit * size + at];
    });
    return this.#linear("mix", heard.map(silu)).map(silu);
  }

  #linear(name, inputs) {
    const { values: weights } = this.#tensors.get(`${name}.weight`);
    const outputs = this.#tensors.get(`${name}.bias`).values.slice();
    for (let out = 0; out < outputs.length; out += 1) {
      for (let at = 0; at < inputs.length; at += 1) outputs[out] += weights[out * inputs.length + at] * inputs[at];
    }
    return outputs;
  }

  /**
   * The linear layers that make scales and shifts of that vector, all in one: { weights, bias }, (size, condition) and
   * (size), for each stage the scales of its lanes, then the shifts.
   */
  modulation() {
    const { condition } = this.#config;
    const [weights, bias] = [new Float32Array(this.size * condition), new Float32Array(this.size)];
    for (const { name, channels, modulation: begin } of this.#stages) {
      const { values } = tensorOf(this.#tensors, `${name}.modulation.weight`, [2 * channels, condition]);
      const { values: own } = tensorOf(this.#tensors, `${name}.modulation.bias`, [2 * channels]);
      for (let out = 0; out < 2 * channels; out += 1) {
        const isScale = out < channels;
        const at = begin + (isScale ? out : padded(channels) + out - channels);
        weights.set(values.subarray(out * condition, (out + 1) * condition), at * condition);
        bias[at] = own[out] + (isScale ? 1 : 0);
      }
    }
    return { weights, bias };
  }
}

const silu = (value) => value / (1 + Math.exp(-value));

/** Sines and cosines that stand for a time, as `DigitGenerator.condition` has them, in numbers of 32 bits. */
function wavesAt(time) {
  const { fround } = Math;
  const step = fround(fround(Math.log(FASTEST)) / (FREQUENCIES - 1));
  const angles = Array.from({ length: FREQUENCIES }, (_, index) => {
    const power = index < FREQUENCIES / 2 ? fround(step * index) : fround(fround(Math.log(FASTEST)) - fround(step * (FREQUENCIES - 1 - index)));
    return fround(fround(time) * fround(fround(Math.exp(power)) * fround(Math.PI)));
  });
  return Float32Array.from([...angles.map(Math.sin), ...angles.map(Math.cos)]);
}
