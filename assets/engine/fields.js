// Where a cell looks, as model/fields computes it: the box that can reach it, over how many paths each pixel does, and the
// box that carries most of an influence. All windows of a DigitNet are square: one number serves both axes.

import { IMAGE_SIZE } from "./layers.js";

/** Index in `layers` of the one whose output a module is, and whether what its stage adds to that belongs to it. */
function locate(layers, name) {
  const index = layers.findLastIndex((layer) => [layer.name, `${layer.name}_norm`, layer.map].includes(name));
  if (index < 0) throw new Error(`There is no layer ${name}; expected one of ${layers.map((layer) => layer.name).join(", ")}.`);
  return { index, whole: layers[index].map === name };
}

const kernelOf = ({ kind, kernel, size }) => (kind === "pool" ? size[0] : kernel);

/**
 * The fields of a module's output cells, in pixels: { size, stride, padding, mapSize }, and
 * `center(at)`, `span(at)` [begin, end) and `clipped(at)` of the cells at a row or in a column.
 */
export function receptiveField(layers, name) {
  const fields = new Map([["image", { size: 1, stride: 1, padding: 0 }]]);
  const { index } = locate(layers, name);
  for (const layer of layers.slice(0, index + 1)) {
    const read = layer.sources.map((source) => fields.get(source)).reduce((most, field) => (field.size > most.size ? field : most));
    fields.set(layer.name, {
      size: read.size + layer.dilation * (kernelOf(layer) - 1) * read.stride,
      padding: read.padding + layer.padding * read.stride,
      stride: read.stride * layer.stride,
    });
  }
  const { size, stride, padding } = fields.get(layers[index].name);
  const span = (at) => [at * stride - padding, at * stride - padding + size];
  return {
    size, stride, padding, mapSize: layers[index].outSize[0], span,
    center: (at) => at * stride - padding + (size - 1) / 2,
    clipped: (at) => span(at).map((end) => Math.min(Math.max(end, 0), IMAGE_SIZE)),
  };
}

/**
 * Over how many distinct paths a cell (y, x) reads each pixel, borders and residual paths included: 784 exact counts,
 * numbers, or bigints where they might not fit.
 */
export function tapLattice(layers, name, [y, x]) {
  const { index, whole } = locate(layers, name);
  const exact = mostPaths(layers, index) < Number.MAX_SAFE_INTEGER;
  const nothing = ([height, width]) => new Array(height * width).fill(exact ? 0 : 0n);
  const paths = new Map([["image", nothing([IMAGE_SIZE, IMAGE_SIZE])]]);
  for (const layer of layers.slice(0, index + 1)) paths.set(layer.name, nothing(layer.outSize));
  paths.get(layers[index].name)[y * layers[index].outSize[1] + x] = exact ? 1 : 1n;
  for (let at = index; at >= 0; at -= 1) {
    const layer = layers[at];
    const counts = paths.get(layer.name);
    if (layer.residual && (at < index || whole)) add(counts, paths.get(layer.residual));
    if (layer.kind === "concatenation") {
      for (const source of layer.sources) add(counts, paths.get(source));
      continue;
    }
    const columns = nothing([layer.outSize[0], layer.size[1]]);
    spread(layer, counts, columns, layer.outSize[0], [layer.outSize[1], 1], [layer.size[1], 1]);
    const before = paths.get(layer.source);
    spread(layer, columns, before, layer.size[1], [1, layer.size[1]], [1, layer.size[1]]);
  }
  return paths.get("image");
}

/** An upper bound of every count. */
function mostPaths(layers, index) {
  const paths = new Map([["image", 1]]);
  for (const layer of layers.slice(0, index + 1)) {
    const read = layer.sources.reduce((sum, source) => sum + paths.get(source), 0);
    paths.set(layer.name, kernelOf(layer) ** 2 * read + (layer.residual ? paths.get(layer.residual) : 0));
  }
  return paths.get(layers[index].name);
}

function add(from, to) {
  for (let at = 0; at < from.length; at += 1) to[at] += from[at];
}

/** Along one axis, from windows to the cells that they have taps on; on each of `lines` lines, [line step, step] apart. */
function spread(layer, from, to, lines, [fromLine, fromStep], [toLine, toStep]) {
  const { stride, dilation, padding } = layer;
  const kernel = kernelOf(layer);
  const [windows, cells] = [layer.outSize[0], layer.size[0]];
  for (let line = 0; line < lines; line += 1) {
    for (let window = 0; window < windows; window += 1) {
      const count = from[line * fromLine + window * fromStep];
      if (!count) continue;
      for (let tap = 0; tap < kernel; tap += 1) {
        const cell = window * stride - padding + tap * dilation;
        if (cell >= 0 && cell < cells) to[line * toLine + cell * toStep] += count;
      }
    }
  }
}

/**
 * The smallest square around a centre that carries 95 % of an influence, cut at the image's borders: [top, left, bottom,
 * right]; empty where the influence is 0 everywhere.
 */
export function carryingBox(influence, [y, x], share = 0.95) {
  const distance = (at, middle) => Math.abs(at - middle);
  const rings = new Map(); // distance -> what lies there
  let total = 0;
  influence.forEach((value, pixel) => {
    const ring = Math.max(distance(Math.floor(pixel / IMAGE_SIZE), y), distance(pixel % IMAGE_SIZE, x));
    rings.set(ring, (rings.get(ring) ?? 0) + value);
    total += value;
  });
  if (!total) return [0, 0, 0, 0];
  let carried = 0;
  let radius = 0;
  for (const ring of [...rings.keys()].sort((a, b) => a - b)) {
    radius = ring;
    carried += rings.get(ring);
    if (carried >= share * total) break;
  }
  const span = (middle) => {
    const inside = Array.from({ length: IMAGE_SIZE }, (_, at) => at).filter((at) => distance(at, middle) <= radius);
    return [inside[0], inside.at(-1) + 1];
  };
  const [[top, bottom], [left, right]] = [span(y), span(x)];
  return [top, left, bottom, right];
}
