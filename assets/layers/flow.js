// Input, stem, stages, pooled features, classes, left to right: one column each, headed by what it is made of.

import { IMAGE_SIZE } from "../page/bytes.js";
import { node, pictureCanvas, svgNode } from "../page/dom.js";
import { makeStrip } from "../paint/maps.js";

const TAP = 3; // CSS pixels a cell of the map takes in the icon of a stage's taps: one scale for all stages

/**
 * Build the columns of `structure` into `flow`; returns { strips, input, buttons }: the strips of maps by layer, the
 * canvas of the image, and a button for each class.
 */
export function buildFlow(flow, structure, classes, onExpand) {
  const strips = new Map();
  const input = pictureCanvas(IMAGE_SIZE, "The image that the network reads");
  const columns = [column("Input", [`${IMAGE_SIZE} x ${IMAGE_SIZE} pixels`], [input], null, "narrow")];
  for (const layers of byStage(structure.layers)) {
    const [first] = layers;
    if (first.kind === "linear") continue;
    const blocks = layers.map((layer) => {
      const strip = makeStrip(layer);
      strips.set(layer.layer, strip);
      return block(strip, layers.length > 1, onExpand);
    });
    columns.push(column(titleOf(first), facts(first), blocks, first.kernel && tapIcon(first), first.kind === "pool" ? "narrow" : ""));
  }
  const buttons = classes.map(classButton);
  const list = node("div", "classes");
  list.append(...buttons);
  columns.push(column("Classes", ["logit of each"], [list], null, "narrow"));
  flow.replaceChildren(...columns);
  return { strips, input, buttons };
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

function column(title, lines, blocks, icon, width = "") {
  const element = node("section", `column ${width}`);
  const head = node("header");
  head.append(node("h2", "", title), ...lines.map((line) => node("p", "", line)));
  if (icon) head.append(icon);
  element.append(head, ...blocks);
  return element;
}

function block(strip, named, onExpand) {
  const element = node("div", "block");
  const caption = node("div", "caption");
  caption.append(node("span", "name", named ? strip.kind : ""), node("span", "scale"));
  element.append(caption, strip.element);
  strip.scale = caption.lastChild;
  if (strip.expandable) {
    const button = Object.assign(node("button", "expand", `All ${strip.channels}`), { type: "button", ariaExpanded: "false" });
    button.addEventListener("click", () => {
      strip.expand(!strip.open);
      button.textContent = strip.open ? "First 16" : `All ${strip.channels}`;
      button.ariaExpanded = String(strip.open);
      onExpand(strip);
    });
    button.ariaLabel = `${strip.title}: all ${strip.channels} channels`;
    element.append(button);
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
