// The weights of a layer, checked against its shape and laid out as the kernels read them; its norm folded.

const NORM_EPSILON = 1e-5; // of PyTorch's batch norm
const LANES = 4; // channels lie in whole vectors

/** How many channels are laid out for a count of them. */
export const padded = (count) => Math.ceil(count / LANES) * LANES;

/** Channels that a layer reads, as they are laid out; an image has one, and no lanes. */
export const lanesOf = (layer) => (layer.source === "image" ? 1 : padded(layer.channels));

/** Numbers that one cell of a dense layer reads, as they are laid out. */
export const patchOf = (layer) => padded(layer.kernel ** 2 * lanesOf(layer));

/** A tensor of that name and shape. Throws an Error with one sentence where there is none. */
export function tensorOf(tensors, name, shape) {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`The network's file and its configuration disagree about the tensor ${name}.`);
  if (tensor.shape.join() !== shape.join()) {
    throw new Error(`The network's ${name} has shape (${tensor.shape.join(", ")}); expected (${shape.join(", ")}).`);
  }
  return tensor;
}

/** The weights of a layer, padded with zeros, { weights, transposed, scale, shift }: its norm, or bias, as the last two. */
export function weightsOf(tensors, layer) {
  const { kind, kernel, channels, outChannels } = layer;
  const [lanes, outLanes, taps] = [lanesOf(layer), padded(outChannels), kernel ** 2];
  const depthwise = kind === "depthwise";
  const shape = kind === "linear" ? [outChannels, channels] : [outChannels, depthwise ? 1 : channels, kernel, kernel];
  const { values } = tensorOf(tensors, `${layer.weights}.weight`, shape);
  const norm = layer.norm ? foldedNorm(tensors, layer, outLanes) : bias(tensors, layer, outLanes);
  const weights = new Float32Array(taps * (depthwise ? 1 : lanes) * outLanes);
  if (depthwise) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let tap = 0; tap < taps; tap += 1) weights[tap * outLanes + channel] = values[channel * taps + tap];
    }
    return { weights, ...norm };
  }
  const patch = patchOf(layer);
  const transposed = new Float32Array(outLanes * patch);
  for (let out = 0; out < outChannels; out += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let tap = 0; tap < taps; tap += 1) {
        const value = values[(out * channels + channel) * taps + tap];
        weights[(tap * lanes + channel) * outLanes + out] = value;
        transposed[out * patch + tap * lanes + channel] = value;
      }
    }
  }
  return { weights, transposed, ...norm };
}

function bias(tensors, { weights, outChannels }, lanes) {
  const shift = new Float32Array(lanes);
  shift.set(tensorOf(tensors, `${weights}.bias`, [outChannels]).values);
  return { scale: new Float32Array(lanes).fill(1), shift };
}

function foldedNorm(tensors, layer, lanes) {
  const [scale, shift] = [new Float32Array(lanes), new Float32Array(lanes)];
  for (let channel = 0; channel < layer.outChannels; channel += 1) {
    [scale[channel], shift[channel]] = normOf(tensors, layer, channel);
  }
  return { scale, shift };
}

/**
 * The norm after a layer, of one channel, as [scale, shift]: with running mean m and variance v,
 * gamma (s - m) / sqrt(v + eps) + beta is scale * s + shift.
 */
export function normOf(tensors, { name, norm, outChannels }, channel) {
  const read = (module, part) => tensorOf(tensors, `${module}.${part}`, [outChannels]).values[channel];
  const own = `${name}_norm`; // statistics are a stage's own, even where its weights are another's
  const scale = read(norm, "weight") / Math.sqrt(read(own, "running_var") + NORM_EPSILON);
  return [scale, read(norm, "bias") - read(own, "running_mean") * scale];
}
