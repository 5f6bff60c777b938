// The figures of the Learn tab: the network's own kernels at work on the drawing, as ui/learn/figures.py has them.

import { IMAGE_SIZE, layersOfStage } from "../layers.js";

const CHANNELS = 3; // that a figure shows side by side
const TERMS = 6; // of a pointwise sum that are shown individually
const MAX_DILATION = 9;
const FARTHEST = 4095; // the largest index that a request may name: a slider may still be set for the previous network

const told = (count) => count.toLocaleString("en");
const sum = (values) => values.reduce((total, value) => total + value, 0);
const indices = (count) => Array.from({ length: count }, (_, index) => index);

/** Some channels of the first stage's depthwise convolution, each with its own kernel. */
export function depthwisePart({ network, parameters }) {
  const { depthwise, kernels } = stageOf(network, 0);
  const source = planes(network, "stem");
  const output = split(network.response(depthwise.name), depthwise.outSize);
  const [y, x] = cell(parameters, depthwise.outSize);
  const order = strongest(kernels);
  const pages = Math.ceil(order.length / CHANNELS);
  const page = nearest(parameters, "page", pages - 1);
  return {
    kernel: depthwise.kernel, dilation: depthwise.dilation, stride: depthwise.stride, size: depthwise.outSize,
    input_size: depthwise.size, pages,
    channels: order.slice(page * CHANNELS, (page + 1) * CHANNELS).map((channel) => ({
      channel, input: source[channel], output: output[channel],
      ...taps(source[channel], depthwise.size, kernels[channel], depthwise, [y, x]),
      value: output[channel][y * depthwise.outSize[1] + x],
    })),
    sentence: `Cell (${y}, ${x}) of each output is the sum of ${depthwise.kernel ** 2} products of its own channel: ` +
      `${order.length} channels, ${told(order.length * depthwise.kernel ** 2)} weights, and no channel sees another.`,
  };
}

/** One output channel of the first stage's pointwise convolution at one place. */
export function pointwisePart({ network, parameters }) {
  const { depthwise, pointwise, rows } = stageOf(network, 0);
  const source = planes(network, depthwise.name);
  const size = depthwise.outSize;
  const channel = nearest(parameters, "output", rows.length - 1);
  const [y, x] = cell(parameters, size);
  const at = y * size[1] + x;
  const weights = rows[channel];
  const map = split(network.response(pointwise.name), size)[channel];
  const products = source.map((plane, index) => Math.fround(weights[index] * plane[at]));
  const order = indices(weights.length).sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
  const others = order.slice(TERMS);
  return {
    size, outputs: rows.length, map,
    terms: order.slice(0, TERMS).map((index) => ({
      channel: index, input: source[index], read: source[index][at], weight: weights[index], product: products[index],
    })),
    rest: [others.length, sum(others.map((index) => products[index]))],
    value: map[at],
    sentence: `Output channel ${channel} at (${y}, ${x}) is the sum of ${products.length} products, one for each channel at ` +
      `that one place; ${rows.length} output channels take ${told(rows.length * weights.length)} weights.`,
  };
}

/** The first stage's two convolutions in a row, by plain loops, compared with the network's own. */
export function separablePart({ network }) {
  const { depthwise, pointwise, kernels, rows } = stageOf(network, 0);
  const source = planes(network, "stem");
  const between = source.map((plane, channel) => convolved(plane, depthwise.size, kernels[channel], depthwise));
  const output = rows.map((weights) => mixed(between, weights));
  const own = split(network.row([depthwise.name, pointwise.name]), pointwise.outSize);
  const apart = Math.max(...output.map((plane, channel) => plane.reduce((most, value, at) => Math.max(most, Math.abs(value - own[channel][at])), 0)));
  const [inputs, outputs, area] = [kernels.length, rows.length, depthwise.kernel ** 2];
  const [separable, standard] = [inputs * area + inputs * outputs, inputs * outputs * area];
  const channels = strongest(kernels).slice(0, CHANNELS);
  return {
    size: depthwise.outSize, input_size: depthwise.size,
    input: channels.map((channel) => source[channel]),
    depthwise: channels.map((channel) => between[channel]),
    pointwise: strongest(rows).slice(0, CHANNELS).map((channel) => output[channel]),
    sentence: `This takes ${told(separable)} weights; a standard convolution of the same shape takes ${told(standard)}, ` +
      `${(standard / separable).toFixed(1)} times as many. On this drawing the reference function below and the network's own ` +
      `convolutions differ by at most ${apart.toFixed(7)}.`,
  };
}

/** One kernel of the first stage on the image itself, with its taps as far apart as you like. */
export function dilationPart({ network, parameters, image }) {
  const { depthwise, kernels } = stageOf(network, 0);
  const order = strongest(kernels);
  const channel = order[nearest(parameters, "kernel", order.length - 1)];
  const dilation = whole(parameters, "dilation", 1, MAX_DILATION);
  const size = [IMAGE_SIZE, IMAGE_SIZE];
  const [y, x] = cell(parameters, size);
  const source = Float32Array.from(image, (ink) => Math.fround(ink / 255));
  const window = { kernel: depthwise.kernel, dilation, stride: 1, outSize: size };
  const output = convolved(source, size, kernels[channel], window);
  const found = taps(source, size, kernels[channel], window, [y, x]);
  const count = kernels[channel].length;
  const inside = found.reads.filter((read) => read !== null).length;
  const reach = dilation * (depthwise.kernel - 1) + 1;
  return {
    size, kernel: depthwise.kernel, dilation, stride: 1, kernels: order.length, channel, image, output, ...found,
    value: output[y * IMAGE_SIZE + x],
    sentence: `At dilation ${dilation} the ${count} weights reach over ${reach} x ${reach} pixels and read ${count} of these ` +
      `${told(reach ** 2)}${inside < count ? `; ${count - inside} of them lie in the padding here and read 0.` : "."}`,
  };
}

/** One stage from input to output, and whether it is dilated. */
export function flowchartPart({ network, parameters }) {
  const stages = network.config.stages.length;
  const index = nearest(parameters, "stage", stages - 1);
  const { depthwise, pointwise, kernels, rows } = stageOf(network, index);
  const channel = strongest(kernels)[0];
  const last = Math.min(channel, rows.length - 1);
  const picture = (name, shown) => ({ size: network.map(name).size, values: planes(network, name)[shown] });
  const placeOf = ({ name }) => (name === "stem" ? name : `stage ${Number(name.split(".")[1]) + 1}`);
  const shape = ({ channels, size }) => `${channels} maps of ${size[0]} x ${size[1]}`;
  const before = network.layers.find(({ name }) => name === depthwise.source);
  const { dilation, kernel } = depthwise;
  const reach = dilation * (kernel - 1) + 1;
  return {
    stages, dilated: dilation > 1, residual: pointwise.residual !== null,
    maps: { input: picture(depthwise.source, channel), depthwise: picture(depthwise.name, channel), output: picture(pointwise.name, last) },
    reach: [`d = ${dilation}`, `over ${reach} x ${reach} cells`],
    labels: {
      input: shape(network.map(depthwise.source)), depthwise: `${kernels.length} x ${kernel ** 2} weights`,
      pointwise: `${rows.length} x ${kernels.length} weights`, output: shape(network.map(pointwise.name)),
    },
    sentence: `Stage ${index + 1}: dilated? ${dilation > 1 ? "Yes" : "No"}, d = ${dilation}. Its ${kernel ** 2} weights per channel ` +
      `reach over ${reach} x ${reach} cells. Shown: channel ${channel} of ${placeOf(before)} and what becomes of it.`,
  };
}

// What the figures have in common --------------------------------------------------------------------------------------

/** The two layers of a stage, its kernels by channel and its pointwise weights by output. */
function stageOf(network, index) {
  const count = layersOfStage(network.layers, index).length;
  if (count > 2) {
    throw new Error("The stages of this network have several dilations side by side; choose a network with one per stage under the drawing to see its depthwise kernels at work.");
  }
  if (count < 2) {
    throw new Error("The stages of this network are standard convolutions; choose a separable network under the drawing to see depthwise kernels at work.");
  }
  const weightsOf = (layer) => network.tensors.get(`${layer.weights}.weight`).values;
  const [depthwise, pointwise] = layersOfStage(network.layers, index);
  const [kernels, rows] = [chunks(weightsOf(depthwise), depthwise.kernel ** 2), chunks(weightsOf(pointwise), pointwise.channels)];
  return { depthwise, pointwise, kernels, rows };
}

const chunks = (values, size) => indices(values.length / size).map((index) => values.subarray(index * size, (index + 1) * size));
const split = (values, [height, width]) => chunks(values, height * width);

/** The maps of a layer, channel by channel. */
function planes(network, name) {
  const { values, lanes, channels, size } = network.map(name);
  return indices(channels).map((channel) => Float32Array.from({ length: size[0] * size[1] }, (_, cell) => values[cell * lanes + channel]));
}

/** Rows of weights by their norm: an order that does not change with the drawing. */
function strongest(rows) {
  const norms = rows.map((weights) => Math.fround(Math.sqrt(sum(Array.from(weights, (weight) => weight ** 2)))));
  return indices(rows.length).sort((a, b) => norms[b] - norms[a]);
}

/** A convolution of one plane by plain loops, to compare the kernels with. */
function convolved(plane, [height, width], kernel, { kernel: side, dilation, stride, outSize }) {
  const output = new Float32Array(outSize[0] * outSize[1]);
  const padding = dilation * (side >> 1);
  for (let at = 0; at < output.length; at += 1) {
    const [top, left] = [Math.floor(at / outSize[1]) * stride - padding, (at % outSize[1]) * stride - padding];
    let total = 0;
    for (let tap = 0; tap < kernel.length; tap += 1) {
      const [row, column] = [top + dilation * Math.floor(tap / side), left + dilation * (tap % side)];
      if (row >= 0 && row < height && column >= 0 && column < width) total += plane[row * width + column] * kernel[tap];
    }
    output[at] = total;
  }
  return output;
}

/** One output channel of a pointwise convolution. */
function mixed(source, weights) {
  const output = new Float32Array(source[0].length);
  source.forEach((plane, channel) => {
    const weight = weights[channel];
    for (let at = 0; at < output.length; at += 1) output[at] += plane[at] * weight;
  });
  return output;
}

/** What the taps of one output cell read, in reading order; null in the padding. */
function taps(plane, [height, width], kernel, { kernel: side, dilation, stride }, [y, x]) {
  const middle = side >> 1;
  const weights = Array.from(kernel);
  const reads = weights.map((_, tap) => {
    const row = y * stride + dilation * (Math.floor(tap / side) - middle);
    const column = x * stride + dilation * ((tap % side) - middle);
    return row >= 0 && row < height && column >= 0 && column < width ? plane[row * width + column] : null;
  });
  return { weights, reads, products: reads.map((read, tap) => (read === null ? null : read * weights[tap])) };
}

/** The cell to look at; the nearest one where the map is smaller than the one that was pointed at. */
const cell = (parameters, size) => ["y", "x"].map((name, axis) => nearest(parameters, name, size[axis] - 1));

const nearest = (parameters, name, last) => Math.min(whole(parameters, name, 0, FARTHEST), last);

function whole(parameters, name, low, high) {
  const value = parameters[name];
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new Error(`${name} is ${value}; expected a whole number from ${low} to ${high}.`);
  }
  return value;
}
