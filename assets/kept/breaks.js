// What a visitor has broken in the network that reads, to see what it was good for. Nothing of it is kept or sent.
//
// { channels: [[layer, channel], ...] that are off, stage: index of the one that is off, or null, depthwise: whether every
// depthwise kernel keeps its middle tap alone, dilations: whether all taps are pulled together, noise: on the weights, in
// shares of each layer's standard deviation }

import { titleOfLayer } from "../page/words.js";

export const WHOLE = { channels: [], stage: null, depthwise: false, dilations: false, noise: 0 };

/** Breaks with some of them changed; null where nothing is broken. */
export function changed(breaks, fields) {
  const next = { ...WHOLE, ...breaks, ...fields };
  return JSON.stringify(next) === JSON.stringify(WHOLE) ? null : next;
}

/** What is broken, in words. */
export function inWords({ channels, stage, depthwise, dilations, noise }) {
  return [
    ...channels.map(([layer, channel]) => `channel ${channel} of ${titleOfLayer(layer).toLowerCase()} is off`),
    stage !== null && `stage ${stage + 1} is off`,
    depthwise && "depthwise kernels use only their middle tap",
    dilations && "all taps are pulled together, d = 1",
    noise > 0 && `the weights have ${Math.round(100 * noise)}\u00a0% noise`,
  ].filter(Boolean).join("; ");
}
