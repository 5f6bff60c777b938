// What a network's logits mean, as in model/inference.py.

/** What a network says of an image (784 bytes): { logits, probabilities, familiar }, probabilities calibrated. */
export function read(network, image) {
  const logits = network.run(image);
  if (!logits.every(Number.isFinite)) throw new Error("The network answers with values that are not finite numbers.");
  return { logits, probabilities: softmax(logits, network.temperature), familiar: isFamiliar(logits, network) };
}

/** Probabilities of logits that are divided by a temperature first. */
export function softmax(logits, temperature = 1) {
  const most = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Whether an image is like those that the network learned from, by the energy of its logits and by what it has over their mean. */
function isFamiliar(logits, { familiarEnergy, familiarEvidence }) {
  const most = Math.max(...logits);
  const energy = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  return energy >= familiarEnergy && energy - mean >= familiarEvidence;
}

/**
 * What is computed, or { error } where what was asked for is not there: one view's trouble is not the others'. Any other
 * failure, as of memory, is thrown.
 */
export function orError(compute) {
  try {
    return compute();
  } catch (error) {
    if (error.constructor !== Error) throw error;
    return { error: error.message };
  }
}
