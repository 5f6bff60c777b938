// The network that draws, at work, as model/generation/network.py has it: its weights and maps laid out once in the
// kernels' memory, several images through it at once.

import { padded, tensorOf } from "../weights.js";
import { Condition } from "./condition.js";
import { HEAD_KERNEL, INPUTS, MIDDLE, OUTER, PATCH, PIXELS, SIDE, STEM_KERNEL, anyOf, checkConfig, stagesOf } from "./config.js";
import { panels, taps } from "./weights.js";

const AT_ONCE = 8; // images
const TILE = 32; // rows of patches, as in kernels.c
const PAGE = 65536; // bytes, WebAssembly's unit of memory

/** The network of a file: `kernels` is the compiled WebAssembly.Module, `file` as `readGenerator` gives it. */
export class Generator {
  #kernels;
  #tensors;
  #floats;
  #next; // offset of what is laid out next
  #parts = {}; // name -> { weights, bias } as offsets
  #room = {}; // name -> offset of a map
  #lanes;
  #condition;

  constructor(kernels, { metadata: { config }, tensors }) {
    checkConfig(config);
    this.config = config;
    this.classes = config.classes;
    this.stages = stagesOf(config);
    this.#tensors = tensors;
    this.#condition = new Condition(config, this.stages, tensors);
    this.#kernels = new WebAssembly.Instance(kernels).exports;
    this.#next = Math.ceil(this.#kernels.__heap_base.value / 16) * 16;
    this.#lanes = { outer: padded(config.channels), middle: padded(config.middle_channels) };
    this.#layOut();
  }

  // Laying out --------------------------------------------------------------------------------------------------------

  #layOut() {
    const { channels, middle_channels: middle, kernel, condition } = this.config;
    const mixing = (name, outs, ins, side, lanes) => {
      const { values } = this.#tensor(`${name}.weight`, [outs, ins, side, side]);
      this.#parts[name] = { weights: this.#put(panels(values, outs, ins, side ** 2, lanes)), bias: this.#put(this.#bias(name, outs)) };
    };
    mixing("stem", channels, INPUTS, STEM_KERNEL, INPUTS);
    mixing("down", middle, channels, PATCH, this.#lanes.outer);
    mixing("up", channels, middle, 1, this.#lanes.middle);
    mixing("head", PATCH ** 2, channels, HEAD_KERNEL, this.#lanes.outer);
    for (const { name, channels: own } of this.stages) {
      const { values } = this.#tensor(`${name}.depthwise.weight`, [own, 1, kernel, kernel]);
      this.#parts[`${name}.depthwise`] = { weights: this.#put(taps(values, own, kernel ** 2)) };
      for (const part of ["pointwise", "project"]) mixing(`${name}.${part}`, own, own, 1, padded(own));
    }
    const { weights, bias } = this.#condition.modulation();
    this.#parts.modulation = { weights: this.#put(panels(weights, this.#condition.size, condition, 1, condition)), bias: this.#put(bias) };
    const [outer, inner] = [AT_ONCE * OUTER ** 2 * this.#lanes.outer, AT_ONCE * MIDDLE ** 2 * this.#lanes.middle];
    const largest = Math.max(outer, inner);
    const patch = Math.max(STEM_KERNEL ** 2 * INPUTS, PATCH ** 2 * this.#lanes.outer, HEAD_KERNEL ** 2 * this.#lanes.outer);
    this.#room = {
      image: this.#put(AT_ONCE * PIXELS * INPUTS), stem: this.#put(outer), outer: this.#put(outer), middle: this.#put(inner),
      depthwise: this.#put(largest), pointwise: this.#put(largest), head: this.#put(AT_ONCE * OUTER ** 2 * PATCH ** 2),
      condition: this.#put(AT_ONCE * condition), modulation: this.#put(AT_ONCE * this.#condition.size), patches: this.#put(TILE * patch),
    };
  }

  #tensor = (name, shape) => tensorOf(this.#tensors, name, shape);

  #bias(name, count) {
    const bias = new Float32Array(padded(count));
    bias.set(this.#tensor(`${name}.bias`, [count]).values);
    return bias;
  }

  /** Room for a count of floats, or for an array of them with them in it: its offset. */
  #put(values) {
    const { memory } = this.#kernels;
    const offset = this.#next;
    this.#next += Math.ceil((4 * (values.length ?? values)) / 16) * 16;
    const missing = this.#next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    this.#floats = new Float32Array(memory.buffer);
    if (typeof values !== "number") this.#floats.set(values, offset / 4);
    return offset;
  }

  #at = (offset, count) => this.#floats.subarray(offset / 4, offset / 4 + count);

  // Forwards ----------------------------------------------------------------------------------------------------------

  /**
   * What images were before the noise.
   *
   * `inputs` has the images one after the other, pixel by pixel: noisy, known (0 where nothing is), and 1 where it is
   * known; ink 1 on paper -1. `shares` has the shares of the classes, the last for any, of each image. With a `guidance`
   * other than 1, the answer for those classes is followed so far beyond that for any. Float32Array (images, 784).
   */
  answer(inputs, time, shares, guidance = 1) {
    const answers = new Float32Array(shares.length * PIXELS);
    const any = anyOf(this.classes);
    const vectors = shares.map((own) => this.#condition.vector(time, own));
    const vector = this.#condition.vector(time, any);
    for (let first = 0; first < shares.length; first += AT_ONCE) {
      const some = shares.slice(first, first + AT_ONCE);
      const guided = guidance !== 1 && some.some((own) => own.join() !== any.join());
      this.#stem(inputs.subarray(first * PIXELS * INPUTS, (first + some.length) * PIXELS * INPUTS), some.length);
      const wanted = this.#rest(vectors.slice(first, first + AT_ONCE));
      if (guided) { // images of any class come out as they are
        const anything = this.#rest(some.map(() => vector));
        wanted.forEach((value, at) => { wanted[at] = anything[at] + guidance * (value - anything[at]); });
      }
      answers.set(wanted, first * PIXELS);
    }
    return answers;
  }

  /** What its layers answer to one image: [{ name, channels, height, width, values }], as modules of the network. */
  maps(inputs, time, shares) {
    const maps = [];
    this.#stem(inputs, 1);
    const tell = (name, offset, channels, side) => {
      const [lanes, cells] = [padded(channels), side ** 2];
      const map = this.#at(offset, cells * lanes);
      const values = new Float32Array(channels * cells);
      for (let at = 0; at < values.length; at += 1) values[at] = map[(at % cells) * lanes + Math.floor(at / cells)];
      maps.push({ name, channels, height: side, width: side, values });
    };
    tell("stem", this.#room.stem, this.config.channels, OUTER);
    this.#rest([this.#condition.vector(time, shares)], tell);
    return maps;
  }

  #stem(inputs, count) {
    this.#at(this.#room.image, inputs.length).set(inputs);
    this.#standard("stem", this.#room.image, count, SIDE, INPUTS, STEM_KERNEL, PATCH, (STEM_KERNEL - PATCH) / 2, this.#lanes.outer, this.#room.stem);
  }

  #standard(name, map, count, side, lanes, kernel, stride, padding, outputs, to) {
    const { weights, bias } = this.#parts[name];
    this.#kernels.standard(map, count, side, lanes, kernel, stride, padding, weights, bias, outputs, this.#room.patches, to);
  }

  /** From the stem's maps, and a vector of time and classes for each image, to the answers, (images, 784). */
  #rest(vectors, tell = null) {
    const { stem, outer, middle, pointwise, depthwise, head, condition, modulation } = this.#room;
    const { channels, middle_channels: inner, descending, ascending } = this.config;
    const count = vectors.length;
    const first = descending.length;
    const last = this.stages.length - ascending.length;
    vectors.forEach((own, image) => this.#at(condition, count * own.length).set(own, image * own.length));
    this.#pointwise("modulation", condition, count, vectors[0].length, this.#condition.size, 0, 0, modulation);
    this.#at(outer, count * OUTER ** 2 * this.#lanes.outer).set(this.#at(stem, count * OUTER ** 2 * this.#lanes.outer));
    this.stages.slice(0, first).forEach((stage) => this.#stage(stage, outer, count, tell));
    this.#standard("down", outer, count, OUTER, this.#lanes.outer, PATCH, PATCH, 0, this.#lanes.middle, middle);
    tell?.("down", middle, inner, MIDDLE);
    this.stages.slice(first, last).forEach((stage) => this.#stage(stage, middle, count, tell));
    this.#pointwise("up", middle, count * MIDDLE ** 2, this.#lanes.middle, this.#lanes.outer, 0, 0, pointwise);
    tell?.("up", pointwise, channels, MIDDLE);
    this.#kernels.add_enlarged(pointwise, count, MIDDLE, this.#lanes.outer, outer);
    this.stages.slice(last).forEach((stage) => this.#stage(stage, outer, count, tell));
    this.#kernels.normalise(outer, count, OUTER ** 2, channels, this.#lanes.outer, 0, 0, 1, depthwise);
    this.#standard("head", depthwise, count, OUTER, this.#lanes.outer, HEAD_KERNEL, 1, HEAD_KERNEL >> 1, PATCH ** 2, head);
    tell?.("head", head, PATCH ** 2, OUTER);
    return shuffled(this.#at(head, count * OUTER ** 2 * PATCH ** 2), count);
  }

  #pointwise(name, rows, count, inputs, outputs, activated, residual, to) {
    const { weights, bias } = this.#parts[name];
    this.#kernels.pointwise(rows, count, inputs, weights, bias, outputs, activated, residual, to);
  }

  /** One stage, in its place: what it passes on lies where lay what it read. */
  #stage({ name, dilation, channels, side, modulation }, map, count, tell) {
    const { depthwise, pointwise } = this.#room;
    const [lanes, cells] = [padded(channels), side ** 2];
    const own = this.#room.modulation + 4 * modulation;
    this.#kernels.depthwise(map, count, side, lanes, this.config.kernel, dilation, this.#parts[`${name}.depthwise`].weights, depthwise);
    tell?.(`${name}.depthwise`, depthwise, channels, side);
    this.#kernels.normalise(depthwise, count, cells, channels, lanes, own, this.#condition.size, 0, depthwise);
    this.#pointwise(`${name}.pointwise`, depthwise, count * cells, lanes, lanes, tell ? 0 : 1, 0, pointwise);
    tell?.(`${name}.pointwise`, pointwise, channels, side);
    if (tell) this.#kernels.activate(pointwise, count * cells * lanes, pointwise);
    this.#pointwise(`${name}.project`, pointwise, count * cells, lanes, lanes, 0, map, map);
    tell?.(name, map, channels, side);
  }
}

/** Cells with four values each as images of twice the side. */
function shuffled(values, count) {
  const images = new Float32Array(count * PIXELS);
  for (let at = 0; at < images.length; at += 1) {
    const [y, x] = [Math.floor(at / SIDE) % SIDE, at % SIDE];
    const cell = Math.floor(at / PIXELS) * OUTER ** 2 + (y >> 1) * OUTER + (x >> 1);
    images[at] = values[cell * PATCH ** 2 + (y % PATCH) * PATCH + (x % PATCH)];
  }
  return images;
}
