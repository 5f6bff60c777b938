// A line's strip: each pixel of ink in the colour of its digit, with its numeral, so that colour is not alone; and a field.

import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { token } from "./tokens.js";

const [LEAST, MOST] = [4, 6]; // CSS pixels a pixel of the strip; where that does not fit, the strip scrolls
const NUMERAL = 9; // CSS pixels that a numeral needs
const TURN = 137.5; // degrees of hue from one digit to the next, so that neighbours in counting differ
const INK = 64; // a pixel from this value on counts as ink

/** CSS pixels that a pixel of a strip takes where there is room for so many. */
export const stripScale = (width, room) => Math.max(LEAST, Math.min(MOST, Math.floor(room / width)));

/** The colour of a digit. */
const digitColour = (digit) => `oklch(${token("--digit-lightness")} 0.13 ${(25 + TURN * digit) % 360})`;

/**
 * Paint an answer { strip, width, mask } about a line, or blank paper. `field` adds { read, box }: the pixels that a cell
 * reads, a byte each, and its field [top, left, bottom, right]; then the ink is faint.
 */
export function paintStrip(canvas, answer, room, field = null) {
  const width = answer?.width ?? 3 * IMAGE_SIZE;
  const scale = stripScale(width, room);
  const ratio = devicePixelRatio;
  const size = [Math.round(width * scale * ratio), Math.round(IMAGE_SIZE * scale * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${IMAGE_SIZE * scale}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale * ratio, 0, 0, scale * ratio, 0, 0); // one unit is one pixel of the strip
  context.clearRect(0, 0, width, IMAGE_SIZE);
  if (!answer) return;
  const strip = fromBase64(answer.strip);
  const mask = new Int8Array(fromBase64(answer.mask).buffer);
  context.globalAlpha = 1;
  paintPixels(context, strip, mask, width, field ? 0.35 : 1);
  paintNumerals(context, strip, mask, width, Math.ceil(NUMERAL / scale));
  if (field) paintField(context, field, width);
}

function paintPixels(context, strip, mask, width, strength) {
  const colours = new Map([[-1, token("--ink-soft")]]);
  strip.forEach((ink, at) => {
    if (!ink) return;
    const digit = mask[at];
    if (!colours.has(digit)) colours.set(digit, digitColour(digit));
    context.fillStyle = colours.get(digit);
    context.globalAlpha = (strength * ink) / 255;
    context.fillRect(at % width, Math.floor(at / width), 1, 1);
  });
  context.globalAlpha = 1;
}

/** A numeral in each block of `side` x `side` pixels of which most are ink of one digit. */
function paintNumerals(context, strip, mask, width, side) {
  context.font = `600 ${side}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = token("--paper-raised");
  for (let top = 0; top + side <= IMAGE_SIZE; top += side) {
    for (let left = 0; left + side <= width; left += side) {
      const digit = digitOf(strip, mask, width, top, left, side);
      if (digit >= 0) context.fillText(digit, left + side / 2, top + side / 2 + 0.06 * side);
    }
  }
}

function digitOf(strip, mask, width, top, left, side) {
  const counts = new Map();
  for (let y = top; y < top + side; y += 1) {
    for (let x = left; x < left + side; x += 1) {
      const at = y * width + x;
      if (strip[at] >= INK && mask[at] >= 0) counts.set(mask[at], (counts.get(mask[at]) ?? 0) + 1);
    }
  }
  const [digit, count] = [...counts].sort((one, other) => other[1] - one[1])[0] ?? [-1, 0];
  return 2 * count > side * side ? digit : -1;
}

function paintField(context, { read, box: [top, left, bottom, right] }, width) {
  context.fillStyle = token("--ink");
  read.forEach((paths, at) => {
    if (paths) context.fillRect((at % width) + 0.36, Math.floor(at / width) + 0.36, 0.28, 0.28);
  });
  context.strokeStyle = token("--accent");
  context.lineWidth = 0.4;
  context.strokeRect(left, top, right - left, bottom - top);
}
