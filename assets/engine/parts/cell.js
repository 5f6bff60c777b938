// The selected cell: where it looks and how its value is computed, as the Layers tab shows it.

import { carryingBox, receptiveField, tapLattice } from "../fields.js";
import { cellArithmetic, describeArithmetic, short } from "./arithmetic.js";

const CELLS_IN_MEMORY = 1024;

const by = ([height, width]) => `${height} x ${width}`;

/** As `describe_cell` of ui/cell.py, of the newest image; bytes instead of base64. */
export function describeCell(network, cell) {
  const named = cell && ["layer", "y", "x", "channel"].every((field) => field in cell);
  if (!named) throw new Error("A cell needs a layer, y, x and channel.");
  const layer = checked(network, cell);
  const { y, x, channel } = cell;
  const parts = cellArithmetic(network, layer, cell);
  const field = receptiveField(network.layers, layer.map);
  const center = [field.center(y), field.center(x)];
  const lattice = latticeOf(network, layer.map, y, x);
  const influence = network.influence(layer.map, [y, x], channel);
  const inside = carryingBox(influence, center);
  const corners = (span) => [span(y)[0], span(x)[0], span(y)[1], span(x)[1]];
  const region = corners(field.clipped);
  return {
    layer: layer.name, y, x, channel,
    field: corners(field.span), inside, lattice: lattice.bytes, effective: quantised(influence), taps: tapsOf(network, layer, cell, parts),
    map: layer.kind === "linear" ? null : picture(network, layer.name, channel),
    input: input(network, layer, channel),
    title: title(network, layer, cell),
    sentence: sentence(layer, field, center),
    words: words(layer, { field, center, region, read: lattice.read, influence, inside, value: parts.value }),
    arithmetic: describeArithmetic(layer, parts),
  };
}

function checked(network, { layer: name, y, x, channel }) {
  const layer = network.layers.find((each) => each.name === name);
  if (!layer) throw new Error(`There is no layer '${name}'; expected one of ${network.layers.map((each) => each.name).join(", ")}.`);
  const [height, width] = layer.outSize;
  const within = (value, count) => Number.isInteger(value) && value >= 0 && value < count;
  if (!within(y, height) || !within(x, width)) {
    throw new Error(`Cell (${y}, ${x}) lies outside the map; expected y from 0 to ${height - 1} and x from 0 to ${width - 1}.`);
  }
  if (!within(channel, layer.outChannels)) {
    throw new Error(`Layer ${name} has no channel ${channel}; expected one from 0 to ${layer.outChannels - 1}.`);
  }
  return layer;
}

/** Paths from each pixel as bytes, and how many pixels are `read`; cached, since they do not depend on the drawing. */
export function latticeOf(network, map, y, x) {
  const kept = (network.lattices ??= new Map());
  const key = `${map} ${y} ${x}`;
  if (!kept.has(key)) {
    if (kept.size >= CELLS_IN_MEMORY) kept.delete(kept.keys().next().value);
    const paths = tapLattice(network.layers, map, [y, x]);
    kept.set(key, { bytes: quantised(paths.map(Number)), read: paths.filter(Boolean).length });
  }
  return kept.get(key);
}

/** Values from 0 on as bytes, 255 for the largest; what is above 0 stays above 0. */
export function quantised(values) {
  const maximum = values.reduce((most, value) => Math.max(most, value), 0);
  const bytes = new Uint8Array(values.length);
  if (maximum > 0) values.forEach((value, index) => { bytes[index] = value > 0 ? Math.max(1, Math.round((value * 255) / maximum)) : 0; });
  return bytes;
}

/** One channel of a map: { size, maximum, values }. */
function picture(network, name, channel) {
  const { values, lanes, size } = network.map(name);
  const cells = Array.from({ length: size[0] * size[1] }, (_, cell) => values[cell * lanes + channel]);
  return { size, maximum: Number(Math.max(...cells).toFixed(6)), values: quantised(cells) };
}

/** The one map that a kernel slides over; null where a cell reads several or none. */
function input(network, layer, channel) {
  if (layer.source === "image") return picture(network, "image", 0);
  return ["depthwise", "pool"].includes(layer.kind) ? picture(network, layer.source, channel) : null;
}

/** Where on the image the centres of a single kernel's taps lie, and their weights. */
function tapsOf(network, layer, { y, x }, { weights }) {
  if (!layer.hasOneKernelAChannel) return [];
  const before = network.layers.find(({ name }) => name === layer.source);
  const field = before && receptiveField(network.layers, before.map);
  const [step, start] = field ? [field.stride, field.center(0)] : [1, 0];
  const place = (at, tap) => start + step * (at * layer.stride - layer.padding + layer.dilation * tap);
  return Array.from({ length: layer.kernel ** 2 }, (_, tap) => [
    place(y, Math.floor(tap / layer.kernel)), place(x, tap % layer.kernel), short(weights[tap]),
  ]);
}

function title(network, layer, { y, x, channel }) {
  if (layer.kind === "linear") return `Class ${network.classes[channel]}`;
  if (layer.kind === "pool") return `Pooled feature ${channel}`;
  return `${layer.title}, channel ${channel}, cell (${y}, ${x})`;
}

function sentence(layer, field, [y, x]) {
  if (layer.kind === "linear") return `A class weighs all ${layer.channels} pooled features: it sees the whole drawing.`;
  if (layer.kind === "pool") return "A pooled feature is the mean of its map: it sees the whole drawing, but no longer where anything is.";
  const reads = `${layer.place} reads ${by([field.size, field.size])} pixels around (${y}, ${x})`;
  if (layer.kind === "pointwise") {
    return `${reads}; its pointwise part mixes ${layer.channels} channels of a single cell and sees no further.`;
  }
  const through = `through ${layer.kernel ** 2} weights ${layer.hasOneKernelAChannel ? "per channel" : "for each pair of channels"}`;
  return `${reads} ${through}${layer.stage === null ? "" : `, d = ${layer.dilation}`}.`;
}

/** The picture of the fields in words, for those who cannot see it. */
function words(layer, { field, center, region, read, influence, inside, value }) {
  const size = ([top, left, bottom, right]) => [bottom - top, right - left];
  const [height, width] = size(region);
  let seen = "the whole image";
  if (layer.hasPlaces) {
    const cut = height === field.size && width === field.size ? "" : `, of which ${by([height, width])} lie on the image`;
    seen = `${by([field.size, field.size])} around (${center.join(", ")})${cut}`;
  }
  // The field of a stage's output is taken after its activation, that of a depthwise convolution before it.
  const off = layer.name !== layer.map && value === 0 ? "its value is" : "everything it reads is";
  const onSum = layer.rectified && value === 0 ? ", on its sum, which the ReLU sets to zero" : "";
  const moved = influence.some(Boolean) ? `95 % of the influence inside ${by(size(inside))}${onSum}` : `no pixel influences it now, because ${off} zero`;
  return `field ${seen}, ${read} of ${height * width} pixels read, ${moved}.`;
}
