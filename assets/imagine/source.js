// Who draws: the generator in this browser where it can, the server otherwise. Nobody can tell from what is drawn.
//
// A request is { image: Uint8Array(784) or null, keep: Uint8Array(784) of 0 and 1 or null, shares: Float32Array for each
// image, seed, steps, guidance }; the answer is { images: Uint8Array(count * 784), trail: [{ time, noisy, answer }, ...] },
// the two of each step as many bytes as the images.

import { bytesToBase64, fromBase64 } from "../page/bytes.js";
import { begin, watch } from "../page/job.js";
import { readImagesHere } from "../page/reader.js";
import { askServer } from "../page/server.js";

const CLIENT = "../engine/generator/client.js";
const POLL = { waiting: 150, running: 40 }; // milliseconds: somebody waits for the picture
const MOST_SILENT = 10; // questions in a row that the server may leave without an answer
const LEVELS = 127; // as in ui/imagine.py
const REMEDY = "draw on to try again";

/** The source of a generator. `complete(request, { signal })` rejects with an AbortError where it is called off. */
export function makeSource(name, server) {
  let here = openHere(name);

  /** What `own` finds with the browser's generator, or else what `theirs` does. */
  async function either(own, theirs) {
    const generator = await here;
    if (!generator) return theirs();
    try {
      return await own(generator);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      console.info(`The server draws with ${name}:`, error.message);
      here = null;
      return theirs();
    }
  }

  async function completeThere(request, signal) {
    const { images, trail } = await work(server, server.start_completing, written(name, request), signal);
    const unpacked = trail.map(({ time, noisy, answer }) => ({ time, noisy: fromBase64(noisy), answer: fromBase64(answer) }));
    return { images: fromBase64(images), trail: unpacked };
  }

  async function mapsThere(request, step, index) {
    const { maps } = await work(server, server.start_mapping, { ...written(name, request), step, index });
    return maps.map(({ maximum, values, ...map }) => {
      const levels = new Int8Array(fromBase64(values).buffer);
      return { ...map, values: Float32Array.from(levels, (level) => (level * maximum) / LEVELS) };
    });
  }

  return {
    complete: (request, { signal }) => either((own) => own.complete(request, { signal }), () => completeThere(request, signal)),
    maps: (request, step, index) => either((own) => own.maps(request, step, index), () => mapsThere(request, step, index)),
  };
}

/** The promise of a generator in this browser, or of null. */
async function openHere(name) {
  if (new URLSearchParams(location.search).get("engine") === "off") return null;
  try {
    const { openGenerator } = await import(new URL(CLIENT, import.meta.url));
    return await openGenerator(name);
  } catch (error) {
    console.info(`The server draws with ${name}:`, error.message);
    return null;
  }
}

/** A request as the server takes it. */
const written = (generator, { image, keep, shares, ...rest }) => ({
  generator,
  image: image && bytesToBase64(image),
  keep: keep && bytesToBase64(keep),
  shares: shares.map((each) => [...each]),
  ...rest,
});

/** What work on the server comes to. Throws an Error with one sentence, or at once an AbortError where `signal` says so. */
async function work(server, start, request, signal) {
  signal?.throwIfAborted();
  const calledOff = new Promise((_, reject) => { signal?.addEventListener("abort", () => reject(signal.reason), { once: true }); });
  return Promise.race([calledOff, followed(server, start, request, signal)]);
}

async function followed(server, start, request, signal) {
  const { job, error } = await begin(start, request, REMEDY, () => signal?.aborted);
  if (!job) throw new Error(error);
  const callOff = () => askServer(server.cancel_job, { job }, REMEDY);
  if (signal?.aborted) return callOff();
  signal?.addEventListener("abort", callOff, { once: true });
  const last = await watch(server.job_progress, job, () => {}, (failures) => failures > MOST_SILENT, POLL);
  signal?.removeEventListener("abort", callOff);
  if (last?.outcome) return last.outcome;
  throw new Error(last?.error ?? `The server is no longer responding; ${REMEDY}.`);
}

/** What a network reads images as: { classes, probabilities } of each; or { error }. */
export async function readImages(images, network, server) {
  const own = readImagesHere(images, network);
  if (own) return own;
  const bytes = new Uint8Array(images.flatMap((image) => [...image]));
  return askServer(server.read_images, { network, images: bytesToBase64(bytes) }, REMEDY);
}
