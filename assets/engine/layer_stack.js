// Layers at work: their weights and maps laid out in the kernels' memory, run one after the other, forwards for the maps
// and backwards for the influence of the pixels.

import { multiplyAccumulates } from "./layers.js";
import { lanesOf, normOf, padded, patchOf, weightsOf } from "./weights.js";

const PIXEL_SCALE = 1 / 0.3081; // as model/network.py normalises
const CELLS = 4; // cells that the kernels work on at once, as CELLS in vectors.h
const PAGE = 65536; // bytes, WebAssembly's unit of memory

// Fields of the struct Layer in kernels.c, in order; then where what is not there is 0.
const FIELDS = [
  "height", "width", "channels", "kernel", "stride", "dilation", "padding", "outHeight", "outWidth", "outChannels",
  "input", "weights", "transposed", "scale", "shift", "residual", "rectified", "output",
];

const area = ([height, width]) => height * width;
const hasWeights = ({ kind }) => kind !== "pool" && kind !== "concatenation";

const inks = Float32Array.from({ length: 256 }, (_, ink) => Math.fround(ink / 255) * Math.fround(PIXEL_SCALE));

/**
 * A stack of layers that reads images of one size, which may be changed.
 *
 * `kernels` is the compiled WebAssembly.Module, `tensors` are those of `readCheckpoint`, `layers` as `layersOf` has them.
 * Throws an Error with one sentence where the tensors do not fit the layers, or these are beyond the budget.
 */
export class LayerStack {
  #kernels;
  #weights = new Map(); // name of the layer and of the part -> offset
  #maps = new Map(); // name of the layer -> { offset, gradient, lanes, channels, size }
  #structs = new Map(); // name of the layer -> offset of its struct
  #scratch = 0; // offset of room for patches
  #spare = 0; // offset of room for the bytes of any map
  #spareStruct = 0;
  #counts = 0; // offset of room for how often each byte stands in a map
  #begin; // offset of what depends on the size
  #floats;

  constructor(kernels, tensors, layers, budget) {
    this.tensors = tensors;
    const weights = layers.filter(hasWeights).flatMap((layer) => Object.entries(weightsOf(tensors, layer)).map(([part, values]) => [`${layer.name} ${part}`, values]));
    const [work, bytes] = [multiplyAccumulates(layers), bytesOf(weights) + bytesOf(partsOf(layers))];
    if (work > budget.multiplyAccumulates || bytes > budget.bytes) {
      throw new Error(`The network takes ${work} multiply-accumulates and ${bytes} bytes; the page computes up to ${budget.multiplyAccumulates} and ${budget.bytes} itself.`);
    }
    this.#kernels = new WebAssembly.Instance(kernels).exports;
    [this.#weights, this.#begin] = this.#put(weights, Math.ceil(this.#kernels.__heap_base.value / 16) * 16);
    this.fit(layers);
  }

  /** Read images of another size from now on: the same layers with other sizes. */
  fit(layers) {
    this.layers = layers;
    const [at] = this.#put(partsOf(layers), this.#begin);
    const place = (name) => ({ offset: at.get(name), gradient: at.get(`${name} gradient`) });
    this.#maps.set("image", { ...place("image"), lanes: 1, channels: 1, size: layers[0].size });
    for (const layer of layers) {
      const { name, outChannels, outSize } = layer;
      const weight = (part) => this.#weights.get(`${name} ${part}`);
      this.#maps.set(name, { ...place(name), lanes: padded(outChannels), channels: outChannels, size: outSize });
      // Nobody writes to lanes of it that have no channel; another size may have left something there.
      if (layer.kind === "concatenation") this.map(name).values.fill(0);
      this.#structs.set(name, at.get(`${name} struct`));
      this.#writeStruct(at.get(`${name} struct`), {
        height: layer.size[0], width: layer.size[1], channels: lanesOf(layer),
        kernel: layer.kernel, stride: layer.stride, dilation: layer.dilation, padding: layer.padding,
        outHeight: outSize[0], outWidth: outSize[1], outChannels: padded(outChannels),
        input: at.get(layer.source), weights: weight("weights"), transposed: weight("transposed"),
        scale: weight("scale"), shift: weight("shift"),
        residual: at.get(layer.residual), rectified: Number(layer.rectified), output: at.get(name),
      });
    }
    [this.#scratch, this.#spare, this.#spareStruct, this.#counts] = ["scratch", "spare", "spare struct", "counts"].map((name) => at.get(name));
  }

  /** Lay parts out, [name, count of floats or array of them] each: where each begins by its name, and where the last ends. */
  #put(parts, begin) {
    const { memory } = this.#kernels;
    const missing = begin + bytesOf(parts) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    this.#floats = new Float32Array(memory.buffer);
    const at = new Map();
    let next = begin;
    for (const [name, values] of parts) {
      at.set(name, next);
      if (typeof values !== "number") this.#floats.set(values, next / 4);
      next += Math.ceil((4 * (values.length ?? values)) / 16) * 16;
    }
    return [at, next];
  }

  #writeStruct(offset, values) {
    new Int32Array(this.#floats.buffer, offset, FIELDS.length).set(FIELDS.map((field) => values[field] ?? 0));
  }

  /** The norm after a layer, of one channel, as [scale, shift]. */
  normOf(layer, channel) {
    return normOf(this.tensors, layer, channel);
  }

  // Forwards ----------------------------------------------------------------------------------------------------------

  /** Compute all maps of an image, a byte a pixel, ink 255 on 0; the last map is returned, as `map` does. */
  compute(image) {
    const pixels = this.#at(this.#maps.get("image").offset, image.length);
    for (let pixel = 0; pixel < image.length; pixel += 1) pixels[pixel] = inks[image[pixel]];
    for (const layer of this.layers) this.#compute(layer, this.#structs.get(layer.name));
    return this.map(this.layers.at(-1).name);
  }

  #compute(layer, struct) {
    const { kind, name, source } = layer;
    const to = this.#maps.get(name).offset;
    if (kind === "depthwise") return this.#kernels.depthwise(struct);
    if (kind === "concatenation") return this.#branches(layer, ({ offset, lanes, channels }, first, all, cells) => this.#kernels.copy_channels(offset, lanes, cells, channels, to + 4 * first, all));
    if (kind !== "pool") return this.#kernels.dense(struct, this.#scratch); // it mixes all channels
    const { offset, lanes, size } = this.#maps.get(source);
    return this.#kernels.pool(offset, area(size), lanes, to);
  }

  /** For each map that a concatenation joins, its first channel there, and how many lanes and cells there are. */
  #branches({ name, sources }, call) {
    const { lanes, size } = this.#maps.get(name);
    let first = 0;
    for (const source of sources) {
      const map = this.#maps.get(source);
      call(map, first, lanes, area(size));
      first += map.channels;
    }
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

  /** The same, channel by channel, (channels, height, width): Float32Array of its own. */
  channelsFirst(name) {
    return channelsFirst(this.map(name));
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
    if (at === "map") return this.channelsFirst(layer.name);
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
    if (!layer) throw new Error(`There is no layer ${name}; expected one of ${this.layers.map((each) => each.name).join(", ")}.`);
    if (layer.norm === null || name === layer.map && name !== layer.name) return { layer, index, at: "map" };
    return { layer, index, at: name === layer.name ? "sums" : "norm" };
  }

  // Backwards ---------------------------------------------------------------------------------------------------------

  /**
   * How strongly each pixel of the newest image moves one cell: |d cell / d pixel|, pixels from 0 (paper) to 1 (ink),
   * as `effective_receptive_field`; of the sum over all channels where `channel` is null. Float32Array, one a pixel.
   */
  influence(name, [y, x], channel = null) {
    const { index, at } = this.#locate(name);
    for (const source of ["image", ...this.layers.slice(0, index + 1).map((layer) => layer.name)]) this.#gradient(source).fill(0);
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
    else if (layer.kind === "concatenation") this.#branches(layer, (map, first, all, cells) => this.#kernels.copy_channels(gradient + 4 * first, all, cells, map.channels, map.gradient, map.lanes));
    else if (layer.kind === "pool") this.#kernels.pool_back(gradient, area(layer.size), lanes, before);
    else this.#kernels.dense_back(struct, gradient, this.#scratch, before);
  }

  #read = (struct, field) => new Int32Array(this.#floats.buffer)[struct / 4 + FIELDS.indexOf(field)];
}

/** Some channels of the bytes of `LayerStack.levels`, one after the other, in an array of their own. */
export function picked(bytes, channels, [height, width]) {
  const cells = height * width;
  const values = new Uint8Array(channels.length * cells);
  channels.forEach((channel, index) => values.set(bytes.subarray(channel * cells, (channel + 1) * cells), index * cells));
  return values;
}

/** What depends on the size of the images and is put into memory: [name, count of floats] each. */
function partsOf(layers) {
  const pixels = area(layers[0].size);
  const parts = [["image", pixels], ["image gradient", pixels]];
  let [patch, largest] = [0, pixels];
  for (const layer of layers) {
    const map = area(layer.outSize) * padded(layer.outChannels);
    parts.push([layer.name, map], [`${layer.name} gradient`, map], [`${layer.name} struct`, FIELDS.length]);
    if (hasWeights(layer)) patch = Math.max(patch, patchOf(layer));
    largest = Math.max(largest, map);
  }
  parts.push(["spare", Math.ceil(largest / 4)], ["spare struct", FIELDS.length], ["scratch", (CELLS + 1) * patch], ["counts", 256]);
  return parts;
}

const bytesOf = (parts) => parts.reduce((sum, [, values]) => sum + 16 + 4 * (values.length ?? values), 0);

/** (height, width, lanes) -> (channels, height, width). */
function channelsFirst({ values, lanes, channels, size }) {
  const cells = area(size);
  const turned = new Float32Array(channels * cells);
  for (let cell = 0; cell < cells; cell += 1) {
    for (let channel = 0; channel < channels; channel += 1) turned[channel * cells + cell] = values[cell * lanes + channel];
  }
  return turned;
}
