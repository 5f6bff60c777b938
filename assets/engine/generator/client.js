// The network that draws, in a worker of its own: what a view asks, and what it is answered.

import { floatsFromBase64, fromBase64 } from "../../page/bytes.js";
import { fetchChecked, fetchKernels } from "../checked_file.js";
import { Correspondence } from "./correspondence.js";

const opened = new Map(); // name -> promise of a generator

/**
 * The generator "dilated" or "undilated": a promise of
 * {
 *   classes,                        names of what it can be asked for
 *   stages,                         [{ name, dilation, kernel, channels, side }], `side` of its maps in cells
 *   complete(request, { signal }),  a promise of { images, trail: [{ time, noisy, answer }] }: `images` (count, 784) in one
 *                                   Uint8Array, ink 255 on 0; `trail` from noise to images, what each step began with and
 *                                   what the network took it to be, as `images`
 *   maps(request, step, index),     a promise of [{ name, channels, height, width, values }], Float32Array (channels,
 *                                   height, width), of what the modules of that name answered in a step of one image
 * }
 *
 * A request is { image, keep, shares, seed, steps, guidance }, as `checkRequest` has it. A new `complete` drops the one
 * before, which rejects with an AbortError, as one does whose `signal` says so. Whatever cannot be done here rejects with
 * an Error of one sentence: the server can do it.
 */
export function openGenerator(name) {
  if (!opened.has(name)) {
    const opening = open(name);
    opened.set(name, opening);
    opening.catch(() => opened.delete(name)); // the next one who asks tries again
  }
  return opened.get(name);
}

async function open(name) {
  const [file, kernels] = await Promise.all([
    fetchFile(name), fetchKernels(new URL("kernels.wasm", import.meta.url), "compute the drawing network"),
  ]);
  const worker = new Correspondence(new Worker(new URL("worker.js", import.meta.url), { type: "module" }), () => opened.delete(name));
  const { classes, stages } = await worker.ask("open", { ...file, kernels }).catch((error) => {
    worker.end(error.message);
    throw error;
  });
  let last = null; // id of the newest completion
  const complete = (request, { signal } = {}) => {
    if (last !== null) worker.drop(last);
    const { id, answer } = worker.begin("complete", { request });
    last = id;
    if (signal?.aborted) worker.drop(id);
    else signal?.addEventListener("abort", () => worker.drop(id), { once: true });
    return answer;
  };
  return { classes, stages, complete, maps: (request, step, index) => worker.ask("maps", { request, step, index }) };
}

async function fetchFile(name) {
  const { file, check: { inputs, time, shares, answer } } = await fetchChecked(`generators/${name}`, "The drawing network");
  return { file: fromBase64(file).buffer, check: { inputs: floatsFromBase64(inputs), time, shares, answer: floatsFromBase64(answer) } };
}
