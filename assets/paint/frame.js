// Where pixels of the image lie on a canvas with a margin around them, and boxes around some of them.

import { IMAGE_SIZE } from "../page/bytes.js";

/**
 * Give a canvas, `ratio` times as wide as high, as many pixels as it takes on screen; it asks for the layout, and so is not
 * for every frame.
 */
export function fit(canvas, ratio = 1) {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(width / ratio);
  if (width && (canvas.width !== width || canvas.height !== height)) [canvas.width, canvas.height] = [width, height];
  return width;
}

/** Clear a square canvas for pixels `first` to `last` of the image. Returns { context, scale, place }, pixels of the canvas. */
export function clearPlane(canvas, first, last) {
  const scale = canvas.width / (last - first);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  return { context, scale, place: (value) => (value - first) * scale };
}

/** The same for the whole image and `margin` pixels around it. */
export const clearImage = (canvas, margin = 0) => clearPlane(canvas, -margin, IMAGE_SIZE + margin);

/** Outline a box [top, left, bottom, right] of a plane; lengths are CSS pixels. */
export function outline({ context, place }, [top, left, bottom, right], colour, width = 1, dash = []) {
  if (bottom <= top) return;
  context.strokeStyle = colour;
  context.lineWidth = width * devicePixelRatio;
  context.setLineDash(dash.map((length) => length * devicePixelRatio));
  context.strokeRect(place(left), place(top), place(right) - place(left), place(bottom) - place(top));
  context.setLineDash([]);
}

/** Lay an element over a box [top, left, bottom, right] of the image that it is placed in. */
export function layOver(element, [top, left, bottom, right]) {
  const edges = { top, left, width: right - left, height: bottom - top };
  for (const [edge, value] of Object.entries(edges)) element.style[edge] = `${(100 * value) / IMAGE_SIZE}%`;
}
