// Input, stem, stages, pooled features, classes, left to right: one column each, headed by what it is made of.

import { node, pictureCanvas, svgNode } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { expandButton, makeStrip } from "../paint/maps.js";

const TAP = 3; // CSS pixels a cell of the map takes in the icon of a stage's taps: one scale for all stages

/**
 * Build the columns of `structure` into `flow`, with `few` maps of a layer until all are asked for. Returns { strips, input,
 * buttons, heads }: the strips of maps by layer, the canvas of the image, a button for each class, and the heads of the
 * columns by their first layer.
 */
export function buildFlow(flow, structure, few, onExpand) {
  const [strips, heads] = [new Map(), new Map()];
  const input = pictureCanvas(IMAGE_SIZE, "The image that the network reads");
  const columns = [column(makeHead("Input", [`${IMAGE_SIZE} x ${IMAGE_SIZE} pixels`]), [input])];
  for (const layers of byStage(structure.layers)) {
    const [first] = layers;
    if (first.kind === "linear") continue;
    const blocks = layers.filter(({ kind }) => kind !== "concatenation").map((layer) => { // the same maps, one after the other
      const strip = makeStrip(layer, few);
      strips.set(layer.layer, strip);
      return block(strip, layers.length > 1, few, onExpand);
    });
    heads.set(first.layer, headOf(first, layers));
    columns.push(column(heads.get(first.layer), blocks));
  }
  const buttons = structure.classes.map(classButton);
  const list = node("div", "classes");
  list.append(...buttons);
  columns.push(column(makeHead("Classes", ["logit of each"]), [list]));
  flow.replaceChildren(...columns);
  return { strips, input, buttons, heads };
}

/** Head the columns anew, where layers have other windows than they were built with. */
export function renewHeads({ heads }, layers) {
  for (const layer of layers.filter(({ layer: name }) => heads.has(name))) {
    const own = layers.filter(({ stage }) => layer.stage !== null && stage === layer.stage);
    heads.get(layer.layer).replaceChildren(...headOf(layer, own.length ? own : [layer]).children);
  }
}

/** Layers that share a column: the depthwise and the pointwise part of a stage. */
function byStage(layers) {
  const columns = new Map();
  for (const layer of layers) {
    const key = layer.stage ?? layer.layer;
    columns.set(key, [...(columns.get(key) ?? []), layer]);
  }
  return columns.values();
}

/** The head of a column: what its windows are, several side by side in a multi-scale stage, and how far they see. */
function headOf({ kind, stage, place, field: [own] }, layers) {
  if (kind === "pool") return makeHead("Pooled", ["map means"]);
  const windows = layers.filter(({ kernel }) => kernel);
  if (!windows.length) return makeHead(place, [`field ${own} x ${own}`, "a single tap"]);
  const [{ kernel, weights }] = windows;
  const title = stage === null ? place : `${place}, d = ${windows.map(({ dilation }) => dilation).join(", ")}`;
  const field = Math.max(...windows.map(({ field: [size] }) => size));
  const facts = [`field ${field} x ${field}`, `${kernel ** 2} weights ${weights ? "each" : "per pair"}`];
  return makeHead(title, facts, tapIcon(windows));
}

function makeHead(title, lines, icon = null) {
  const head = node("header");
  head.append(node("h2", "", title), ...lines.map((line) => node("p", "", line)));
  if (icon) head.append(icon);
  return head;
}

function column(head, blocks) {
  const element = node("section", "column");
  element.append(head, ...blocks);
  return element;
}

function block(strip, named, few, onExpand) {
  const element = node("div", "block");
  const caption = node("div", "caption");
  strip.caption = caption;
  strip.scale = node("span", "scale");
  caption.append(node("span", "name", named ? nameOf(strip) : ""), strip.scale);
  element.append(caption, strip.element);
  if (strip.expandable) caption.append(expandButton(strip, few, onExpand));
  return element;
}

/** "depthwise", or "depthwise 2" of several side by side. */
const nameOf = ({ kind, title }) => title.slice(title.lastIndexOf(` ${kind}`) + 1);

function classButton(name, index) {
  const button = Object.assign(node("button", "class"), { type: "button", ariaPressed: "false" });
  button.dataset.channel = index;
  button.append(node("span", "label", name), node("span", "logit"));
  return button;
}

/** The taps of one kernel of each window, spread by its dilation around one middle. */
function tapIcon(windows) {
  const { kernel } = windows[0];
  const widest = Math.max(...windows.map(({ dilation }) => dilation));
  const reach = widest * (kernel - 1) + 1;
  const side = reach * TAP;
  const label = `${windows.length > 1 ? `${windows.length} times ` : ""}${kernel ** 2} taps that reach over ${reach} x ${reach} cells`;
  const svg = svgNode("svg", { width: side, height: side, role: "img", "aria-label": label });
  for (const { dilation } of windows) {
    const first = ((widest - dilation) * (kernel - 1)) / 2;
    for (let tap = 0; tap < kernel * kernel; tap += 1) {
      const [row, column] = [Math.floor(tap / kernel), tap % kernel];
      const [x, y] = [(first + column * dilation) * TAP, (first + row * dilation) * TAP];
      svg.append(svgNode("rect", { x, y, width: TAP - 0.5, height: TAP - 0.5 }));
    }
  }
  return svg;
}
