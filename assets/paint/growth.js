// How a field grows: the boxes that the middle cell sees, stage by stage, one inside the other on the image.

import { IMAGE_SIZE } from "../page/bytes.js";
import { clearPlane, outline } from "./frame.js";
import { token } from "./tokens.js";

const MARGIN = 1; // pixels of the image around everything that is drawn

/**
 * Paint the fields of all steps up to one, with the `ink` in its place below; each step is { box, taps }, in pixels of the
 * image. `every` step that is drawn to the same scale has room.
 */
export function paintGrowth(canvas, ink, steps, step, every = steps) {
  const first = Math.min(0, ...every.map(({ box }) => Math.min(box[0], box[1]))) - MARGIN;
  const last = Math.max(IMAGE_SIZE, ...every.map(({ box }) => Math.max(box[2], box[3]))) + MARGIN;
  const plane = clearPlane(canvas, first, last);
  const { context, place } = plane;

  const share = (length) => `${(100 * length) / (last - first)}%`;
  Object.assign(ink.style, { left: share(-first), top: share(-first), width: share(IMAGE_SIZE), height: share(IMAGE_SIZE) });
  outline(plane, [0, 0, IMAGE_SIZE, IMAGE_SIZE], token("--ink-soft"), 1, [3, 3]);
  for (const { box } of steps.slice(0, step)) outline(plane, box, token("--ink-soft"));
  const { box, taps } = steps[step];
  context.globalAlpha = 0.45;
  for (const tap of taps) outline(plane, tap, token("--accent"));
  context.globalAlpha = 1;
  context.fillStyle = token("--accent");
  for (const [top, left, bottom, right] of taps) {
    context.beginPath();
    context.arc(place((left + right) / 2), place((top + bottom) / 2), 3 * devicePixelRatio, 0, 2 * Math.PI);
    context.fill();
  }
  outline(plane, box, token("--accent"), 3);
}
