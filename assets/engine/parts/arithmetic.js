// How the value of one cell is computed, number by number, as model/explain/arithmetic.py takes it apart.

const MOST_TERMS = 8; // of a sum over channels, how many are shown by themselves

/** Seven digits: as many as float32 has. */
export const short = (value) => Number(value.toPrecision(7));

/**
 * The parts of the value of a cell { y, x, channel } of a layer: { inputs, weights } (channels, taps) in one array each,
 * `inside`, which taps lie on the map, `taps` of a channel, and scale, shift, residual (or null), rectified, sum and value.
 */
export function cellArithmetic(network, layer, { y, x, channel }) {
  const source = network.map(layer.source);
  const at = (channelRead, row, column) => source.values[(row * source.size[1] + column) * source.lanes + channelRead];
  if (layer.kind === "pool") return summed(mean(source, channel, at));
  if (layer.kind === "concatenation") return summed({ ...one(network, layer, { y, x, channel }), inside: [true], taps: 1, scale: 1, shift: 0, residual: null, rectified: false });
  const depthwise = layer.kind === "depthwise";
  const taps = layer.kernel ** 2;
  const channels = depthwise ? [channel] : Array.from({ length: layer.channels }, (_, index) => index);
  const count = channels.length * taps;
  const weights = network.tensors.get(`${layer.weights}.weight`).values.subarray(channel * count, (channel + 1) * count);
  const inside = [];
  const places = [];
  for (let tap = 0; tap < taps; tap += 1) {
    const row = y * layer.stride - layer.padding + Math.floor(tap / layer.kernel) * layer.dilation;
    const column = x * layer.stride - layer.padding + (tap % layer.kernel) * layer.dilation;
    inside.push(row >= 0 && row < source.size[0] && column >= 0 && column < source.size[1]);
    places.push([row, column]);
  }
  const inputs = channels.flatMap((read) => places.map(([row, column], tap) => (inside[tap] ? at(read, row, column) : 0)));
  return summed({ inputs, weights, inside, taps, ...norm(network, layer, channel), residual: residual(network, layer, { y, x, channel }), rectified: layer.rectified });
}

function mean(source, channel, at) {
  const [height, width] = source.size;
  const cells = height * width;
  const inputs = Array.from({ length: cells }, (_, cell) => at(channel, Math.floor(cell / width), cell % width));
  const weights = inputs.map(() => 1 / cells);
  return { inputs, weights, inside: inputs.map(() => true), taps: cells, scale: 1, shift: 0, residual: null, rectified: false };
}

/** What a concatenation passes on. */
function one(network, { sources, channels }, { y, x, channel }) {
  const each = channels / sources.length;
  const { values, lanes, size } = network.map(sources[Math.floor(channel / each)]);
  return { inputs: [values[(y * size[1] + x) * lanes + (channel % each)]], weights: [1] };
}

function norm(network, layer, channel) {
  if (!layer.norm) return { scale: 1, shift: network.tensors.get(`${layer.weights}.bias`).values[channel] };
  const [scale, shift] = network.normOf(layer, channel);
  return { scale, shift };
}

function residual(network, layer, { y, x, channel }) {
  if (!layer.residual) return null;
  const { values, lanes, size } = network.map(layer.residual);
  return values[(y * size[1] + x) * lanes + channel];
}

function summed(parts) {
  const products = parts.inputs.map((input, index) => input * parts.weights[index]);
  const sum = products.reduce((total, product) => total + product, 0);
  const total = parts.scale * sum + parts.shift + (parts.residual ?? 0);
  return { ...parts, products, sum, value: parts.rectified ? Math.max(0, total) : total };
}

/**
 * The numbers of a cell as they are shown: `patch` { inputs, weights, products } of a single kernel, row by row, null in
 * the padding; or `terms` [channel, input, weight, product] of the channels that count most, and `rest`, how many others
 * and their sum; or `mean`, how many cells. Then sum, scale, shift, residual, rectified, value.
 */
export function describeArithmetic(layer, parts) {
  const { scale, shift, residual: added, rectified, sum, value } = parts;
  const numbers = {
    sum: short(sum), scale: short(scale), shift: short(shift), residual: added === null ? null : short(added),
    rectified, value: short(value),
  };
  if (layer.kind === "pool") return { ...numbers, mean: parts.taps };
  if (layer.hasOneKernelAChannel) {
    const shown = (values) => Array.from(values, (each, tap) => (parts.inside[tap] ? short(each) : null));
    const patch = { inputs: shown(parts.inputs), products: shown(parts.products), weights: Array.from(parts.weights, short) };
    return { ...numbers, patch };
  }
  return { ...numbers, ...largest(layer, parts) };
}

function largest(layer, { inputs, weights, products, taps }) {
  const sums = Array.from({ length: products.length / taps }, (_, channel) => {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) sum += products[channel * taps + tap];
    return sum;
  });
  let order = sums.map((_, channel) => channel).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  if (layer.kind === "linear") { // as many for the class as against it
    const half = MOST_TERMS / 2;
    order = [...order.filter((channel) => sums[channel] > 0).slice(0, half), ...order.filter((channel) => sums[channel] < 0).slice(0, half)];
  }
  const shown = order.slice(0, MOST_TERMS);
  const others = sums.filter((_, channel) => !shown.includes(channel));
  const single = (values, channel) => (taps === 1 ? short(values[channel]) : null);
  return {
    terms: shown.map((channel) => [channel, single(inputs, channel), single(weights, channel), short(sums[channel])]),
    rest: [others.length, short(others.reduce((sum, each) => sum + each, 0))],
  };
}
