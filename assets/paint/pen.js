// How a stroke looks on the canvas: a smooth line through the points, round at its ends.

import { token } from "./tokens.js";

const SMALL_PEN = 0.05; // canvas units: a line that can be seen on a small picture

/** Draw `drawing` on `context`, `size` pixels wide and high, with a pen of `width` (in canvas units). */
export function paintStrokes(context, drawing, size, width, colour) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = width * size;
  context.strokeStyle = context.fillStyle = colour;
  for (const stroke of drawing) paintStroke(context, stroke, size, width);
}

function paintStroke(context, stroke, size, width) {
  const at = (index) => [stroke[index][0] * size, stroke[index][1] * size];
  context.beginPath();
  if (stroke.length === 1) {
    context.arc(...at(0), (width * size) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(...at(0));
  for (let index = 1; index < stroke.length - 1; index += 1) {
    const [x, y] = at(index);
    const [nextX, nextY] = at(index + 1);
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...at(stroke.length - 1));
  context.stroke();
}

/** Draw a drawing on a canvas at the size it has on screen; repainted if that or its `data-painted` has changed. */
export function paintDrawing(canvas, drawing) {
  const size = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!size || canvas.dataset.painted === String(size)) return;
  canvas.dataset.painted = size;
  canvas.width = canvas.height = size;
  paintStrokes(canvas.getContext("2d"), drawing, size, SMALL_PEN, token("--ink"));
}
