// Where a cell looks, on the 28 x 28 image: its theoretical field, its taps, its effective field.

import { decode, palette } from "./maps.js";
import { paintImage } from "../reading/reading.js";
import { diverging, look } from "./scales.js";

const IMAGE = 28;
/** Pixels of the image around it, so that a field's border is seen to lie beyond it. */
export const MARGIN = 4;

const INK = 0.35; // how strongly the ink shows under the rest

const ink = Object.assign(document.createElement("canvas"), { width: IMAGE, height: IMAGE });
const heat = Object.assign(document.createElement("canvas"), { width: IMAGE, height: IMAGE });
const picture = new ImageData(IMAGE, IMAGE);
const shares = new Uint8Array(IMAGE * IMAGE);

/** Give a square canvas as many pixels as it takes on screen; it asks for the layout, and so is not for every frame. */
export function fit(canvas) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (side && canvas.width !== side) canvas.width = canvas.height = side;
}

/**
 * Paint `image` (base64) and what is selected of { field, taps, influence } of a `cell` of an answer, or null.
 * `margin` false paints the fields alone, for a canvas that lies on the image; `root` is whose look they have.
 */
export function paintFields(canvas, image, cell, show, { margin = true, root = document.body } = {}) {
  const pixels = canvas.width;
  const around = margin ? MARGIN : 0;
  const scale = pixels / (IMAGE + 2 * around);
  const place = (value) => (value + around) * scale;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, pixels, pixels);
  context.imageSmoothingEnabled = false;
  if (margin) paintGround(context, image, place, scale, cell);
  if (!cell) return;
  if (show.influence) paintHeat(context, cell.effective, palette(root).heat, place, scale);
  if (show.taps) paintLattice(context, cell.lattice, look("--ink", root), place, scale);
  if (show.field) {
    frame(context, cell.field, place, look("--accent", root), 2, []);
    if (show.influence) frame(context, cell.inside, place, look("--ink", root), 1, [3, 3]);
  }
  if (show.taps && margin) paintTaps(context, cell.taps, place, scale);
}

function paintGround(context, image, place, scale, cell) {
  paintImage(ink, image);
  context.globalAlpha = cell ? INK : 1;
  context.drawImage(ink, place(0), place(0), IMAGE * scale, IMAGE * scale);
  context.globalAlpha = 1;
  frame(context, [0, 0, IMAGE, IMAGE], place, look("--hairline"), 1, []);
}

function frame(context, [top, left, bottom, right], place, colour, width, dash) {
  if (bottom <= top) return;
  context.strokeStyle = colour;
  context.lineWidth = width * devicePixelRatio;
  context.setLineDash(dash.map((length) => length * devicePixelRatio));
  context.strokeRect(place(left), place(top), place(right) - place(left), place(bottom) - place(top));
  context.setLineDash([]);
}

function paintHeat(context, effective, colours, place, scale) {
  const words = new Uint32Array(picture.data.buffer);
  decode(effective, shares).forEach((byte, pixel) => { words[pixel] = colours[byte]; });
  heat.getContext("2d").putImageData(picture, 0, 0);
  context.drawImage(heat, place(0), place(0), IMAGE * scale, IMAGE * scale);
}

/** A dot on every pixel that is read; its opacity is the count of paths that lead there. */
function paintLattice(context, lattice, colour, place, scale) {
  decode(lattice, shares);
  context.fillStyle = colour;
  shares.forEach((byte, pixel) => {
    if (!byte) return;
    context.globalAlpha = 0.15 + (0.85 * byte) / 255;
    const side = Math.max(1, 0.22 * scale);
    const [y, x] = [Math.floor(pixel / IMAGE) + 0.5, (pixel % IMAGE) + 0.5];
    context.fillRect(place(x) - side / 2, place(y) - side / 2, side, side);
  });
  context.globalAlpha = 1;
}

/** A kernel's own taps: + and -, as strong as the weight. */
function paintTaps(context, taps, place, scale) {
  const most = Math.max(...taps.map(([, , weight]) => Math.abs(weight)));
  for (const [y, x, weight] of taps) paintTap(context, place(x + 0.5), place(y + 0.5), 0.8 * scale, weight / most);
}

/** One tap around (x, y): a disc of `radius` with the sign of `share` (-1..1) on it, as strong as the share. */
export function paintTap(context, x, y, radius, share) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = look("--paper-raised");
  context.fill();
  context.fillStyle = `rgb(${diverging()(share).join(" ")})`;
  context.globalAlpha = 0.9;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = look("--ink-soft");
  context.lineWidth = devicePixelRatio;
  context.stroke();
  context.strokeStyle = Math.abs(share) > 0.55 ? look("--paper-raised") : look("--ink");
  context.lineWidth = Math.max(1, radius / 4);
  context.beginPath();
  context.moveTo(x - radius / 2, y);
  context.lineTo(x + radius / 2, y);
  if (share >= 0) {
    context.moveTo(x, y - radius / 2);
    context.lineTo(x, y + radius / 2);
  }
  context.stroke();
}
