// A drawing or a line, a selection, a tab and a step of the path as the fragment of a link. The fragment never leaves the
// browser until somebody shares it.
//
// Format 1, bytes in base64url: 1, count of strokes, then for each its count of points and the points as differences,
// in 1/4095 of the canvas, zigzag varints. Times are left out.

import { LINE_WIDTH } from "./shape.js";

const FORMAT = 1;
const STEPS = 4095;
const MAX_LENGTH = 20000; // characters; some messengers cut longer links
const MAX_POINTS = MAX_LENGTH / 2; // a point takes more than two characters

/** The drawing as text, or "" if it is too large for a link. */
export function encodeDrawing(drawing) {
  if (drawing.flat().length > MAX_POINTS) return "";
  const bytes = [FORMAT];
  let x = 0;
  let y = 0;
  pushVarint(bytes, drawing.length);
  for (const stroke of drawing) {
    pushVarint(bytes, stroke.length);
    for (const [px, py] of stroke) {
      const [nx, ny] = [Math.round(px * STEPS), Math.round(py * STEPS)];
      pushVarint(bytes, zigzag(nx - x));
      pushVarint(bytes, zigzag(ny - y));
      [x, y] = [nx, ny];
    }
  }
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return text.length > MAX_LENGTH ? "" : text;
}

/** Throws an Error with one sentence if the text is not a valid drawing on a sheet of this width. */
export function decodeDrawing(text, width = 1) {
  try {
    if (text.length > MAX_LENGTH) throw new RangeError();
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const read = varintReader(bytes);
    if (read() !== FORMAT) throw new RangeError();
    let x = 0;
    let y = 0;
    const drawing = Array.from({ length: checked(read(), 1, bytes.length) }, () =>
      Array.from({ length: checked(read(), 1, bytes.length) }, () => {
        x = checked(x + unzigzag(read()), 0, width * STEPS);
        y = checked(y + unzigzag(read()), 0, STEPS);
        return [x / STEPS, y / STEPS].map((value) => Math.round(value * 1e4) / 1e4);
      }),
    );
    if (!read.done()) throw new RangeError();
    return drawing;
  } catch {
    throw new Error("This link contains no valid drawing.");
  }
}

/** The page's address with the state in its fragment, except for the visitor's own networks. */
function linkTo({ drawing, line, network, cell, design, tab, path }) {
  const fields = new URLSearchParams();
  if (network && !isOwn(network)) fields.set("network", network);
  if (cell) fields.set("cell", [cell.layer, cell.y, cell.x, cell.channel].join(","));
  if (design) fields.set("design", design);
  if (tab) fields.set("tab", tab);
  if (path) fields.set("path", path);
  const ink = line ?? drawing;
  const encoded = ink.length ? encodeDrawing(ink) : "";
  if (encoded || line) fields.set(line ? "line" : "drawing", encoded);
  const text = fields.toString();
  return location.href.split("#")[0] + (text ? `#${text}` : "");
}

/** Have the address bar hold the state, so that a reload, a bookmark or a copied address restores it. */
export const keepInAddress = (state) => history.replaceState(null, "", linkTo(state));

/** Whether this is the key of a network that a visitor made: whoever has it can use the network, so links leave it out. */
export const isOwn = (network) => Boolean(network?.startsWith("mine-"));

/** Name of the network in the address bar, or null. */
export const networkInLink = () => new URLSearchParams(location.hash.slice(1)).get("network");

/** What the address bar says, null for what is missing: { drawing, line, network, cell, design, tab, path }. Throws like decodeDrawing. */
export function readLink() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const [layer, y, x, channel] = (fields.get("cell") ?? "").split(",");
  const whole = [y, x, channel].map(Number);
  return {
    drawing: fields.has("drawing") ? decodeDrawing(fields.get("drawing")) : null,
    line: fields.has("line") ? lineOf(fields.get("line")) : null,
    network: fields.get("network"),
    design: fields.get("design"),
    tab: fields.get("tab"),
    path: /^[1-6]$/.test(fields.get("path")) ? Number(fields.get("path")) : null,
    cell: layer && whole.every(Number.isInteger) ? { layer, y: whole[0], x: whole[1], channel: whole[2] } : null,
  };
}

const lineOf = (text) => (text ? decodeDrawing(text, LINE_WIDTH) : []);

const zigzag = (value) => (value << 1) ^ (value >> 31);
const unzigzag = (value) => (value >>> 1) ^ -(value & 1);

function checked(value, least, most) {
  if (value < least || value > most) throw new RangeError();
  return value;
}

function pushVarint(bytes, value) {
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  bytes.push(value);
}

function varintReader(bytes) {
  let index = 0;
  const read = () => {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (index >= bytes.length) throw new RangeError();
      const byte = bytes[index++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError();
  };
  read.done = () => index === bytes.length;
  return read;
}
