// What each step of MNIST's normalisation does to a drawing, as model/drawing/normalisation.py takes them one by one.

import { IMAGE_SIZE } from "../layers.js";
import { read } from "../reading.js";
import { INK_SIZE, centringShift, checkDrawing, extent, fittingScale, grey, placed } from "../strokes.js";

const STEPS = ["boxed", "scaled", "centred"];

/**
 * As `steps_part` of ui/misread.py: image and probabilities after no step, one, two and three, as far as each is taken, and
 * the probabilities without each of them.
 */
export function stepsPart({ network, pen, parameters }) {
  const strokes = checkDrawing(parameters.drawing);
  const readAfter = (isTaken) => {
    const steps = Object.fromEntries(STEPS.map((step, index) => [step, isTaken(index) && parameters[step]]));
    const image = normalised(strokes, steps, pen);
    return { image, probabilities: read(network, image).probabilities };
  };
  return {
    so_far: [0, 1, 2, 3].map((count) => readAfter((index) => index < count)),
    without: STEPS.map((_, left) => readAfter((index) => index !== left).probabilities),
  };
}

/** As `sheet_part` of ui/imagine.py: the image of the drawing as it lies on the sheet. */
export const sheetPart = ({ pen, parameters }) => ({ image: normalised(checkDrawing(parameters.drawing), {}, pen) });

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
