// What the middle cell of a map reads of the image: a dot on every pixel that a path of taps leads to.

import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { clearImage, fit, outline } from "../paint/frame.js";
import { paintInk } from "../paint/ink.js";
import { token } from "../paint/tokens.js";

const INK = 0.35; // how strongly the ink shows under the dots
const DOT = 0.5; // of a pixel

/** Paint a layer { field, read }, a bit a pixel in base64, on a square canvas; `image` is bytes in base64 or null, with `margin` pixels around it. */
export function paintReach(canvas, { field, read }, image, margin = 0) {
  if (!fit(canvas)) return;
  const plane = clearImage(canvas, margin);
  const { context, place, scale } = plane;
  paintInk(plane, image, INK);
  context.fillStyle = token("--accent");
  const dot = Math.max(1, DOT * scale);
  const bits = fromBase64(read);
  for (let at = 0; at < IMAGE_SIZE ** 2; at += 1) {
    if (!(bits[at >> 3] & (128 >> (at & 7)))) continue;
    context.fillRect(place((at % IMAGE_SIZE) + 0.5) - dot / 2, place(Math.floor(at / IMAGE_SIZE) + 0.5) - dot / 2, dot, dot);
  }
  if (margin) outline(plane, [0, 0, IMAGE_SIZE, IMAGE_SIZE], token("--ink-soft"), 1.5, [3, 3]);
  outline(plane, field, token("--accent"), 1.5);
}
