// The weights of a network that draws, laid out as its kernels read them.

import { padded } from "../weights.js";

const PANEL = 8; // outputs, as in kernels.c

/** Weights (outs, ins, taps) as panels of outputs, each (taps, lanes, outputs of the panel). */
export function panels(values, outs, ins, count, lanes) {
  const weights = new Float32Array(count * lanes * padded(outs));
  for (let out = 0; out < outs; out += 1) {
    const begin = out - (out % PANEL);
    const width = Math.min(PANEL, padded(outs) - begin);
    for (let channel = 0; channel < ins; channel += 1) {
      for (let tap = 0; tap < count; tap += 1) {
        weights[begin * count * lanes + (tap * lanes + channel) * width + out - begin] = values[(out * ins + channel) * count + tap];
      }
    }
  }
  return weights;
}

/** Weights (channels, taps) as (taps, lanes). */
export function taps(values, channels, count) {
  const lanes = padded(channels);
  const weights = new Float32Array(count * lanes);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let tap = 0; tap < count; tap += 1) weights[tap * lanes + channel] = values[channel * count + tap];
  }
  return weights;
}
