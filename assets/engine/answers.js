// The answer to one movement of the pen, computed here: what ui/serving/answers.py answers, from the same requests.

import { orError, read } from "./reading.js";
import { DrawingError, rasterize } from "./strokes.js";

const lessons = () => import("./parts/lessons.js");
const compare = () => import("./parts/compare.js");
const steps = () => import("./parts/steps.js");

// Where each part is computed; fetched when a view first asks for it. Parts at the end compute other images or use other
// networks, so they come after those that show the newest image's maps. `breaks` and `several` are fetched likewise.
const SCRIPTS = {
  layers: () => import("./parts/layers.js"),
  depthwise: lessons, pointwise: lessons, separable: lessons, dilation: lessons, flowchart: lessons,
  steps, sheet: steps,
  compare, versus: compare,
  breaks: () => import("./broken.js"), several: () => import("./several.js"),
};
const EXPORTS = { breaks: "broken", several: "severalDigits" }; // of the others, their name and "Part"
const OTHERS = { compare: ({ networks }) => networks ?? [], versus: ({ network }) => [network] }; // networks that a part reads with

const parts = new Map(); // name -> function of { network, image, pen, use, parameters }

const othersOf = (name, parameters) => OTHERS[name]?.(parameters) ?? [];

/** Names of the networks that a request needs. */
export function networksOf({ network, parts: wanted = {} }) {
  return [network, ...Object.entries(wanted).flatMap(([name, parameters]) => othersOf(name, parameters))];
}

/** Names of what a request is computed by. */
export const scriptsOf = ({ parts: wanted = {}, breaks = null }) => [...Object.keys(wanted), ...(breaks ? ["breaks"] : [])];

/** Whether a request can be answered with the scripts that are here. */
export const knows = (request) => scriptsOf(request).every((name) => parts.has(name));

/** Fetch the scripts that some parts, or all, are computed by; returns whether that brought any. */
export async function fetchParts(names = Object.keys(SCRIPTS)) {
  const missing = names.filter((name) => name in SCRIPTS && !parts.has(name));
  const scripts = await Promise.all(missing.map((name) => SCRIPTS[name]()));
  missing.forEach((name, index) => parts.set(name, scripts[index][EXPORTS[name] ?? `${name}Part`]));
  return missing.length > 0;
}

/**
 * The answer to a request { sequence, drawing, network, parts, breaks }, by a copy of the network where something of it is
 * broken; `use(name)` gives a network, `pen` draws. A part that reads with networks which `use` does not have yet is left
 * out. What `check_drawing` refuses comes back as `error`; any other trouble is thrown: the server knows better.
 */
export function answer({ sequence, drawing, network: name, parts: wanted = {}, breaks = null }, use, pen) {
  let image;
  try {
    image = rasterize(drawing, pen);
  } catch (error) {
    if (error instanceof DrawingError) return { sequence, error: error.message };
    throw error;
  }
  const network = breaks ? orError(() => parts.get("breaks")(use(name), breaks)) : use(name);
  if (network.error) return { sequence, error: network.error };
  const { probabilities, familiar } = read(network, image);
  const answered = {};
  for (const part of Object.keys(SCRIPTS).filter((each) => each in wanted)) {
    const parameters = wanted[part];
    if (!othersOf(part, parameters).every(use)) continue;
    answered[part] = orError(() => parts.get(part)({ network, image, pen, use, breaks, parameters }));
  }
  const several = familiar ? [] : parts.get("several")?.(network, drawing, pen) ?? []; // last: it reads other images
  return { sequence, network: name, ...(breaks && { breaks }), image, classes: network.classes, probabilities, familiar, several, parts: answered };
}
