// The shape of a network that draws: what its configuration may say, and the stages that follow from it.

import { padded } from "../weights.js";

export const SIDE = 28; // pixels along an image
export const PIXELS = SIDE ** 2;
export const INPUTS = 3; // noisy image, known image, mask
export const PATCH = 2; // pixels a side that a cell of the outer stages stands for, and of these cells one of the middle
export const OUTER = SIDE / PATCH; // cells along a map
export const MIDDLE = OUTER / PATCH;
export const STEM_KERNEL = 4;
export const HEAD_KERNEL = 3;

// Bounds of model/generation/network.py: [lowest, highest].
const SIZES = { channels: [1, 1024], middle_channels: [1, 1024], condition: [1, 1024], kernel: [1, 15] };
const DILATIONS = ["descending", "middle", "ascending"];
const [MOST_STAGES, MOST_DILATION, MOST_CLASSES] = [32, 14, 100];

/** Throws an Error with one sentence where a configuration is not that of a generator. */
export function checkConfig(config) {
  const check = (name, value, low, high) => {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new Error(`The generator's ${name} is ${value}; expected a whole number from ${low} to ${high}.`);
    }
  };
  for (const [name, bounds] of Object.entries(SIZES)) check(name, config[name], ...bounds);
  if (config.kernel % 2 === 0) throw new Error(`The generator's kernel is ${config.kernel}; expected an odd number.`);
  for (const name of DILATIONS) {
    if (!Array.isArray(config[name]) || config[name].length > MOST_STAGES) {
      throw new Error(`The generator's configuration has no list ${name} of at most ${MOST_STAGES} dilations.`);
    }
    config[name].forEach((dilation, index) => check(`${name}[${index}]`, dilation, 1, MOST_DILATION));
  }
  if (!Array.isArray(config.classes) || !config.classes.length || config.classes.length > MOST_CLASSES) {
    throw new Error(`The generator's configuration has no list of 1 to ${MOST_CLASSES} classes.`);
  }
}

/**
 * The stages, first to last: { name, dilation, kernel, channels, side, modulation }; `side` of its maps is in cells, and
 * `modulation` says where its scales and shifts begin among those of all.
 */
export function stagesOf({ channels, middle_channels: inner, kernel, descending, middle, ascending }) {
  const stages = [];
  let modulation = 0; // where its numbers begin among those of all
  const add = (dilations, own, side) => {
    for (const dilation of dilations) {
      stages.push({ name: `stages.${stages.length}`, dilation, kernel, channels: own, side, modulation });
      modulation += 2 * padded(own);
    }
  };
  add(descending, channels, OUTER);
  add(middle, inner, MIDDLE);
  add(ascending, channels, OUTER);
  return stages;
}

/** Shares of the classes that leave the choice to the generator. */
export function anyOf(classes) {
  const shares = new Float32Array(classes.length + 1);
  shares[classes.length] = 1;
  return shares;
}
