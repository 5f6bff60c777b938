// A copy of a network in which something is switched off, to see what that was good for; the network itself stays whole.

import { mulberry, normal } from "./random.js";
import { tensorOf } from "./weights.js";

const OFF = -1e4; // shift of a channel that is off: no residual lifts it above 0, which the activation makes of it
const SEED = 1; // of the noise, which grows with its share and does not change its direction

let last = {}; // { network, key, copy } of the newest copy

/** The copy of a network with `breaks`, as kept/breaks.js has them. Throws an Error where the network has no such part. */
export function broken(network, breaks) {
  const key = JSON.stringify(breaks);
  if (last.network !== network || last.key !== key) last = { network, key, copy: network.altered(alter(network, breaks)) };
  return last.copy;
}

/** What the page shows of windows in a copy: { layer, dilation, field, kernels, whole } of each that has one. */
export const windowsOf = (copy, fieldOf) =>
  copy.layers.filter(({ kernel }) => kernel > 1).map((layer) => {
    const { values } = copy.tensors.get(`${layer.weights}.weight`);
    const single = layer.kind === "depthwise" || layer.source === "image"; // one kernel a channel
    const size = fieldOf(copy.layers, layer.map).size;
    return { layer: layer.name, dilation: layer.dilation, field: [size, size], kernels: single ? values : null, whole: single ? null : values };
  });

function alter(network, { channels, stage, depthwise, dilations, noise }) {
  const tensors = new Map(network.tensors);
  const config = { ...network.config, stages: network.config.stages.map((each) => ({ ...each, shares: null })) };
  network.layers.forEach((layer) => unshare(tensors, layer));
  for (const layer of network.layers) if (noise && tensors.has(`${layer.name}.weight`)) shake(tensors, `${layer.name}.weight`, noise);
  if (depthwise) for (const layer of network.layers.filter(({ kind }) => kind === "depthwise")) keepMiddle(tensors, layer);
  if (stage !== null) {
    const layer = network.layers.findLast(({ map }) => map === `stages.${stage}`);
    if (!layer) throw new Error(`This network has no stage ${stage + 1} to switch off.`);
    for (let channel = 0; channel < layer.outChannels; channel += 1) setNorm(tensors, layer, channel, 0);
  }
  for (const [name, channel] of channels) {
    const layer = network.layers.find((each) => each.name === name && each.norm);
    if (!layer || !(channel < layer.outChannels)) throw new Error(`This network has no channel ${channel} of ${name} to switch off.`);
    setNorm(tensors, layer, channel, OFF);
  }
  if (dilations) for (const each of config.stages) Object.assign(each, { dilation: 1, branches: (each.branches ?? []).map(() => 1) });
  return { metadata: { config }, tensors };
}

/** Give a layer weights and a norm of its own, where it applies those of another. */
function unshare(tensors, { name, weights, norm }) {
  const parts = [["weight", weights, name], ...(norm ? ["weight", "bias"].map((part) => [part, norm, `${name}_norm`]) : [])];
  for (const [part, owner, own] of parts) {
    if (owner && owner !== own && tensors.has(`${owner}.${part}`)) tensors.set(`${own}.${part}`, tensors.get(`${owner}.${part}`));
  }
}

/** The values of a tensor, to be changed: a copy, from now on the tensor's own. */
function fresh(tensors, name) {
  const { shape, values } = tensors.get(name);
  tensors.set(name, { shape, values: values.slice() });
  return tensors.get(name).values;
}

/** Norm of a channel that gives `value` whatever is computed, before residual and activation. */
function setNorm(tensors, { name, outChannels }, channel, value) {
  for (const [part, set] of [["weight", 0], ["bias", value]]) {
    tensorOf(tensors, `${name}_norm.${part}`, [outChannels]);
    fresh(tensors, `${name}_norm.${part}`)[channel] = set;
  }
}

function keepMiddle(tensors, { name, kernel }) {
  const [taps, middle] = [kernel ** 2, (kernel ** 2 - 1) / 2];
  fresh(tensors, `${name}.weight`).forEach((_, at, values) => { if (at % taps !== middle) values[at] = 0; });
}

function shake(tensors, name, share) {
  const values = fresh(tensors, name);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const uniform = mulberry(SEED);
  for (let at = 0; at < values.length; at += 1) {
    values[at] += share * deviation * normal(uniform);
  }
}
