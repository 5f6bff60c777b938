// Lines that join the selected cell to the cells that it reads in the map before it, and to those that read it: the eye can
// follow one value from the pixels to the classes.

import { svgNode } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";

/**
 * Lay the lines over `flow`, the element that holds the maps. Returns { measure, show, forget }: `measure(parts)` after a
 * change of layout, with what buildFlow gave, `show(structure, cell)` after any other, and `forget()` before it is built anew.
 */
export function mountLines(flow) {
  const picture = svgNode("svg", { class: "lines", "aria-hidden": "true" });
  const [reads, readers] = ["reads", "readers"].map((name) => svgNode("path", { class: name }));
  picture.append(reads, readers);
  let parts = null;
  let boxes = new Map(); // of every map's canvas and every class's button: { left, top, width, height } in the flow
  let drawn = ""; // what the lines were drawn for

  function measure(built) {
    parts = built;
    flow.append(picture);
    const origin = flow.getBoundingClientRect();
    const place = (element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { left: left - origin.left, top: top - origin.top, width, height };
    };
    const strips = [...parts.strips.values()];
    picture.style.clipPath = outside(strips.map(({ caption }) => place(caption)), origin);
    boxes = new Map(strips.map(({ layer, canvas }) => [layer, place(canvas)]));
    boxes.set("image", place(parts.input));
    parts.buttons.forEach((button, index) => boxes.set(`class ${index}`, place(button)));
    drawn = "";
  }

  /** The middle of a cell in the flow, [x, y]; null while its channel is not shown. */
  function middle({ layer, y, x, channel }) {
    const name = layer === "head" ? `class ${channel}` : layer;
    const box = boxes.get(name);
    const share = layer === "head" ? [0, 0.5] : layer === "image" ? [(x + 0.5) / IMAGE_SIZE, (y + 0.5) / IMAGE_SIZE] : parts.strips.get(layer)?.spot({ y, x, channel });
    return box && share ? [box.left + share[0] * box.width, box.top + share[1] * box.height].map(Math.round) : null;
  }

  function show(structure, cell) {
    if (!parts) return;
    const key = cell ? [structure.network, JSON.stringify(structure.breaks), cell.layer, cell.y, cell.x, cell.channel, shownNow()].join() : "";
    if (key === drawn) return;
    drawn = key;
    const from = cell && middle(cell);
    const toward = (cells) => cells.map(middle).filter(Boolean).map(([x, y]) => `M${from}L${x},${y}`).join("");
    const shown = (layer) => parts.strips.get(layer)?.shown ?? [];
    reads.setAttribute("d", from ? toward(readBy(structure, cell, shown)) : "");
    readers.setAttribute("d", from ? toward(readersOf(structure, cell, shown)) : "");
  }

  const shownNow = () => [...parts.strips.values()].map(({ shown }) => shown.join(".")).join();

  return { measure, show, forget() { parts = null; } };
}

/** What is left of a picture without these boxes, as a shape of CSS: lines do not strike through captions. */
const outside = (boxes, { width, height }) => {
  const outline = ({ left, top, width, height }) => `M${left},${top}h${width}v${height}h${-width}z`;
  return `path(evenodd, "${[{ left: 0, top: 0, width, height }, ...boxes].map(outline).join("")}")`;
};

const isWindow = ({ kind, kernel }) => kernel > 1 && kind !== "pool";

/** Steps of a layer's taps from the middle of its window, along one axis. */
const tapsOf = ({ kernel, dilation }) => Array.from({ length: kernel }, (_, tap) => dilation * (tap - (kernel - 1) / 2));

/** Names of the layers whose maps one reads; those of a concatenation stand for it. */
const sourcesOf = (structure, { reads }) => reads.flatMap((name) => {
  const source = structure.layers.find(({ layer }) => layer === name);
  return source?.kind === "concatenation" ? source.reads : [name];
});

const pairs = (rows, columns) => rows.flatMap((y) => columns.map((x) => ({ y, x })));

/** The cells that one reads, on maps that are shown; of a map that is read whole, its corners. */
function readBy(structure, { layer: name, y, x, channel }, shown) {
  const layer = structure.layers.find((each) => each.layer === name);
  return sourcesOf(structure, layer).flatMap((source) => {
    const before = structure.layers.find((each) => each.layer === source);
    const [height, width] = before?.size ?? [IMAGE_SIZE, IMAGE_SIZE];
    const inside = (cell) => cell.y >= 0 && cell.x >= 0 && cell.y < height && cell.x < width;
    const at = (cells, channels) => cells.filter(inside).flatMap((cell) => channels.map((each) => ({ layer: source, channel: each, ...cell })));
    if (layer.kind === "pool") return at(pairs([0, height - 1], [0, width - 1]), [channel]);
    if (layer.kind === "linear") return at([{ y: 0, x: 0 }], shown(source));
    if (!isWindow(layer)) return at([{ y, x }], layer.kind === "sum" ? [channel] : shown(source));
    const [down, right] = [y, x].map((place) => tapsOf(layer).map((tap) => place * layer.stride + tap));
    const single = source === "image" ? 0 : layer.kind === "depthwise" ? channel : null;
    return single === null ? at([{ y: y * layer.stride, x: x * layer.stride }], shown(source)) : at(pairs(down, right), [single]);
  });
}

/** The cells, on maps that are shown, that read one. */
function readersOf(structure, { layer: name, y, x, channel }, shown) {
  const readers = structure.layers.filter((layer) => layer.kind !== "concatenation" && sourcesOf(structure, layer).includes(name));
  return readers.flatMap((layer) => {
    const [height, width] = layer.size;
    const at = (cells, channels) => cells.flatMap((cell) => channels.map((each) => ({ layer: layer.layer, channel: each, ...cell })));
    if (layer.kind === "pool") return at([{ y: 0, x: 0 }], [channel]);
    if (layer.kind === "linear") return at([{ y: 0, x: 0 }], Array.from({ length: structure.classes.length }, (_, index) => index));
    if (!isWindow(layer)) return at([{ y, x }], layer.kind === "sum" ? [channel] : shown(layer.layer));
    const reach = (place, count) => tapsOf(layer).map((tap) => (place - tap) / layer.stride).filter((at) => Number.isInteger(at) && at >= 0 && at < count);
    if (layer.kind === "depthwise") return at(pairs(reach(y, height), reach(x, width)), [channel]);
    return at([{ y: Math.floor(y / layer.stride), x: Math.floor(x / layer.stride) }], shown(layer.layer)); // too many for each tap
  });
}
