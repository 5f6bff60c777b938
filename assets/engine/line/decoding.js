// From the answers of the heads to digits, as model/line/decoding.py: peaks of the centres, boxes, reading order; with the
// same ties, in numbers of 32 bits where PyTorch has them.

import { IMAGE_SIZE } from "../layers.js";
import { DrawingError } from "../strokes.js";
import { INK } from "./strip.js";

const LEAST_CENTRE = Math.fround(0.3);
const MOST_OVERLAP = 0.5;
const SAME_SCRAWL = 0.1; // of the narrower box
const BOX_SCALE = 4; // pixels of a box's side for one unit of the head's output
const PAPER = -1; // in a mask: no ink, or ink of no digit
const UNLIKE = "unlike";
const [BOX, DIGIT] = [1, 5]; // first channels of the heads; that of the centre is 0

const { fround } = Math;

/**
 * The digits that the network sees in a strip, in reading order, things unlike any digit among them:
 * [{ label, probability, second: { label, probability }, box: [top, left, bottom, right], unlike }], box in pixels.
 *
 * `heads` is their map, `stride` pixels a cell, `temperature` what the digits' logits are divided by, `width` that of the
 * strip. Throws a DrawingError where digits stand above each other.
 */
export function decode(heads, stride, temperature, width, classes) {
  const taken = [];
  for (const { x, y } of peaksOf(heads)) {
    if (taken.some((other) => Math.abs(x - other.x) <= 1 && Math.abs(y - other.y) <= 1)) continue; // as likely as its neighbour, which was taken
    const box = boxAt(heads, y, x, stride, width);
    if (taken.every((other) => iou(box, other.box) <= MOST_OVERLAP)) taken.push({ box, x, y });
  }
  taken.sort(({ box: one }, { box: other }) => one[1] + one[3] - other[1] - other[3] || one[0] + one[2] - other[0] - other[2]);
  const digits = [];
  for (const { box, x, y } of taken) {
    const digit = { ...digitAt(heads, y, x, temperature, classes), box };
    const before = digits.at(-1);
    if (before && isSameScrawl(before, digit)) {
      digits[digits.length - 1] = { ...(digit.probability > before.probability ? digit : before), box: around(before.box, box) };
    } else digits.push(digit);
  }
  checkSideBySide(digits.filter(({ unlike }) => !unlike).map(({ box }) => box));
  return digits;
}

/** Whether neighbours that are unlike any digit are one thing: a scribble across the sheet is boxed once. */
function isSameScrawl({ unlike, box: [, left, , right] }, other) {
  const [, otherLeft, , otherRight] = other.box;
  return unlike && other.unlike && overlap(left, right, otherLeft, otherRight) > SAME_SCRAWL * Math.min(right - left, otherRight - otherLeft);
}

const around = (one, other) => one.map((side, at) => (at < 2 ? Math.min(side, other[at]) : Math.max(side, other[at])));

/** Cells that are at least as likely centres as the eight around them: the likeliest first, at a tie the leftmost, then the topmost. */
function peaksOf({ values, lanes, size: [height, width] }) {
  const likely = Float32Array.from({ length: height * width }, (_, cell) => sigmoid(values[cell * lanes]));
  const peaks = [];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const own = likely[y * width + x];
      if (own < LEAST_CENTRE) continue;
      let highest = own;
      for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row += 1) {
        for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column += 1) highest = Math.max(highest, likely[row * width + column]);
      }
      if (own === highest) peaks.push({ x, y, own });
    }
  }
  return peaks.sort((one, other) => other.own - one.own || one.x - other.x || one.y - other.y);
}

const sigmoid = (value) => fround(1 / fround(1 + fround(Math.exp(-value))));
const softplus = (value) => (value > 20 ? value : fround(Math.log1p(Math.exp(value))));

function boxAt({ values, lanes, size }, y, x, stride, width) {
  const at = (y * size[1] + x) * lanes + BOX;
  const [top, left, bottom, right] = [0, 1, 2, 3].map((side) => fround(softplus(values[at + side]) * BOX_SCALE));
  const [down, across] = [(y + 0.5) * stride, (x + 0.5) * stride];
  return [Math.max(down - top, 0), Math.max(across - left, 0), Math.min(down + bottom, IMAGE_SIZE), Math.min(across + right, width)];
}

function digitAt({ values, lanes, size }, y, x, temperature, classes) {
  const answers = [...classes, UNLIKE];
  const at = (y * size[1] + x) * lanes + DIGIT;
  const logits = answers.map((_, answer) => values[at + answer] / temperature);
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const [first, second] = answers.map((label, answer) => ({ label, probability: weights[answer] / sum })).sort((one, other) => other.probability - one.probability);
  return { ...first, second, unlike: first.label === UNLIKE };
}

/** Intersection over union of two boxes. */
function iou(one, other) {
  const shared = overlap(one[0], one[2], other[0], other[2]) * overlap(one[1], one[3], other[1], other[3]);
  const areas = [one, other].map(([top, left, bottom, right]) => (bottom - top) * (right - left));
  const union = areas[0] + areas[1] - shared;
  return union > 0 ? shared / union : 0;
}

const overlap = (start, end, otherStart, otherEnd) => Math.max(0, Math.min(end, otherEnd) - Math.max(start, otherStart));

/** Of digits in two rows nobody could say in which order they are meant. */
function checkSideBySide(boxes) {
  boxes.forEach(([top, left, bottom, right], index) => {
    for (const other of boxes.slice(0, index)) {
      const across = overlap(left, right, other[1], other[3]) / Math.max(Math.min(right - left, other[3] - other[1]), 1e-6);
      const apart = bottom <= other[0] + 1 || other[2] <= top + 1;
      if (across > 0.5 && apart) {
        throw new DrawingError("There are digits above each other; a line is read from left to right, so one row of digits is expected.");
      }
    }
  });
}

/** Int8Array (28 * width): the likeliest digit of each pixel of ink, `PAPER` elsewhere and where it is unlike any digit. */
export function maskOf({ values, lanes, size }, strip, stride, width) {
  const [answers, phases] = [11, stride ** 2];
  const pixels = DIGIT + answers;
  const mask = new Int8Array(strip.length).fill(PAPER);
  for (let at = 0; at < strip.length; at += 1) {
    if (strip[at] < INK) continue;
    const [y, x] = [Math.floor(at / width), at % width];
    const cell = Math.floor(y / stride) * size[1] + Math.floor(x / stride);
    const first = cell * lanes + pixels + (y % stride) * stride + (x % stride);
    let best = 0;
    for (let answer = 1; answer < answers; answer += 1) if (values[first + answer * phases] > values[first + best * phases]) best = answer;
    if (best < answers - 1) mask[at] = best;
  }
  return mask;
}
