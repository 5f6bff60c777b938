// The answer to one movement of the pen, computed here: what ui/serving/answers.py answers, from the same requests.

import { broken } from "./broken.js";
import { comparePart, versusPart } from "./parts/compare.js";
import { layersPart } from "./parts/layers.js";
import { depthwisePart, dilationPart, flowchartPart, pointwisePart, separablePart } from "./parts/lessons.js";
import { stepsPart } from "./parts/steps.js";
import { orError, read } from "./reading.js";
import { severalDigits } from "./several.js";
import { DrawingError, rasterize } from "./strokes.js";

const LESSONS = {
  depthwise: depthwisePart, pointwise: pointwisePart, separable: separablePart, dilation: dilationPart, flowchart: flowchartPart,
};
const PARTS = {
  layers: ({ network, parameters, breaks }) => layersPart(network, parameters, breaks),
  ...Object.fromEntries(Object.entries(LESSONS).map(([name, part]) => [name, ({ network, parameters, image }) => part(network, parameters, image)])),
  // These read other images, or with other networks: they come last, for maps are those of the newest image.
  steps: ({ network, parameters, pen }) => stepsPart(network, pen, parameters),
  compare: ({ image, parameters, use }) => comparePart(image, parameters, use),
  versus: ({ image, parameters, use }) => versusPart(image, parameters, use),
};

/** Names of the networks that a request needs. */
export function networksOf({ network, parts = {} }) {
  return [network, ...(parts.compare?.networks ?? []), ...(parts.versus ? [parts.versus.network] : [])];
}

/** Whether all parts of a request can be computed here. */
export const knows = ({ parts = {} }) => Object.keys(parts).every((name) => name in PARTS);

/**
 * The answer to a request { sequence, drawing, network, parts, breaks }, by a copy of the network where something of it is
 * broken; `use(name)` gives a network, `pen` draws. What
 * `check_drawing` refuses comes back as `error`; any other trouble is thrown: the server knows better.
 */
export function answer({ sequence, drawing, network: name, parts = {}, breaks = null }, use, pen) {
  let image;
  try {
    image = rasterize(drawing, pen);
  } catch (error) {
    if (error instanceof DrawingError) return { sequence, error: error.message };
    throw error;
  }
  const network = breaks ? orError(() => broken(use(name), breaks)) : use(name);
  if (network.error) return { sequence, error: network.error };
  const { probabilities, familiar } = read(network, image);
  const answered = {};
  for (const part of Object.keys(PARTS).filter((each) => each in parts)) {
    answered[part] = orError(() => PARTS[part]({ network, image, pen, use, breaks, parameters: parts[part] }));
  }
  const several = familiar ? [] : severalDigits(network, drawing, pen); // last: it reads other images
  return { sequence, network: name, breaks, image, classes: network.classes, probabilities, familiar, several, parts: answered };
}
