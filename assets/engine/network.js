// A network at work: its weights and maps laid out once in the kernels' memory, its layers run one after the other,
// forwards for the maps and backwards for the influence of the pixels.

import { IMAGE_SIZE, layersOf, multiplyAccumulates } from "./layers.js";
import { lanesOf, normOf, padded, patchOf, tensorOf, weightsOf } from "./weights.js";

const PIXELS = IMAGE_SIZE ** 2;
const PIXEL_SCALE = 1 / 0.3081; // as model/network.py normalises
const CELLS = 4; // cells that the kernels work on at once, as CELLS in kernels.c
const PAGE = 65536; // bytes, WebAssembly's unit of memory

/** Beyond it a frame would take longer than a screen shows it: the server answers for such a network. */
export const BUDGET = { multiplyAccumulates: 60e6, bytes: 64 * 2 ** 20 };

// Fields of the struct Layer in kernels.c, in order; then where what is not there is 0.
const FIELDS = [
  "height", "width", "channels", "kernel", "stride", "dilation", "padding", "outHeight", "outWidth", "outChannels",
  "input", "weights", "transposed", "scale", "shift", "residual", "rectified", "output",
];

const area = ([height, width]) => height * width;

const inks = Float32Array.from({ length: 256 }, (_, ink) => Math.fround(ink / 255) * Math.fround(PIXEL_SCALE));

/**
 * A network that reads images.
 *
 * `kernels` is the compiled WebAssembly.Module, `file` what `readCheckpoint` gives. Throws an Error with one sentence
 * where the tensors do not fit the configuration or the network is beyond the budget.
 */
export class Network {
  #kernels;
  #module; // that they are made from
  #maps = new Map(); // name of the layer -> { offset, gradient, lanes, channels, size }
  #structs = new Map(); // name of the layer -> offset of its struct
  #scratch = 0; // offset of room for patches
  #spare = 0; // offset of room for the bytes of any map
  #spareStruct = 0;
  #counts = 0; // offset of room for how often each byte stands in a map
  #floats;

  constructor(kernels, { metadata, tensors }) {
    this.config = metadata.config;
    this.classes = metadata.config.classes;
    this.layers = layersOf(metadata.config);
    this.tensors = tensors;
    this.temperature = tensorOf(tensors, "temperature", []).values[0];
    this.familiarEnergy = tensorOf(tensors, "familiar_energy", []).values[0];
    // Files of earlier versions lack it; they go by the energy alone.
    this.familiarEvidence = tensors.has("familiar_evidence") ? tensorOf(tensors, "familiar_evidence", []).values[0] : -Infinity;
    if (!(this.temperature > 0)) throw new Error(`The network's temperature is ${this.temperature}; expected more than 0.`);
    this.multiplyAccumulates = multiplyAccumulates(this.layers);
    const plan = this.#plan();
    if (this.multiplyAccumulates > BUDGET.multiplyAccumulates || plan.bytes > BUDGET.bytes) {
      throw new Error(`The network takes ${this.multiplyAccumulates} multiply-accumulates and ${plan.bytes} bytes; the page computes up to ${BUDGET.multiplyAccumulates} and ${BUDGET.bytes} itself.`);
    }
    this.#module = kernels;
    this.#kernels = new WebAssembly.Instance(kernels).exports;
    this.#layOut(plan);
  }

  /** Another network with the same kernels, of what `readCheckpoint` would give. */
  altered(file) {
    return new Network(this.#module, file);
  }

  get #layerNames() {
    return this.layers.map(({ name }) => name);
  }

  // Laying out --------------------------------------------------------------------------------------------------------

  /** What is put into memory, and how much that is: [name, count of floats or array of them] each. */
  #plan() {
    const parts = [["image", PIXELS], ["image gradient", PIXELS]];
    let patch = 0;
    let largest = PIXELS;
    for (const layer of this.layers) {
      const { name } = layer;
      const map = area(layer.outSize) * padded(layer.outChannels);
      parts.push([name, map], [`${name} gradient`, map], [`${name} struct`, FIELDS.length]);
      if (layer.kind !== "pool") for (const [kind, values] of Object.entries(weightsOf(this.tensors, layer))) parts.push([`${name} ${kind}`, values]);
      patch = Math.max(patch, patchOf(layer));
      largest = Math.max(largest, map);
    }
    parts.push(["spare", Math.ceil(largest / 4)], ["spare struct", FIELDS.length], ["scratch", (CELLS + 1) * patch], ["counts", 256]);
    const bytes = parts.reduce((sum, [, values]) => sum + 16 + 4 * (values.length ?? values), 0);
    return { parts, bytes };
  }

  /** The norm after a layer, of one channel, as [scale, shift]. */
  normOf(layer, channel) {
    return normOf(this.tensors, layer, channel);
  }

  #layOut({ parts, bytes }) {
    const { memory, __heap_base: base } = this.#kernels;
    let next = Math.ceil(base.value / 16) * 16;
    const missing = next + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    this.#floats = new Float32Array(memory.buffer);
    const at = new Map();
    for (const [name, values] of parts) {
      at.set(name, next);
      if (typeof values !== "number") this.#floats.set(values, next / 4);
      next += Math.ceil((4 * (values.length ?? values)) / 16) * 16;
    }
    const place = (name) => ({ offset: at.get(name), gradient: at.get(`${name} gradient`) });
    this.#maps.set("image", { ...place("image"), lanes: 1, channels: 1, size: [IMAGE_SIZE, IMAGE_SIZE] });
    for (const layer of this.layers) {
      const { name, outChannels, outSize } = layer;
      this.#maps.set(name, { ...place(name), lanes: padded(outChannels), channels: outChannels, size: outSize });
      this.#structs.set(name, at.get(`${name} struct`));
      this.#writeStruct(at.get(`${name} struct`), {
        height: layer.size[0], width: layer.size[1], channels: lanesOf(layer),
        kernel: layer.kernel, stride: layer.stride, dilation: layer.dilation, padding: layer.padding,
        outHeight: outSize[0], outWidth: outSize[1], outChannels: padded(outChannels),
        input: at.get(layer.source), weights: at.get(`${name} weights`), transposed: at.get(`${name} transposed`),
        scale: at.get(`${name} scale`), shift: at.get(`${name} shift`),
        residual: at.get(layer.residual), rectified: Number(layer.rectified), output: at.get(name),
      });
    }
    this.#scratch = at.get("scratch");
    this.#spare = at.get("spare");
    this.#spareStruct = at.get("spare struct");
    this.#counts = at.get("counts");
  }

  #writeStruct(offset, values) {
    new Int32Array(this.#floats.buffer, offset, FIELDS.length).set(FIELDS.map((field) => values[field] ?? 0));
  }

  // Forwards ----------------------------------------------------------------------------------------------------------

  /** Read an image (784 bytes, ink 255 on 0): its logits, a Float32Array. The maps are those of the newest image. */
  run(image) {
    const pixels = this.#at(this.#maps.get("image").offset, PIXELS);
    for (let pixel = 0; pixel < PIXELS; pixel += 1) pixels[pixel] = inks[image[pixel]];
    for (const layer of this.layers) this.#compute(layer, this.#structs.get(layer.name));
    return this.#at(this.#maps.get("head").offset, this.classes.length).slice();
  }

  #compute({ kind, name, source }, struct) {
    if (kind === "depthwise") return this.#kernels.depthwise(struct);
    if (kind !== "pool") return this.#kernels.dense(struct, this.#scratch); // it mixes all channels
    const { offset, lanes, size } = this.#maps.get(source);
    return this.#kernels.pool(offset, area(size), lanes, this.#maps.get(name).offset);
  }

  #at = (offset, count) => this.#floats.subarray(offset / 4, offset / 4 + count);

  /**
   * The map of a layer, after norm, residual and activation: { values, lanes, channels, size }. The value of a channel in
   * cell (y, x) is values[(y * size[1] + x) * lanes + channel]; `values` are overwritten by the next image.
   */
  map(name) {
    const { offset, lanes, channels, size } = this.#maps.get(name);
    return { values: this.#at(offset, area(size) * lanes), lanes, channels, size };
  }

  /**
   * The map of a layer as bytes (channels, height, width), of which 255 stands for its `maximum`, and its `bright`: the
   * byte that at most one cell in a hundred exceeds. The bytes are overwritten by the next map that is asked for.
   */
  levels(name) {
    const { offset, lanes, channels, size } = this.#maps.get(name);
    const maximum = this.#kernels.levels(offset, area(size), lanes, channels, this.#spare, this.#counts);
    const counts = new Int32Array(this.#floats.buffer, this.#counts, 256);
    const most = 0.99 * channels * area(size);
    let [bright, sum] = [0, counts[0]];
    while (sum < most) sum += counts[++bright];
    return { bytes: new Uint8Array(this.#floats.buffer, this.#spare, channels * area(size)), maximum, bright };
  }

  /**
   * What a layer of `net.named_modules()` answers to the newest image, as `layer_responses` does: Float32Array
   * (channels, height, width). A convolution's is its own, before the norm, and that of its norm before the residual.
   */
  response(name) {
    const { layer, at } = this.#locate(name);
    if (at === "map") return channelsFirst(this.map(layer.name));
    this.#computeAside(layer, at === "sums" ? { scale: 0 } : {});
    return this.#aside(layer);
  }

  /** Layers in a row without the norms and activations between them, from the map that the first one reads. */
  row(names) {
    const layers = names.map((name) => this.#locate(name).layer);
    layers.forEach((layer, index) => {
      const before = layers[index - 1];
      this.#computeAside(layer, { scale: 0, ...(before && { input: this.#maps.get(before.name).gradient }) });
    });
    return this.#aside(layers.at(-1));
  }

  /** Compute a layer in another way, and to where its gradient lies, which nobody needs now: its map stays. */
  #computeAside(layer, changes) {
    const struct = new Int32Array(this.#floats.buffer, this.#structs.get(layer.name), FIELDS.length);
    const values = Object.fromEntries(FIELDS.map((field, index) => [field, struct[index]]));
    const output = this.#maps.get(layer.name).gradient;
    this.#writeStruct(this.#spareStruct, { ...values, residual: 0, rectified: 0, output, ...changes });
    this.#compute(layer, this.#spareStruct);
  }

  #aside({ name }) {
    const { lanes, channels, size } = this.#maps.get(name);
    return channelsFirst({ values: this.#gradient(name), lanes, channels, size });
  }

  /** Which layer a module's output is found in, and where: in its "sums", after its "norm", or as its "map". */
  #locate(name) {
    const index = this.layers.findLastIndex((layer) => [layer.name, `${layer.name}_norm`, layer.map].includes(name));
    const layer = this.layers[index];
    if (!layer) throw new Error(`There is no layer ${name}; expected one of ${this.#layerNames.join(", ")}.`);
    if (layer.norm === null || name === layer.map && name !== layer.name) return { layer, index, at: "map" };
    return { layer, index, at: name === layer.name ? "sums" : "norm" };
  }

  // Backwards ---------------------------------------------------------------------------------------------------------

  /**
   * How strongly each pixel of the newest image moves one cell: |d cell / d pixel|, pixels from 0 (paper) to 1 (ink),
   * as `effective_receptive_field`; of the sum over all channels where `channel` is null. Float32Array (784).
   */
  influence(name, [y, x], channel = null) {
    const { index, at } = this.#locate(name);
    for (const source of ["image", ...this.#layerNames.slice(0, index + 1)]) this.#gradient(source).fill(0);
    const { lanes, channels, size } = this.#maps.get(this.layers[index].name);
    const first = (y * size[1] + x) * lanes;
    this.#gradient(this.layers[index].name).fill(1, first + (channel ?? 0), first + (channel === null ? channels : channel + 1));
    for (let each = index; each >= 0; each -= 1) this.#back(this.layers[each], each === index ? at : "map");
    return this.#gradient("image").map((slope) => Math.abs(slope * PIXEL_SCALE));
  }

  #gradient(name) {
    const { gradient, lanes, size } = this.#maps.get(name);
    return this.#at(gradient, area(size) * lanes);
  }

  /** From the gradient of a layer's "sums", "norm" or "map" to that of what it reads. */
  #back(layer, from) {
    const { offset, gradient, lanes, size } = this.#maps.get(layer.name);
    const before = this.#maps.get(layer.source).gradient;
    const struct = this.#structs.get(layer.name);
    if (from === "map" && layer.rectified) this.#kernels.rectified_back(offset, area(size) * lanes, gradient);
    if (from === "map" && layer.residual) this.#gradient(layer.residual).set(this.#gradient(layer.name));
    if (from !== "sums" && layer.norm) this.#kernels.norm_back(this.#read(struct, "scale"), area(size), lanes, gradient);
    if (layer.kind === "depthwise") this.#kernels.depthwise_back(struct, gradient, before);
    else if (layer.kind === "pool") this.#kernels.pool_back(gradient, area(layer.size), lanes, before);
    else this.#kernels.dense_back(struct, gradient, this.#scratch, before);
  }

  #read = (struct, field) => new Int32Array(this.#floats.buffer)[struct / 4 + FIELDS.indexOf(field)];
}

/** (height, width, lanes) -> (channels, height, width). */
function channelsFirst({ values, lanes, channels, size }) {
  const cells = area(size);
  const turned = new Float32Array(channels * cells);
  for (let cell = 0; cell < cells; cell += 1) {
    for (let channel = 0; channel < channels; channel += 1) turned[channel * cells + cell] = values[cell * lanes + channel];
  }
  return turned;
}
