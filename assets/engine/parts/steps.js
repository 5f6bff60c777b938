// What each step of MNIST's normalisation does to a drawing, as model/drawing/normalisation.py takes them one by one.

import { IMAGE_SIZE } from "../layers.js";
import { read } from "../reading.js";
import { INK_SIZE, centringShift, checkDrawing, extent, fittingScale, grey, placed } from "../strokes.js";

const STEPS = ["boxed", "scaled", "centred"];
const MOVES = [[-2, 0], [2, 0], [0, -2], [0, 2]]; // pixels right and down

/**
 * As `steps_part` of ui/misread.py: image and probabilities after no step, one, two and three, as far as each is taken, and
 * the probabilities without each of them, without the slant, and of the image moved.
 */
export function stepsPart({ network, pen, parameters }) {
  const strokes = checkDrawing(parameters.drawing);
  const readAs = (drawn, isTaken) => {
    const steps = Object.fromEntries(STEPS.map((step, index) => [step, isTaken(index) && parameters[step]]));
    const image = normalised(drawn, steps, pen);
    return { image, probabilities: read(network, image).probabilities };
  };
  const soFar = [0, 1, 2, 3].map((count) => readAs(strokes, (index) => index < count));
  const { image } = soFar[3];
  const slant = slantOf(image);
  return {
    so_far: soFar,
    without: STEPS.map((_, left) => readAs(strokes, (index) => index !== left).probabilities),
    slant: (180 * Math.atan(slant)) / Math.PI,
    upright: readAs(upright(strokes, slant), () => true).probabilities,
    moved: MOVES.map((by) => read(network, moved(image, by)).probabilities),
  };
}

/** As `sheet_part` of ui/imagine.py: the image of the drawing as it lies on the sheet. */
export const sheetPart = ({ pen, parameters }) => ({ image: normalised(checkDrawing(parameters.drawing), {}, pen) });

/** How much the ink leans, in columns to the right per row upwards, from -1 to 1; 0 for a blank image. */
function slantOf(image) {
  const sum = (value) => image.reduce((total, ink, at) => total + ink * value(Math.floor(at / IMAGE_SIZE), at % IMAGE_SIZE), 0);
  const mass = sum(() => 1);
  if (!mass) return 0;
  const [y, x] = [sum((row) => row) / mass, sum((_, column) => column) / mass];
  const slant = -sum((row, column) => (row - y) * (column - x)) / Math.max(sum((row) => (row - y) ** 2), mass);
  return Math.min(1, Math.max(-1, slant));
}

/** Checked strokes, sheared until ink of this slant stands upright. */
function upright(strokes, slant) {
  const points = strokes.flat();
  const middle = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  return strokes.map((stroke) => stroke.map(([x, y]) => [x + slant * (y - middle), y]));
}

/** An image with its ink moved by whole pixels; what leaves it is lost. */
function moved(image, [right, down]) {
  const inside = (at) => at >= 0 && at < IMAGE_SIZE;
  return Uint8Array.from(image, (_, at) => {
    const [y, x] = [Math.floor(at / IMAGE_SIZE) - down, (at % IMAGE_SIZE) - right];
    return inside(y) && inside(x) ? image[y * IMAGE_SIZE + x] : 0;
  });
}

/** The image of checked strokes by some of the steps; what lies outside it is lost. */
function normalised(strokes, { boxed, scaled, centred }, pen) {
  // Only where the ink box fills the 20 x 20 pixels in the middle does MNIST cut the pen's soft edge off there.
  const side = boxed && scaled ? INK_SIZE : IMAGE_SIZE;
  const { low, high } = extent(strokes);
  const scale = scaled ? fittingScale(low, high) : IMAGE_SIZE;
  const shift = [0, 1].map((axis) => {
    const middle = (low[axis] + high[axis]) / 2;
    // The scaled box stays around its own middle: scaling and moving are two steps.
    return (boxed ? side / 2 : middle * IMAGE_SIZE) - middle * scale;
  });
  const ink = pen.drawLines(placed(strokes, scale, shift), side);
  const [right, down] = centred ? centringShift(ink, side) : [0, 0];
  const margin = (IMAGE_SIZE - side) / 2;
  const image = new Uint8Array(IMAGE_SIZE ** 2);
  for (let at = 0; at < ink.length; at += 1) {
    const y = margin + down + Math.floor(at / side);
    const x = margin + right + (at % side);
    if (y >= 0 && y < IMAGE_SIZE && x >= 0 && x < IMAGE_SIZE) image[y * IMAGE_SIZE + x] = grey(ink[at]);
  }
  return image;
}
