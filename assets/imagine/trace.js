// From an image back to strokes: the ink is thinned to lines one pixel wide (Zhang & Suen 1984), and these are followed as a
// pen would, straight on where they cross.

import { IMAGE_SIZE } from "../page/bytes.js";

const FINE = 3; // pixels of the fine image, along each side, to one of the image: lines come out smoother
const SIDE = IMAGE_SIZE * FINE + 2; // with a border of paper, so that every pixel has eight neighbours
const INK = 0.5; // of the darkest pixel: what counts as ink
const AROUND = [-SIDE, -SIDE + 1, 1, SIDE + 1, SIDE, SIDE - 1, -1, -SIDE - 1]; // the neighbours, clockwise from the one above
const LOOK_BACK = 5; // fine pixels that say where a line is heading
const SHORTEST = 5; // fine pixels; shorter lines are fringes left by the thinning
const SMOOTH = 2; // fine pixels on each side that a point is averaged over
const APART = 3; // fine pixels between the points of a stroke

/** The drawing of an image, Uint8Array (784), ink 255 on 0: strokes of points [x, y], 0..1. Empty for blank paper. */
export function trace(image) {
  const ink = enlarged(image);
  thin(ink);
  const lines = follow(ink);
  const long = lines.filter(({ length }) => length >= SHORTEST);
  return (long.length ? long : lines.slice(0, 1)).map(toStroke);
}

/** Whether there is ink on each pixel of the fine image: Uint8Array, 1 or 0. */
function enlarged(image) {
  const ink = new Uint8Array(SIDE * SIDE);
  const level = INK * Math.max(...image);
  if (!level) return ink;
  for (let row = 0; row < IMAGE_SIZE * FINE; row += 1) {
    for (let column = 0; column < IMAGE_SIZE * FINE; column += 1) {
      ink[(row + 1) * SIDE + column + 1] = Number(between(image, toImage(row), toImage(column)) >= level);
    }
  }
  return ink;
}

const toImage = (fine) => (fine + 0.5) / FINE - 0.5;

/** The image at a place between its pixels' centres. */
function between(image, y, x) {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row, column) => (row < 0 || column < 0 || row >= IMAGE_SIZE || column >= IMAGE_SIZE ? 0 : image[row * IMAGE_SIZE + column]);
  const [down, right] = [y - top, x - left];
  const mix = (row) => (1 - right) * at(row, left) + right * at(row, left + 1);
  return (1 - down) * mix(top) + down * mix(top + 1);
}

/** Take ink away from the edges until lines of one pixel are left; whatever holds together goes on doing so. */
function thin(ink) {
  let left = inked(ink);
  for (let before = Infinity; left.length < before;) {
    before = left.length;
    for (const turn of [0, 1]) {
      for (const at of left.filter((each) => isEdge(ink, each, turn))) ink[at] = 0;
      left = left.filter((at) => ink[at]);
    }
  }
}

const inked = (ink) => [...ink.keys()].filter((at) => ink[at]);

function isEdge(ink, at, turn) {
  const around = AROUND.map((step) => ink[at + step]);
  const count = around.reduce((sum, on) => sum + on, 0);
  const changes = around.filter((on, index) => !on && around[(index + 1) % 8]).length;
  const [up, , right, , down, , left] = around;
  const open = turn ? !(up && right && left) && !(up && down && left) : !(up && right && down) && !(right && down && left);
  return count >= 2 && count <= 6 && changes === 1 && open;
}

/** The thin lines, each a list of pixels, in the order in which they are followed: from loose ends first. */
function follow(ink) {
  const left = new Set(inked(ink));
  const neighbours = (at) => AROUND.map((step) => at + step);
  const ends = [...left].filter((at) => neighbours(at).filter((other) => ink[other]).length === 1);
  const lines = [];
  for (const start of [...ends, ...left]) {
    if (!left.has(start)) continue;
    const line = [start];
    left.delete(start);
    for (;;) {
      const next = straightest(line, neighbours(line.at(-1)).filter((other) => left.has(other)));
      if (next === undefined) break;
      line.push(next);
      left.delete(next);
    }
    lines.push(joined(line, neighbours, ink, left));
  }
  return lines.sort((one, other) => other.length - one.length);
}

/** Of the next pixels, the one that goes on best in the direction of a line. */
function straightest(line, candidates) {
  const [y, x] = place(line.at(-1));
  const [fromY, fromX] = place(line.at(-LOOK_BACK) ?? line[0]);
  const ahead = (to) => {
    const [toY, toX] = place(to);
    const length = Math.hypot(toY - y, toX - x);
    return ((y - fromY) * (toY - y) + (x - fromX) * (toX - x)) / length - length / 100; // else the nearest
  };
  return candidates.sort((one, other) => ahead(other) - ahead(one))[0];
}

/** A line with the pixels of other lines, or of its own other end, that its ends touch. */
function joined(line, neighbours, ink, left) {
  const near = (end, own) => neighbours(end).find((other) => ink[other] && !left.has(other) && !own.includes(other));
  const before = near(line[0], line.slice(0, LOOK_BACK));
  const after = near(line.at(-1), line.slice(-LOOK_BACK));
  return [...(before === undefined ? [] : [before]), ...line, ...(after === undefined ? [] : [after])];
}

const place = (at) => [Math.floor(at / SIDE), at % SIDE];

/** Points [x, y] of the canvas along a line: smoothed, and some of them only. */
function toStroke(line) {
  const places = line.map(place);
  const smooth = places.map((_, at) => {
    const reach = Math.min(SMOOTH, at, places.length - 1 - at); // the ends stay
    const some = places.slice(at - reach, at + reach + 1);
    return [1, 0].map((axis) => some.reduce((sum, point) => sum + point[axis], 0) / some.length);
  });
  const kept = smooth.filter((_, at) => at % APART === 0 || at === smooth.length - 1);
  return kept.map((point) => point.map((at) => Math.round(((at - 0.5) / (SIDE - 2)) * 1e4) / 1e4));
}
