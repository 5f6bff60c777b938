// From a line's drawing to the strip that the network reads, as model/line/strip.py: the height is fitted, the width follows.

import { IMAGE_SIZE } from "./layers.js";
import { MAX_WIDTH, MIN_WIDTH } from "./line/strip.js";
import { DrawingError, PEN, checkDrawing, extent, grey, placed } from "./strokes.js";

const CANVAS_WIDTH = 5; // heights of the sheet
const INK_HEIGHT = 24; // rows that the ink fills
const MARGIN = 4; // columns of paper left and right of the ink
const ROUNDING = 1e-6; // pairs of columns: where a line ends on a column's edge, rounding does not decide the width
const LEAST_HEIGHT = 0.15; // canvas units; what is lower is not blown up

/** The strip of a line's drawing, { strip: Uint8Array, width, scale, shift }. Throws a DrawingError where it cannot be read. */
export function drawLine(drawing, pen) {
  const strokes = checkDrawing(drawing, CANVAS_WIDTH);
  const { width, scale, shift } = fitLine(strokes);
  const strip = new Uint8Array(IMAGE_SIZE * width);
  const segments = segmentsOf(placed(strokes, scale, shift));
  for (let first = 0; first < width; first += IMAGE_SIZE) {
    const near = segments.filter(([[from], [to]]) => Math.max(from, to) + PEN > first && Math.min(from, to) - PEN < first + IMAGE_SIZE);
    if (!near.length) continue;
    const square = pen.drawLines(near.map((segment) => segment.map(([x, y]) => [x - first, y])), IMAGE_SIZE);
    for (let y = 0; y < IMAGE_SIZE; y += 1) {
      for (let x = first; x < Math.min(first + IMAGE_SIZE, width); x += 1) strip[y * width + x] = grey(square[y * IMAGE_SIZE + x - first]);
    }
  }
  return { strip, width, scale, shift };
}

function fitLine(strokes) {
  const { low, high } = extent(strokes);
  const [across, down] = [high[0] - low[0], high[1] - low[1]];
  const scale = (INK_HEIGHT - PEN) / Math.max(down, LEAST_HEIGHT);
  const needed = across * scale + PEN + 2 * MARGIN;
  if (needed > MAX_WIDTH) {
    const longest = (MAX_WIDTH - PEN - 2 * MARGIN) / (INK_HEIGHT - PEN);
    throw new DrawingError(
      `The line is ${Math.round(across / Math.max(down, LEAST_HEIGHT))} times as long as it is high; at most ${Math.round(longest)} times ` +
      "is expected: write larger, or fewer digits.",
    );
  }
  const width = Math.max(MIN_WIDTH, 2 * Math.ceil(needed / 2 - ROUNDING));
  const shift = [width, IMAGE_SIZE].map((size, axis) => size / 2 - ((low[axis] + high[axis]) / 2) * scale);
  return { width, scale, shift };
}

/** [from, to] of every piece of the strokes; a dot leads from itself to itself. */
const segmentsOf = (strokes) =>
  strokes.flatMap((stroke) => (stroke.length > 1 ? stroke.slice(1).map((to, at) => [stroke[at], to]) : [[stroke[0], stroke[0]]]));
