// Maps and the image over whole canvases, as the figures of the Learn tab paint them.

import { floatsFromBase64 } from "../page/bytes.js";
import { clearImage } from "./frame.js";
import { paintInk } from "./ink.js";
import { diverging, paintValues, sequential } from "./scales.js";

const stamp = document.createElement("canvas");

/** Paint a map of `size` over a square canvas, blank if it is null; `most` is the end of the scale. */
export function paintPlane(canvas, values, [height, width], { signs = false, most = 0 } = {}) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  if (!values) return { context, cell: canvas.width / width };
  const numbers = floatsFromBase64(values);
  const end = most || Math.max(...numbers.map(Math.abs)) || 1;
  const colour = signs ? diverging() : sequential();
  [stamp.width, stamp.height] = [width, height];
  paintValues(stamp, numbers, (value) => colour(Math.max(-1, Math.min(1, value / end))));
  context.drawImage(stamp, 0, 0, canvas.width, canvas.height);
  return { context, cell: canvas.width / Math.max(height, width) };
}

/** Paint the drawing's image over a square canvas, blank if it is null. */
export function paintWhole(canvas, image) {
  const plane = clearImage(canvas);
  paintInk(plane, image);
  return { context: plane.context, cell: plane.scale };
}
