// From a drawing to the image that the network reads, as model/drawing/strokes.py: checked, fitted into 20 x 20 pixels,
// drawn with MNIST's pen, and set into 28 x 28 with its centre of mass in the middle. The same numbers, in the same order.

import { IMAGE_SIZE } from "./layers.js";

export const INK_SIZE = 20;
export const PEN = 2.5; // diameter, pixels
const EDGE = 1.15; // width of the ramp from ink to paper, pixels
const MIDDLE = 14; // pixel on which the centre of mass comes to lie

const MAX_STROKES = 500;
const MAX_POINTS = 20_000;
const MAX_POINT_NUMBERS = 8;
const [LOW, HIGH] = [-1, 2]; // of coordinates
const DECIMALS = 1e12; // of coordinates; what is finer is no shape

const MARGIN = (IMAGE_SIZE - INK_SIZE) / 2;

// Checking -------------------------------------------------------------------------------------------------------------

/** A drawing that is not one. The message is one sentence for people, the same that the server has for it. */
export class DrawingError extends Error {}

/** The strokes of a drawing, each a list of points [x, y], once it is sure that it is one, on a canvas of this width. */
export function checkDrawing(drawing, width = 1) {
  if (!Array.isArray(drawing)) throw new DrawingError("A drawing is a list of strokes, and a stroke is a list of points [x, y].");
  const told = (count) => count.toLocaleString("en");
  if (drawing.length > MAX_STROKES) throw new DrawingError(`The drawing has ${told(drawing.length)} strokes; at most ${MAX_STROKES} are read.`);
  for (const stroke of drawing) if (!Array.isArray(stroke)) throw new DrawingError("A stroke is a list of points [x, y].");
  const points = drawing.reduce((sum, { length }) => sum + length, 0);
  if (!points) throw new DrawingError("The drawing has no ink; at least one point is expected.");
  if (points > MAX_POINTS) throw new DrawingError(`The drawing has ${told(points)} points; at most ${told(MAX_POINTS)} are read.`);
  return drawing.filter(({ length }) => length).map((stroke) => checkStroke(stroke, width));
}

function checkStroke(stroke, width) {
  for (const point of stroke) {
    if (!Array.isArray(point) || point.length < 2 || point.length > MAX_POINT_NUMBERS) {
      throw new DrawingError(`A point is a list [x, y] of two numbers, or of up to ${MAX_POINT_NUMBERS} with time and pressure.`);
    }
  }
  for (const value of stroke.flat()) {
    if (typeof value !== "number") throw new DrawingError(`A point holds numbers only, and one holds a value of the type ${kindOf(value)}.`);
  }
  if (!stroke.flat().every(Number.isFinite)) throw new DrawingError("A point holds finite numbers only, and one holds NaN or infinity.");
  const far = HIGH + width - 1;
  if (!stroke.every(([x, y]) => x >= LOW && x <= far && y >= LOW && y <= HIGH)) {
    const [canvas, read] = width === 1
      ? ["0 to 1", `${LOW} to ${HIGH}`] : [`0 to ${width} by 0 to 1`, `${LOW} to ${far} by ${LOW} to ${HIGH}`];
    throw new DrawingError(`A point lies far outside the canvas; the canvas is ${canvas}, and coordinates from ${read} are read.`);
  }
  return stroke.map(([x, y]) => [rounded(x), rounded(y)]);
}

/** What Python calls the type of a JSON value. */
function kindOf(value) {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  return { string: "str", boolean: "bool", object: "dict" }[typeof value];
}

/** To the nearest whole number, halves to the even one, as NumPy rounds. */
export function rint(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

const rounded = (value) => rint(value * DECIMALS) / DECIMALS;

// Drawing --------------------------------------------------------------------------------------------------------------

/** The image of a drawing: Uint8Array (784), ink 255 on 0. `pen` draws the lines. Throws as `checkDrawing`. */
export function rasterize(drawing, pen) {
  const strokes = checkDrawing(drawing);
  const { low, high } = extent(strokes);
  const scale = fittingScale(low, high);
  const shift = [0, 1].map((axis) => INK_SIZE / 2 - ((low[axis] + high[axis]) / 2) * scale);
  const ink = pen.drawLines(placed(strokes, scale, shift), INK_SIZE);
  const [right, down] = centringShift(ink, INK_SIZE);
  const image = new Uint8Array(IMAGE_SIZE ** 2);
  for (let y = 0; y < INK_SIZE; y += 1) {
    for (let x = 0; x < INK_SIZE; x += 1) {
      image[(MARGIN + down + y) * IMAGE_SIZE + MARGIN + right + x] = grey(ink[y * INK_SIZE + x]);
    }
  }
  return image;
}

export const grey = (ink) => rint(Math.fround(ink * 255));

/** Smallest and largest x and y of all points. */
export function extent(strokes) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const stroke of strokes) {
    for (const point of stroke) {
      for (const axis of [0, 1]) {
        low[axis] = Math.min(low[axis], point[axis]);
        high[axis] = Math.max(high[axis], point[axis]);
      }
    }
  }
  return { low, high };
}

/** Pixels per canvas unit at which the longer side of an ink box, pen included, becomes `INK_SIZE`. */
export function fittingScale(low, high) {
  const longer = Math.max(high[0] - low[0], high[1] - low[1]);
  return longer > 0 ? (INK_SIZE - PEN) / longer : 1;
}

export const placed = (strokes, scale, shift) => strokes.map((stroke) => stroke.map((point) => point.map((at, axis) => at * scale + shift[axis])));

/** Whole pixels x, y that bring the centre of mass of `ink` (side x side) to the middle, as far as it stays in the image. */
export function centringShift(ink, side) {
  const margin = (IMAGE_SIZE - side) / 2;
  const farthest = margin || IMAGE_SIZE;
  let [mass, right, down] = [0, 0, 0];
  for (let at = 0; at < ink.length; at += 1) {
    mass += ink[at];
    right += ink[at] * (at % side);
    down += ink[at] * Math.floor(at / side);
  }
  if (!mass) return [0, 0];
  // A symmetrical drawing lies half a pixel off to either side: a hair decides, rather than rounding errors.
  return [right, down].map((sum) => Math.min(farthest, Math.max(-farthest, rint(MIDDLE - margin - sum / mass - 1e-4))));
}

/** An image with its ink's centre of mass moved to the middle, as `centred` of model/drawing/normalisation.py. */
export function centred(image) {
  const [right, down] = centringShift(image, IMAGE_SIZE);
  const moved = new Uint8Array(image.length);
  for (let at = 0; at < image.length; at += 1) {
    const [y, x] = [Math.floor(at / IMAGE_SIZE) + down, (at % IMAGE_SIZE) + right];
    if (y >= 0 && y < IMAGE_SIZE && x >= 0 && x < IMAGE_SIZE) moved[y * IMAGE_SIZE + x] = image[at];
  }
  return moved;
}

/** MNIST's pen, in the kernels' memory. */
export class Pen {
  #kernels;

  /** `kernels` is the compiled WebAssembly.Module. */
  constructor(kernels) {
    this.#kernels = new WebAssembly.Instance(kernels).exports;
  }

  /** Lines through points [x, y], in pixels, on a square of `side` pixels: Float32Array from 0, paper, to 1, ink. */
  drawLines(strokes, side) {
    const { memory, __heap_base: base, draw_lines: draw } = this.#kernels;
    const count = strokes.reduce((sum, { length }) => sum + Math.max(length - 1, 1), 0);
    const segments = Math.ceil(base.value / 16) * 16;
    const ink = segments + 16 * count;
    const room = ink + 4 * side * side;
    const missing = room + 20 * count - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const places = new Float32Array(memory.buffer, segments, 4 * count);
    let next = 0;
    for (const stroke of strokes) {
      const last = Math.max(stroke.length - 2, 0); // of a dot, the segment from it to itself
      for (let index = 0; index <= last; index += 1) {
        const [from, to] = [stroke[index], stroke[Math.min(index + 1, stroke.length - 1)]];
        places[next] = from[0];
        places[next + 1] = from[1];
        places[next + 2] = to[0];
        places[next + 3] = to[1];
        next += 4;
      }
    }
    draw(segments, count, side, PEN, EDGE, room, ink);
    return new Float32Array(memory.buffer, ink, side * side).slice();
  }
}
