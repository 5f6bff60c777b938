// The kernels of a layer, drawn with their dilation, and one of them moving over the map that it reads.

import { fromBase64 } from "../page/bytes.js";
import { palette } from "./palette.js";
import { paintTap } from "./taps.js";
import { token } from "./tokens.js";

const CELL = 9; // CSS pixels a cell of the map takes: the same for every stage, so that reaches compare
const SPACE = 20; // CSS pixels between two kernels

const stamp = document.createElement("canvas");
let picture = null; // of the stamp; reused while maps keep their size

/** Paint the kernels of some channels, { kernel, dilation, weights: Float32Array }: taps spread apart, with the gaps between them visible. */
export function paintKernels(canvas, { kernel, dilation, weights }, channels) {
  const reach = dilation * (kernel - 1) + 1;
  const step = reach * CELL + SPACE;
  const available = canvas.parentElement.clientWidth;
  const columns = Math.max(1, Math.min(channels.length, Math.floor((available + SPACE) / step)));
  const rows = Math.ceil(channels.length / columns);
  const [wide, high] = [columns * step - SPACE + 1, rows * step];
  const ratio = devicePixelRatio;
  [canvas.width, canvas.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
  canvas.style.width = `${wide}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "11px system-ui, sans-serif";
  channels.forEach((channel, index) => {
    const [x, y] = [(index % columns) * step + 0.5, Math.floor(index / columns) * step + 0.5];
    const own = weights.subarray(channel * kernel * kernel, (channel + 1) * kernel * kernel);
    paintKernel(context, x, y, CELL, own, kernel, dilation);
    context.fillStyle = token("--ink-soft");
    context.fillText(channel, x, y + reach * CELL + 12);
  });
}

function paintKernel(context, left, top, cell, weights, kernel, dilation) {
  const reach = dilation * (kernel - 1) + 1;
  const most = Math.max(...weights.map(Math.abs)) || 1;
  context.strokeStyle = token("--hairline");
  context.lineWidth = 1;
  context.beginPath();
  for (let line = 0; line <= reach; line += 1) {
    context.moveTo(left, top + line * cell);
    context.lineTo(left + reach * cell, top + line * cell);
    context.moveTo(left + line * cell, top);
    context.lineTo(left + line * cell, top + reach * cell);
  }
  context.stroke();
  context.strokeStyle = token("--ink-soft");
  context.strokeRect(left, top, reach * cell, reach * cell);
  weights.forEach((weight, tap) => {
    const [y, x] = [Math.floor(tap / kernel) * dilation + 0.5, (tap % kernel) * dilation + 0.5];
    paintTap(context, left + x * cell, top + y * cell, 0.48 * cell, weight / most);
  });
}

/** Paint one map { size, maximum, values } large; `until` is the first cell to leave out. */
export function paintMap(canvas, { size: [height, width], values }, until = Infinity) {
  const side = canvas.width;
  if (picture?.width !== width || picture.height !== height) picture = new ImageData(width, height);
  [stamp.width, stamp.height] = [width, height];
  const { scale } = palette();
  const words = new Uint32Array(picture.data.buffer);
  fromBase64(values).forEach((byte, at) => { words[at] = scale[at < until ? byte : 0]; });
  stamp.getContext("2d").putImageData(picture, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(stamp, 0, 0, side, side);
  return { context, cell: side / Math.max(height, width) };
}

/** The taps of a kernel on the map that it reads, at the position for output cell (y, x). */
export function paintWindow({ context, cell }, { kernel, dilation, stride }, weights, y, x) {
  const most = Math.max(...weights.map(Math.abs)) || 1;
  const middle = (kernel - 1) / 2;
  weights.forEach((weight, tap) => {
    const down = y * stride + dilation * (Math.floor(tap / kernel) - middle);
    const right = x * stride + dilation * ((tap % kernel) - middle);
    paintTap(context, (right + 0.5) * cell, (down + 0.5) * cell, 0.42 * cell, weight / most);
  });
  const reach = dilation * (kernel - 1) + 1;
  outline(context, (x * stride - dilation * middle) * cell, (y * stride - dilation * middle) * cell, reach * cell);
}

/** Frame one cell of a map. */
export const paintFrame = ({ context, cell }, y, x) => outline(context, x * cell, y * cell, cell);

function outline(context, x, y, side) {
  context.strokeStyle = token("--accent");
  context.lineWidth = 2 * devicePixelRatio;
  context.strokeRect(x, y, side, side);
}
