// Which strokes of a line are whose: each digit's own, as a drawing for one digit's sheet.

import { moved, rangeOf } from "../page/shape.js";

const OWN = 0.75; // share of a stroke's length from which all of it is one digit's; a stroke through several is cut
const SHEET = 0.7; // of one digit's sheet that its longer side fills

/** x of the last point that was drawn. */
export const placeUnderPen = (line) => line.at(-1).at(-1)[0];

/**
 * The drawing of each digit of an answer about `line`: the strokes within its box, as large as on a sheet of their own.
 * What lies in no box is the nearest digit's.
 */
export function strokesOf({ digits, scale, shift }, line) {
  const boxes = digits.map(({ box }) => box.map((edge, index) => (edge - shift[index % 2 ? 0 : 1]) / scale));
  const own = boxes.map(() => []);
  for (const stroke of boxes.length ? line : []) {
    const owners = stroke.map((point) => nearest(boxes, point));
    const counts = boxes.map((box, index) => stroke.filter((point) => isIn(box, point)).length + 1e-3 * owners.filter((owner) => owner === index).length);
    const most = counts.indexOf(Math.max(...counts));
    if (counts[most] >= OWN * stroke.length) own[most].push(stroke);
    else runs(stroke, owners).forEach(([owner, part]) => own[owner].push(part));
  }
  return own.map((strokes, index) => (strokes.length ? enlarged(strokes) : enlarged(cornersOf(boxes[index]))));
}

/** A line through the stroke's points is cut where its owner changes. */
function runs(stroke, owners) {
  const parts = [];
  stroke.forEach((point, index) => {
    if (owners[index] === parts.at(-1)?.[0]) parts.at(-1)[1].push(point);
    else parts.push([owners[index], [point]]);
  });
  return parts;
}

function nearest(boxes, point) {
  const distances = boxes.map((box) => distance(box, point));
  return distances.indexOf(Math.min(...distances));
}

/** From a point to a box, 0 within; then to its middle, by a hair. */
function distance([top, left, bottom, right], [x, y]) {
  const beyond = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  return beyond + 1e-3 * Math.abs((left + right) / 2 - x);
}

const isIn = (box, point) => distance(box, point) < 1e-2;

/** A stroke across a box in which no stroke lies, so that there is always something to look at. */
const cornersOf = ([top, left, bottom, right]) => [[[left, top], [right, bottom]]];

function enlarged(strokes) {
  const points = strokes.flat();
  const [[left, right], [top, bottom]] = [0, 1].map((axis) => rangeOf(points, axis));
  const scale = SHEET / Math.max(right - left, bottom - top, 1e-6);
  return moved(strokes, Math.min(scale, 100), 0.5 - (Math.min(scale, 100) * (left + right)) / 2, 0.5 - (Math.min(scale, 100) * (top + bottom)) / 2);
}
