// The two shapes of the sheet: one digit, or a line, five times as wide. What is drawn stays when the shape changes.

import { get } from "./state.js";
import { reshape } from "./undo.js";

/** Width of a line's sheet, in its heights. */
export const LINE_WIDTH = 5;

const EDGE = 0.05; // canvas units left free around a line that is fitted onto the sheet for one digit

let before = null; // { drawing, line }: the line that a drawing on the sheet for one digit was made of

/** Width of the sheet as it is now, in its heights. */
export const sheetWidth = () => (get().line ? LINE_WIDTH : 1);

/** From one digit to a line: it stands at the line's left end. A line that was left comes back. */
export function toLine() {
  const { drawing, line } = get();
  if (!line) reshape(before?.drawing === drawing ? before.line : drawing, drawing);
}

/** From a line to one digit: the ink is moved, and made smaller only if it is too wide. */
export function toDigit() {
  const { line } = get();
  if (line) leave(line, fitted(line));
}

/** The chosen digit of the line, alone on the sheet for one digit. */
export function toChosen() {
  const { drawing, line } = get();
  if (line) leave(line, drawing);
}

function leave(line, drawing) {
  before = { drawing, line };
  reshape(null, drawing);
}

function fitted(line) {
  const points = line.flat();
  if (!points.length) return [];
  const [left, right] = rangeOf(points, 0);
  if (left >= 0 && right <= 1) return line;
  const scale = Math.min(1, (1 - 2 * EDGE) / (right - left));
  const [top, bottom] = rangeOf(points, 1);
  const down = scale < 1 ? 0.5 - (scale * (top + bottom)) / 2 : 0;
  return moved(line, scale, 0.5 - (scale * (left + right)) / 2, down);
}

/** Smallest and largest value of a coordinate of points. */
export function rangeOf(points, axis) {
  return points.reduce(([low, high], point) => [Math.min(low, point[axis]), Math.max(high, point[axis])], [Infinity, -Infinity]);
}

/** Strokes at another scale and another place; what points say besides x and y is kept. */
export const moved = (strokes, scale, right, down) =>
  strokes.map((stroke) => stroke.map(([x, y, ...rest]) => [rounded(scale * x + right), rounded(scale * y + down), ...rest]));

const rounded = (value) => Math.round(value * 1e4) / 1e4;
