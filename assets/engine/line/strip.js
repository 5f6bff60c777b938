// What a strip is, as model/line/strip.py checks it.

import { IMAGE_SIZE } from "../layers.js";
import { DrawingError } from "../strokes.js";

export const MIN_WIDTH = 28;
export const MAX_WIDTH = 560;
export const INK = 64; // a pixel from this value on counts as ink

/** Throws a DrawingError where a strip cannot be read. */
export function checkStrip(strip, width) {
  if (!(strip instanceof Uint8Array) || strip.length !== IMAGE_SIZE * width) throw new DrawingError(`A strip is an array of bytes with ${IMAGE_SIZE} rows.`);
  if (!(width >= MIN_WIDTH && width <= MAX_WIDTH)) {
    throw new DrawingError(`The strip has ${IMAGE_SIZE} rows and ${width} columns; expected ${IMAGE_SIZE} rows and ${MIN_WIDTH} to ${MAX_WIDTH} columns.`);
  }
  if (!strip.some((ink) => ink >= INK)) throw new DrawingError("The strip has no ink; a line of digits is expected.");
}
