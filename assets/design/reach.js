// What the middle cell of a map reads of the image: a dot on every pixel that a path of taps leads to.

import { paintImage } from "../reading/reading.js";
import { look } from "../paint/scales.js";

const IMAGE = 28;
const INK = 0.35; // how strongly the ink shows under the dots
const DOT = 0.5; // of a pixel

const ink = Object.assign(document.createElement("canvas"), { width: IMAGE, height: IMAGE });

/** Paint a layer { field, columns } on a square canvas; `image` is bytes in base64 or null, `margin` pixels of it around. */
export function paintReach(canvas, { field, columns }, image, margin = 0) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side) return;
  canvas.width = canvas.height = side;
  const scale = side / (IMAGE + 2 * margin);
  const place = (value) => (value + margin) * scale;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  paintImage(ink, image);
  context.globalAlpha = INK;
  context.drawImage(ink, place(0), place(0), IMAGE * scale, IMAGE * scale);
  context.globalAlpha = 1;
  context.fillStyle = look("--accent");
  const dot = Math.max(1, DOT * scale);
  for (const row of columns) {
    for (const column of columns) context.fillRect(place(column + 0.5) - dot / 2, place(row + 0.5) - dot / 2, dot, dot);
  }
  if (margin) outline(context, [0, 0, IMAGE, IMAGE], place, look("--ink-soft"), [3, 3]);
  outline(context, field, place, look("--accent"), []);
}

function outline(context, [top, left, bottom, right], place, colour, dash) {
  context.strokeStyle = colour;
  context.lineWidth = 1.5 * devicePixelRatio;
  context.setLineDash(dash.map((length) => length * devicePixelRatio));
  context.strokeRect(place(left), place(top), place(right) - place(left), place(bottom) - place(top));
  context.setLineDash([]);
}
