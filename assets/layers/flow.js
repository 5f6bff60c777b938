// Input, stem, stages, pooled features, classes, left to right: one column each, headed by what it is made of.

import { IMAGE_SIZE } from "../page/bytes.js";
import { node, pictureCanvas, svgNode } from "../page/dom.js";
import { makeStrip } from "../paint/maps.js";

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
    const blocks = layers.map((layer) => {
      const strip = makeStrip(layer, few);
      strips.set(layer.layer, strip);
      return block(strip, layers.length > 1, few, onExpand);
    });
    heads.set(first.layer, makeHead(titleOf(first), facts(first), first.kernel && tapIcon(first)));
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
    const head = makeHead(titleOf(layer), facts(layer), layer.kernel && tapIcon(layer));
    heads.get(layer.layer).replaceChildren(...head.children);
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

const titleOf = ({ kind, stage, place, dilation }) =>
  kind === "pool" ? "Pooled" : stage === null ? place : `${place}, d = ${dilation}`;

function facts({ kind, kernel, field, weights }) {
  if (kind === "pool") return ["map means"];
  return [`field ${field[0]} x ${field[1]}`, `${kernel ** 2} weights ${weights ? "each" : "per pair"}`];
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
  strip.scale = node("span", "scale");
  caption.append(node("span", "name", named ? strip.kind : ""), strip.scale);
  element.append(caption, strip.element);
  if (strip.expandable) {
    const button = Object.assign(node("button", "expand"), { type: "button" });
    button.addEventListener("click", () => {
      strip.expand(!strip.open);
      name();
      onExpand(strip);
    });
    const name = () => {
      button.textContent = strip.open ? `First ${few}` : `All ${strip.channels}`;
      button.ariaLabel = `${button.textContent} channels of ${strip.title.toLowerCase()}`;
      button.ariaExpanded = String(strip.open);
    };
    name();
    caption.append(button);
  }
  return element;
}

function classButton(name, index) {
  const button = Object.assign(node("button", "class"), { type: "button", ariaPressed: "false" });
  button.dataset.channel = index;
  button.append(node("span", "label", name), node("span", "logit"));
  return button;
}

/** The taps of one kernel, spread by its dilation. */
function tapIcon({ kernel, dilation }) {
  const reach = dilation * (kernel - 1) + 1;
  const side = reach * TAP;
  const label = `${kernel ** 2} taps that reach over ${reach} x ${reach} cells`;
  const svg = svgNode("svg", { width: side, height: side, role: "img", "aria-label": label });
  for (let tap = 0; tap < kernel * kernel; tap += 1) {
    const [row, column] = [Math.floor(tap / kernel), tap % kernel];
    const [x, y] = [column * dilation * TAP, row * dilation * TAP];
    svg.append(svgNode("rect", { x, y, width: TAP - 0.5, height: TAP - 0.5 }));
  }
  return svg;
}
