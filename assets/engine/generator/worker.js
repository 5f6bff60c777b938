// The generator at work, beside the page: it answers one message after the other, and looks for a newer one between steps.
//
// A message is { id, ask, ... }, its answer { id, answer } or { id, error }. { ask: "drop", id } lets go of a completion,
// and so does the next one: those get no answer.

import { PIXELS } from "./config.js";
import { readGenerator } from "./file.js";
import { Generator } from "./network.js";
import { checkRequest } from "./request.js";
import { drawNoise, inputsOf, toImage, toValues, way } from "./sampling.js";

const MOST_OFF = 1e-3; // of a pixel, ink 1 on paper -1, from what PyTorch says of the same input

let generator = null;
let newest = null; // id of the completion that is worked on

const ASKED = { open, complete, maps, drop };

addEventListener("message", async ({ data: { id, ask, ...asked } }) => {
  try {
    const answer = await ASKED[ask](asked, id);
    if (answer) postMessage({ id, answer });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
});

/** Build the network of a file, and see that it says what PyTorch says. */
function open({ kernels, file, check: { inputs, time, shares, answer } }) {
  const opened = new Generator(kernels, readGenerator(file));
  const off = opened.answer(inputs, time, [shares]).reduce((most, value, at) => Math.max(most, Math.abs(value - answer[at])), 0);
  if (!(off <= MOST_OFF)) throw new Error(`This browser's arithmetic is off by ${off}.`); // also where it is not a number
  generator = opened;
  return { classes: opened.classes, stages: opened.stages.map(({ name, dilation, kernel, channels, side }) => ({ name, dilation, kernel, channels, side })) };
}

async function complete({ request }, id) {
  const checked = checkRequest(request, generator.classes);
  newest = id;
  const trail = [];
  for (const { time, noisy, answer } of way(generator, given(checked))) {
    trail.push({ time, noisy: toImage(noisy), answer: toImage(answer) });
    await heard();
    if (newest !== id) return null;
  }
  const images = trail.at(-1).answer.slice();
  const { image, keep } = checked;
  if (keep) images.forEach((_, at) => { if (keep[at % PIXELS]) images[at] = image[at % PIXELS]; });
  return { images, trail };
}

/** The maps of one of the images at one of the steps, as the network had them for the wanted classes. */
function maps({ request, step, index }) {
  const checked = checkRequest(request, generator.classes);
  const within = (value, count) => Number.isInteger(value) && value >= 0 && value < count;
  if (!within(step, checked.steps + 1) || !within(index, checked.shares.length)) {
    throw new Error(`There is no step ${step} of image ${index}; expected steps from 0 to ${checked.steps} of images from 0 to ${checked.shares.length - 1}.`);
  }
  const { noise, shares, ...others } = given(checked);
  const alone = { ...others, noise: noise.slice(index * PIXELS, (index + 1) * PIXELS), shares: [shares[index]] };
  const steps = way(generator, alone);
  let reached = steps.next().value;
  for (let at = 0; at < step; at += 1) reached = steps.next().value;
  return generator.maps(inputsOf(reached.noisy, alone.values, alone.keep), reached.time, shares[index]);
}

function drop(_, id) {
  if (newest === id) newest = null;
}

/** What `way` takes. */
const given = ({ image, keep, noise, seed, shares, ...others }) => ({
  ...others, keep, shares, values: image && toValues(image), noise: noise ?? drawNoise(shares.length, seed),
});

/** Until the messages that have come meanwhile are heard. */
const heard = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
});
