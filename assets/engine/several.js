// Whether a drawing is probably more than one digit, as model/explain/several.py does.

import { read } from "./reading.js";
import { checkDrawing, extent, rasterize } from "./strokes.js";

const OVERLAP = 0.25; // of the narrower one's width: strokes that share more of the line belong together
const LEAST_HEIGHT = 0.4; // of the whole drawing's: what is lower is a dot or a dash
const LEAST_WIDTH = 0.1; // of the whole drawing's height: an upright stroke, too, has a width
const SURE = 0.5; // probability from which a part is called a digit
const MOST = 8; // parts that are read

/** Strokes taken apart where they stand beside each other, left to right. */
function sideBySide(strokes) {
  const least = LEAST_WIDTH * heightOf(strokes);
  const sides = strokes.map((stroke) => {
    const { low, high } = extent([stroke]);
    const slack = Math.max(least - (high[0] - low[0]), 0) / 2;
    return { start: low[0], left: low[0] - slack, right: high[0] + slack, strokes: [stroke] };
  });
  const groups = [];
  for (let group of sides.sort((one, other) => one.start - other.start)) {
    while (groups.length && belongTogether(groups.at(-1), group)) {
      const before = groups.pop();
      group = {
        left: Math.min(before.left, group.left),
        right: Math.max(before.right, group.right),
        strokes: [...before.strokes, ...group.strokes],
      };
    }
    groups.push(group);
  }
  return groups.map((group) => group.strokes);
}

function belongTogether(one, other) {
  const shared = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  return shared > OVERLAP * Math.min(one.right - one.left, other.right - other.left);
}

function heightOf(strokes) {
  const { low, high } = extent(strokes);
  return high[1] - low[1];
}

/** Classes that the parts of a drawing, which is unlike a digit as a whole, are read as: two or more, or none. */
export function severalDigits(network, drawing, pen) {
  const strokes = checkDrawing(drawing);
  const parts = sideBySide(strokes);
  const lowest = LEAST_HEIGHT * heightOf(strokes);
  if (parts.length < 2 || parts.length > MOST || parts.some((part) => heightOf(part) < lowest)) return [];
  const found = [];
  for (const part of parts) {
    const { probabilities, familiar } = read(network, rasterize(part, pen));
    const most = Math.max(...probabilities);
    if (!familiar || most < SURE) return [];
    found.push(network.classes[probabilities.indexOf(most)]);
  }
  return found;
}
