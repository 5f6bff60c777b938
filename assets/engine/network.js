// A network that reads digits, at work: its layers on 28 x 28 pixels, and what its answers are measured by.

import { LayerStack } from "./layer_stack.js";
import { layersOf } from "./layers.js";
import { tensorOf } from "./weights.js";

/** Beyond it a frame would take longer than a screen shows it: the server answers for such a network. */
export const BUDGET = { multiplyAccumulates: 60e6, bytes: 64 * 2 ** 20 };

/**
 * A network that reads images.
 *
 * `kernels` is the compiled WebAssembly.Module, `file` what `readCheckpoint` gives. Throws an Error with one sentence
 * where the tensors do not fit the configuration or the network is beyond the budget.
 */
export class Network extends LayerStack {
  #module; // that its kernels are made from

  constructor(kernels, { metadata: { config }, tensors }) {
    super(kernels, tensors, layersOf(config), BUDGET);
    this.#module = kernels;
    this.config = config;
    this.classes = config.classes;
    this.temperature = tensorOf(tensors, "temperature", []).values[0];
    this.familiarEnergy = tensorOf(tensors, "familiar_energy", []).values[0];
    // Files of earlier versions lack it; they go by the energy alone.
    this.familiarEvidence = tensors.has("familiar_evidence") ? tensorOf(tensors, "familiar_evidence", []).values[0] : -Infinity;
    if (!(this.temperature > 0)) throw new Error(`The network's temperature is ${this.temperature}; expected more than 0.`);
  }

  /** Another network with the same kernels, of what `readCheckpoint` would give. */
  altered(file) {
    return new Network(this.#module, file);
  }

  /** Read an image (784 bytes, ink 255 on 0): its logits, a Float32Array. The maps are those of the newest image. */
  run(image) {
    return this.compute(image).values.slice(0, this.classes.length);
  }
}
