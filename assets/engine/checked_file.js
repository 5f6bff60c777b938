// Files of a network in a part of the engine that is fetched on demand: its weights with what PyTorch says, its kernels.

/** What the server tells of `checkpoints/PLACE`: { file, check }. Rejects with one sentence; `what` begins it. */
export async function fetchChecked(place, what) {
  const told = await fetch(new URL(`../checkpoints/${place}`, import.meta.url)).then((answer) => answer.json(), () => null);
  if (!told) throw new Error(`${what} could not be fetched.`);
  if (told.error) throw new Error(told.error);
  return told;
}

/** The compiled module at a URL. Rejects with one sentence; `what` is what this browser cannot do without. */
export async function fetchKernels(url, what) {
  try {
    const file = await fetch(url);
    return await WebAssembly.compile(await file.arrayBuffer());
  } catch {
    throw new Error(`This browser cannot ${what}; a newer one, with WebAssembly and SIMD, can.`);
  }
}
