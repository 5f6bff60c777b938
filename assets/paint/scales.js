// The colour scales of every picture: activations and influence from paper to full, signed quantities from blue over
// paper to orange. Even steps of the value are even steps in OKLab (Ottosson 2020), and so look even.

import { token } from "./tokens.js";

const STEPS = 255;
const tables = new Map(); // "from to" -> colours of one scale, 3 bytes a step

/** Colour [r, g, b] as a function of 0..1: 0 is the page's ground. */
export const sequential = (root) => between(token("--scale-zero", root), token("--scale-full", root));

/** Colour [r, g, b] as a function of -1..1: 0 is the page's ground, negative is blue, positive is orange. */
export function diverging() {
  const negative = between(token("--scale-zero"), token("--scale-negative"));
  const positive = between(token("--scale-zero"), token("--scale-positive"));
  return (value) => (value < 0 ? negative(-value) : positive(value));
}

/** Paint `values`, row by row, on a canvas of as many pixels; `colour` gives [r, g, b] for each. */
export function paintValues(canvas, values, colour) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, index) => {
    picture.data.set(colour(value), 4 * index);
    picture.data[4 * index + 3] = 255;
  });
  context.putImageData(picture, 0, 0);
}

/** Paint a scale from `low` to 1 on a canvas, left to right: its legend. */
export function paintLegend(canvas, colour, low = 0) {
  const { width, height } = canvas;
  const shares = Array.from({ length: width * height }, (_, index) => low + ((1 - low) * (index % width)) / (width - 1));
  paintValues(canvas, shares, colour);
}

function between(from, to) {
  const key = `${from} ${to}`;
  if (!tables.has(key)) tables.set(key, table(from, to));
  const colours = tables.get(key);
  return (share) => {
    const at = 3 * Math.round(Math.min(1, Math.max(0, share)) * STEPS);
    return colours.subarray(at, at + 3);
  };
}

function table(from, to) {
  const [start, end] = [from, to].map((hex) => toOklab(channels(hex)));
  const colours = new Uint8ClampedArray(3 * (STEPS + 1));
  for (let step = 0; step <= STEPS; step += 1) {
    colours.set(fromOklab(start.map((value, axis) => value + ((end[axis] - value) * step) / STEPS)), 3 * step);
  }
  return colours;
}

/** [r, g, b] of a colour "#rrggbb". */
export const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const toLinear = (value) => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const fromLinear = (value) => 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, entry, at) => sum + entry * vector[at], 0));

const RGB_TO_LMS = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const LMS_TO_LAB = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const LAB_TO_LMS = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const LMS_TO_RGB = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
];

const toOklab = (rgb) => times(LMS_TO_LAB, times(RGB_TO_LMS, rgb.map(toLinear)).map(Math.cbrt));
const fromOklab = (lab) => times(LMS_TO_RGB, times(LAB_TO_LMS, lab).map((value) => value ** 3)).map(fromLinear);
