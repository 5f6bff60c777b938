// Input, stem, stages, pooled features, classes, left to right: a column each, with what it is made of on top.

import { makeStrip } from "../paint/maps.js";

const TAP = 3; // CSS pixels a cell of the map takes in the icon of a stage's taps: one scale for all stages

/**
 * Build the columns of `structure` into `flow`; returns { strips, input, classes }: the strips of maps by layer, the
 * canvas of the image, and the buttons of the classes.
 */
export function buildFlow(flow, structure, classes, onExpand) {
  const strips = new Map();
  const input = Object.assign(document.createElement("canvas"), { width: 28, height: 28, role: "img" });
  input.ariaLabel = "The image that the network reads";
  const columns = [column("Input", ["28 x 28 pixels"], [input], null, "narrow")];
  for (const layers of byStage(structure.layers)) {
    const [first] = layers;
    if (first.layer === "head") continue;
    const blocks = layers.map((layer) => {
      const strip = makeStrip(layer);
      strips.set(layer.layer, strip);
      return block(strip, layers.length > 1, onExpand);
    });
    columns.push(column(titleOf(first), facts(first), blocks, first.kernel && tapIcon(first), first.layer === "pool" ? "narrow" : ""));
  }
  const buttons = classes.map(classButton);
  const list = node("div", "classes");
  list.append(...buttons);
  columns.push(column("Classes", ["logit of each"], [list], null, "narrow"));
  flow.replaceChildren(...columns);
  return { strips, input, buttons };
}

/** Layers that stand in one column: the depthwise and the pointwise part of a stage. */
function byStage(layers) {
  const columns = new Map();
  for (const layer of layers) {
    const key = layer.layer.startsWith("stages.") ? layer.layer.split(".")[1] : layer.layer;
    columns.set(key, [...(columns.get(key) ?? []), layer]);
  }
  return columns.values();
}

const titleOf = ({ layer, title, dilation }) =>
  layer === "pool" ? "Pooled" : layer.startsWith("stages.") ? `${title.split(" ").slice(0, 2).join(" ")}, d = ${dilation}` : title;

function facts({ layer, kernel, field, weights }) {
  if (layer === "pool") return ["map means"];
  return [`field ${field[0]} x ${field[1]}`, `${kernel ** 2} weights ${weights ? "a channel" : "a pair"}`];
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
  const part = strip.layer.split(".")[2];
  const caption = node("div", "caption");
  caption.append(node("span", "name", named ? part : ""), node("span", "scale"));
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

/** The taps of one kernel, spread as far as its dilation says. */
function tapIcon({ kernel, dilation }) {
  const reach = dilation * (kernel - 1) + 1;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", reach * TAP);
  svg.setAttribute("height", reach * TAP);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${kernel ** 2} taps that reach over ${reach} x ${reach} cells`);
  for (let tap = 0; tap < kernel * kernel; tap += 1) {
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    square.setAttribute("x", (tap % kernel) * dilation * TAP);
    square.setAttribute("y", Math.floor(tap / kernel) * dilation * TAP);
    square.setAttribute("width", TAP - 0.5);
    square.setAttribute("height", TAP - 0.5);
    svg.append(square);
  }
  return svg;
}

function node(name, className = "", text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}
