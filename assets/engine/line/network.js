// The network that reads lines, at work, as model/line/network.py has it: the layers of the others on strips of any width,
// and heads for every cell instead of pooling and classes.

import { LayerStack } from "../layer_stack.js";
import { IMAGE_SIZE, layersOf } from "../layers.js";
import { BUDGET } from "../network.js";
import { tensorOf } from "../weights.js";
import { decode, maskOf } from "./decoding.js";
import { MIN_WIDTH, checkStrip } from "./strip.js";

const ANSWERS = 11; // the digits, and what is unlike any

/** `kernels` is the compiled WebAssembly.Module, `file` what `readCheckpoint` gives; throws as `Network`. */
export class LineNetwork {
  #stack;
  #config;
  #width = MIN_WIDTH;
  #newest = null; // the strip whose maps are there

  constructor(kernels, { metadata: { config, kind }, tensors }) {
    if (kind !== "line") throw new Error("This network is of another kind; one that reads lines is expected.");
    this.#config = config;
    this.classes = config.classes;
    this.stride = config.stages.reduce((product, { stride }) => product * stride, config.stem_stride); // pixels a cell
    this.#stack = new LayerStack(kernels, tensors, this.#layers(MIN_WIDTH), BUDGET);
    [this.temperature] = tensorOf(tensors, "temperature", []).values;
    if (!(this.temperature > 0)) throw new Error(`The network's temperature is ${this.temperature}; expected more than 0.`);
  }

  /** The layers of the stages, and the heads as one more. */
  #layers(width) {
    const layers = layersOf(this.#config, [IMAGE_SIZE, width]).slice(0, -2);
    const { name, outChannels, outSize } = layers.at(-1);
    const head = {
      name: "head", kind: "pointwise", title: "Heads", place: "Heads", stage: null, map: "head", weights: "head", norm: null,
      source: name, sources: [name], residual: null, rectified: false, hasPlaces: true, hasOneKernelAChannel: false,
      kernel: 1, stride: 1, dilation: 1, padding: 0, channels: outChannels, size: outSize, outSize,
      outChannels: 1 + 4 + ANSWERS + ANSWERS * this.stride ** 2,
    };
    return [...layers, head];
  }

  /**
   * What the heads answer to a strip (28 * width bytes, ink 255 on 0), cell by cell: as `LayerStack.map`, the channels
   * being the logit of a centre, four distances, logits of the answers, and those of each pixel.
   */
  heads(strip, width) {
    checkStrip(strip, width);
    if (this.#width !== width) this.#stack.fit(this.#layers(width));
    const isThere = this.#width === width && this.#newest?.every((ink, at) => ink === strip[at]);
    if (!isThere) this.#stack.compute(strip);
    [this.#width, this.#newest] = [width, strip.slice()];
    return this.#stack.map("head");
  }

  /** The digits of a strip, left to right, and the digit of each of its pixels: { digits, mask }, as `decode` and `maskOf`. */
  read(strip, width) {
    const heads = this.heads(strip, width);
    if (!heads.values.every(Number.isFinite)) throw new Error("The network answers with values that are not finite numbers.");
    return {
      digits: decode(heads, this.stride, this.temperature, width, this.classes),
      mask: maskOf(heads, strip, this.stride, width),
    };
  }

  /**
   * The maps of all layers but the heads, after norm, residual and activation: [{ name, channels, height, width, values, levels }],
   * `values` (channels, height, width) and `levels`, as of `LayerStack`, which are made when they are asked for, until the
   * next strip is read.
   */
  maps(strip, width) {
    this.heads(strip, width);
    const stack = this.#stack;
    return stack.layers.slice(0, -1).map(({ name, outChannels, outSize: [height, across] }) => ({
      name, channels: outChannels, height, width: across,
      get values() {
        return stack.channelsFirst(name);
      },
      get levels() {
        return stack.levels(name);
      },
    }));
  }
}
