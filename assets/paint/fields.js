// Where a cell looks, on the 28 x 28 image: its theoretical field, its taps, its effective field.

import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { clearImage, outline } from "./frame.js";
import { paintInk } from "./ink.js";
import { palette } from "./palette.js";
import { paintTap } from "./taps.js";
import { token } from "./tokens.js";

/** Pixels of the image around it, so that a field's border is seen to lie beyond it. */
export const MARGIN = 4;

const INK = 0.35; // how strongly the ink shows under the rest

const heat = Object.assign(document.createElement("canvas"), { width: IMAGE_SIZE, height: IMAGE_SIZE });
const picture = new ImageData(IMAGE_SIZE, IMAGE_SIZE);
const shares = new Uint8Array(IMAGE_SIZE * IMAGE_SIZE);

/**
 * Paint `image` and what is selected of { field, taps, influence } of a `cell` of an answer, or null.
 * `margin` false paints the fields alone, for a canvas that lies on the image; `root` is whose theme they have.
 */
export function paintFields(canvas, image, cell, show, { margin = true, root = document.body } = {}) {
  const plane = clearImage(canvas, margin ? MARGIN : 0);
  if (margin) {
    paintInk(plane, image, cell ? INK : 1);
    outline(plane, [0, 0, IMAGE_SIZE, IMAGE_SIZE], token("--hairline"));
  }
  if (!cell) return;
  if (show.influence) paintHeat(plane, cell.effective, palette(root).heat);
  if (show.taps) paintLattice(plane, cell.lattice, token("--ink", root));
  if (show.field) {
    outline(plane, cell.field, token("--accent", root), 2);
    if (show.influence) outline(plane, cell.inside, token("--ink", root), 1, [3, 3]);
  }
  if (show.taps && margin) paintTaps(plane, cell.taps);
}

function paintHeat({ context, place, scale }, effective, colours) {
  const words = new Uint32Array(picture.data.buffer);
  fromBase64(effective, shares).forEach((byte, pixel) => { words[pixel] = colours[byte]; });
  heat.getContext("2d").putImageData(picture, 0, 0);
  context.drawImage(heat, place(0), place(0), IMAGE_SIZE * scale, IMAGE_SIZE * scale);
}

/** A dot on every pixel that is read; its opacity is the count of paths that lead there. */
function paintLattice({ context, place, scale }, lattice, colour) {
  fromBase64(lattice, shares);
  context.fillStyle = colour;
  shares.forEach((byte, pixel) => {
    if (!byte) return;
    context.globalAlpha = 0.15 + (0.85 * byte) / 255;
    const side = Math.max(1, 0.22 * scale);
    const [y, x] = [Math.floor(pixel / IMAGE_SIZE) + 0.5, (pixel % IMAGE_SIZE) + 0.5];
    context.fillRect(place(x) - side / 2, place(y) - side / 2, side, side);
  });
  context.globalAlpha = 1;
}

/** A kernel's own taps: + and -, as strong as the weight. */
function paintTaps({ context, place, scale }, taps) {
  const most = Math.max(...taps.map(([, , weight]) => Math.abs(weight)));
  for (const [y, x, weight] of taps) paintTap(context, place(x + 0.5), place(y + 0.5), 0.8 * scale, weight / most);
}
