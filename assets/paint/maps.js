// The maps of one layer as small multiples: all channels on one canvas, painted at once.

import { clip, node, setHidden, setLabel, setText } from "../controls/dom.js";
import { unpackBytes } from "../page/bytes.js";

const GAP = 1; // canvas pixels between two maps

const table = new Uint32Array(256); // colour of each byte of the layer that is painted

/** A strip for one layer { layer, title, channels, size: [height, width] }; `few` channels are shown before all are asked for. */
export function makeStrip(layer, few) {
  const element = node("div", "strip");
  const canvas = Object.assign(node("canvas"), { tabIndex: 0, role: "application" });
  canvas.dataset.layer = layer.layer;
  const mark = Object.assign(node("i"), { hidden: true });
  mark.append(node("b"));
  element.append(canvas, mark);

  const [height, width] = layer.size;
  const area = height * width;
  const unit = area === 1 ? 6 : 1; // canvas pixels a cell
  let columns = area === 1 ? 8 : 4;
  const [down, right] = [height * unit + GAP, width * unit + GAP]; // from one map to the next
  const values = new Uint8Array(layer.channels * area);
  const known = new Uint8Array(layer.channels); // which channels the newest answer brought
  let order = Array.from({ length: layer.channels }, (_, channel) => channel);
  let open = layer.channels <= few || area === 1;
  let held = null; // a channel that is always shown
  let shown = [];
  let maximum = 0;
  let picture = null;

  const strip = {
    ...layer, element, canvas,
    get open() { return open; },
    /** Channels that are shown, first to last. */
    get shown() { return shown; },
    /** Value that the byte 255 stands for. */
    get maximum() { return maximum; },
    get expandable() { return layer.channels > few && area > 1; },

    /** Show all channels, twice as many side by side, or the first ones. */
    expand(value) {
      open = value;
      columns = open ? 8 : 4;
      element.classList.toggle("open", open);
      choose();
    },

    /** Show a channel even where it is not among the first ones, or null. Returns whether others are shown now. */
    hold(channel) {
      if (held === channel) return false;
      held = channel;
      return choose();
    },

    /** Sort the channels: by `activity`, most active first, or by index if it is null. Returns whether any moved. */
    sort(activity) {
      const before = order;
      order = Array.from({ length: layer.channels }, (_, channel) => channel);
      if (activity) order.sort((a, b) => activity[b] - activity[a] || a - b);
      choose();
      return order.some((channel, index) => channel !== before[index]);
    },

    /** Take { channels, values } of an answer; null if it has none of this layer. */
    take(answer, most) {
      known.fill(0);
      maximum = most;
      if (!answer) return;
      const bytes = unpackBytes(answer.values, strip.buffer, answer.channels.length * area);
      answer.channels.forEach((channel, index) => {
        values.set(bytes.subarray(index * area, (index + 1) * area), channel * area);
        known[channel] = 1;
      });
    },
    buffer: new Uint8Array(layer.channels * area),

    isKnown: (channel) => known[channel] === 1,

    /** Paint what is known; `top` is the value at the end of the scale. */
    paint(colours, top, target = canvas) {
      const rows = Math.ceil(shown.length / columns);
      const [wide, high] = [columns * right - GAP, rows * down - GAP];
      if (target.width !== wide || target.height !== high) [target.width, target.height] = [wide, high];
      const context = target.getContext("2d");
      if (picture?.width !== wide || picture.height !== high) picture = context.createImageData(wide, high);
      const pixels = new Uint32Array(picture.data.buffer);
      pixels.fill(colours.gap);
      const gain = top > 0 ? maximum / top : 0;
      for (let byte = 0; byte < 256; byte += 1) table[byte] = colours.scale[Math.min(255, Math.round(byte * gain))];
      shown.forEach((channel, index) => {
        const start = Math.floor(index / columns) * down * wide + (index % columns) * right;
        for (let y = 0; y < height * unit; y += 1) {
          const row = channel * area + Math.floor(y / unit) * width;
          const line = start + y * wide;
          if (!known[channel]) pixels.fill(colours.scale[0], line, line + width * unit);
          else for (let x = 0; x < width * unit; x += 1) pixels[line + x] = table[values[row + Math.floor(x / unit)]];
        }
        if (!known[channel] || !isOff(channel)) return;
        for (let step = 0; step < Math.min(height, width) * unit; step += 1) pixels[start + step * (wide + 1)] = colours.mark;
      });
      context.putImageData(picture, 0, 0);
    },

    /** Channels whose maps are inside the window, and one more row at each end. */
    visible() {
      const box = canvas.getBoundingClientRect();
      const row = box.height / Math.ceil(shown.length / columns);
      if (!row) return [];
      const first = Math.max(0, Math.floor(-box.top / row) - 1);
      const last = Math.ceil((innerHeight - box.top) / row) + 1;
      return last <= first ? [] : shown.slice(first * columns, last * columns);
    },

    /** The cell { layer, y, x, channel } under a pointer, over a gap the nearest of the map before; null where there is none. */
    cellAt({ clientX, clientY }) {
      const box = canvas.getBoundingClientRect();
      const middle = (at) => (Number.isInteger(at) ? at + 0.5 : at); // a click is told to a whole pixel, and a cell may have two
      const x = Math.floor(((middle(clientX) - box.left) / box.width) * canvas.width);
      const y = Math.floor(((middle(clientY) - box.top) / box.height) * canvas.height);
      const channel = shown[Math.floor(y / down) * columns + Math.floor(x / right)];
      if (channel === undefined || x < 0 || y < 0) return null;
      const [cellY, cellX] = [clip(Math.floor((y % down) / unit), height), clip(Math.floor((x % right) / unit), width)];
      return { layer: layer.layer, y: cellY, x: cellX, channel };
    },

    /** Where the middle of a cell lies, in shares of the canvas [x, y]; null while its channel is not shown. */
    spot({ y, x, channel }) {
      const index = shown.indexOf(channel);
      const rows = Math.ceil(shown.length / columns);
      const [left, top] = [(index % columns) * right, Math.floor(index / columns) * down];
      return index < 0 ? null : [(left + (x + 0.5) * unit) / (columns * right - GAP), (top + (y + 0.5) * unit) / (rows * down - GAP)];
    },

    /** Frame the map and the cell that is selected; nothing if it belongs to another layer. */
    select(cell) {
      const index = cell?.layer === layer.layer ? shown.indexOf(cell.channel) : -1;
      setHidden(mark, index < 0);
      if (index < 0) return;
      const place = (node, x, y, w, h, wide, high) => {
        const edges = { left: x / wide, top: y / high, width: w / wide, height: h / high };
        for (const [edge, share] of Object.entries(edges)) node.style[edge] = `${100 * share}%`;
      };
      const [x, y] = [(index % columns) * right, Math.floor(index / columns) * down];
      place(mark, x, y, right - GAP, down - GAP, canvas.width, canvas.height);
      place(mark.firstChild, cell.x, cell.y, 1, 1, width, height);
    },
  };

  function choose() {
    const before = shown;
    shown = open ? order : order.slice(0, few);
    if (held !== null && !shown.includes(held)) shown[shown.length - 1] = held;
    return shown.length !== before.length || shown.some((channel, index) => channel !== before[index]);
  }

  function isOff(channel) {
    for (let at = channel * area; at < (channel + 1) * area; at += 1) if (values[at]) return false;
    return true;
  }

  choose();
  return strip;
}

/** A button that shows all channels of a strip, or its first `few`; then `changed(strip)` is called. */
export function expandButton(strip, few, changed) {
  const button = Object.assign(node("button", "expand"), { type: "button" });
  const name = () => {
    const words = strip.open ? `First ${few}` : `All ${strip.channels}`;
    setText(button, words);
    setLabel(button, `${words} channels of ${strip.title.toLowerCase()}`);
    button.ariaExpanded = String(strip.open);
  };
  button.addEventListener("click", () => {
    strip.expand(!strip.open);
    name();
    changed(strip);
  });
  name();
  return button;
}
