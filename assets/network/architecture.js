// What the chosen network is made of: how its fields grow on the drawing, what they look at, every layer's cost.

import { answered } from "../page/server.js";
import { ask, onAnswer } from "../page/reader.js";
import { paintImage } from "../reading/reading.js";
import { look, paintLegend, paintValues, sequential } from "../paint/scales.js";
import { get, subscribe } from "../page/state.js";

const STEP_TIME = 1400; // milliseconds that a stage stands while the figure plays
const IMAGE = 28;
const MARGIN = 1; // pixels of the image around everything that is drawn

const still = matchMedia("(prefers-reduced-motion: reduce)");

export function mount({ element, server }) {
  const view = element.querySelector(".architecture-view");
  const ink = view.querySelector(".growth .ink");
  const boxes = view.querySelector(".growth .boxes");
  const slider = view.querySelector("input");
  const play = view.querySelector('[data-do="play"]');
  let shown = null; // what the server said of the network
  let asked = null; // name of the network that was asked about last
  let image = null; // the drawing's image, bytes in base64: the one thing here that changes with the pen
  let timer = null;

  async function follow() {
    const name = get().network;
    if (!name || name === asked || !view.checkVisibility()) return;
    asked = name;
    const answer = await answered(
      server.describe_architecture(name), "The server does not answer; choose the network again to ask it once more.");
    if (name !== asked) return; // another one was chosen meanwhile
    if (answer.error) asked = null;
    view.querySelector(".problem").textContent = answer.error ?? "";
    if (!answer.error) show(answer);
  }

  function show(answer) {
    stop();
    shown = answer;
    view.dataset.state = "shown";
    view.dataset.network = get().network;
    slider.max = answer.steps.length - 1;
    slider.value = Math.min(slider.value, slider.max);
    view.querySelector("tbody").replaceChildren(...answer.layers.map(makeRow));
    view.querySelector("tfoot tr").replaceChildren(...sumCells(answer));
    view.querySelector(".fields").replaceChildren(...answer.fields.map(makeField));
    paint();
  }

  function paint() {
    if (!shown) return;
    const step = shown.steps[slider.value];
    view.querySelector(".sentence").textContent = step.sentence;
    view.querySelector(".title").textContent = step.title;
    slider.ariaValueText = step.title;
    view.querySelector(".growth").dataset.box = step.box.join(",");
    paintGrowth(boxes, ink, shown.steps, Number(slider.value));
    paintImage(ink, image);
    [...view.querySelectorAll(".fields figure")].forEach((figure, index) => paintField(figure, shown.fields[index]));
    paintLegend(view.querySelector(".legend canvas"), sequential());
  }

  // The figure that grows -----------------------------------------------------------------------------------------

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    play.ariaPressed = "false";
  }

  function start() {
    if (slider.value === slider.max) slider.value = 0;
    play.textContent = "Pause";
    play.ariaPressed = "true";
    timer = setInterval(() => {
      if (slider.value === slider.max || !view.isConnected) return stop();
      slider.value = Number(slider.value) + 1;
      paint();
      if (slider.value === slider.max) stop();
    }, STEP_TIME);
    paint();
  }

  function heedMotion() {
    if (still.matches) stop();
    play.disabled = still.matches;
    play.title = still.matches ? "Your system asks for no motion: move the slider instead." : "";
  }

  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => { stop(); paint(); });
  still.addEventListener("change", heedMotion);
  view.querySelector('[data-do="save"]').addEventListener("click", () => shown && save(shown));

  onAnswer((answer) => {
    if (answer.error || !get().drawing.length) return;
    image = answer.image;
    paintImage(ink, image);
  });
  subscribe((state, changed) => {
    if (changed.includes("network")) follow();
    if (changed.includes("drawing") && !state.drawing.length) { image = null; paintImage(ink, image); }
  });
  new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] });
  new ResizeObserver(paint).observe(boxes);
  new IntersectionObserver(follow).observe(view);
  heedMotion();
  ask(); // this tab is made when it is first opened, and the ink may have been there before
}

/** The fields of all steps up to one, with the ink in its place below. Lengths are pixels of the image. */
function paintGrowth(canvas, ink, steps, step) {
  const pixels = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!pixels) return;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const first = Math.min(0, ...steps.map(({ box }) => Math.min(box[0], box[1]))) - MARGIN;
  const last = Math.max(IMAGE, ...steps.map(({ box }) => Math.max(box[2], box[3]))) + MARGIN;
  const scale = pixels / (last - first);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, pixels, pixels);
  const place = (value) => (value - first) * scale;
  const frame = ([top, left, bottom, right], colour, width, dash = []) => {
    context.strokeStyle = colour;
    context.lineWidth = width * devicePixelRatio;
    context.setLineDash(dash.map((length) => length * devicePixelRatio));
    context.strokeRect(place(left), place(top), (right - left) * scale, (bottom - top) * scale);
  };

  const share = (length) => `${(100 * length) / (last - first)}%`;
  Object.assign(ink.style, { left: share(-first), top: share(-first), width: share(IMAGE), height: share(IMAGE) });
  frame([0, 0, IMAGE, IMAGE], look("--ink-soft"), 1, [3, 3]);
  for (const { box } of steps.slice(0, step)) frame(box, look("--ink-soft"), 1);
  const { box, taps } = steps[step];
  context.globalAlpha = 0.45;
  for (const tap of taps) frame(tap, look("--accent"), 1);
  context.globalAlpha = 1;
  context.fillStyle = look("--accent");
  for (const [top, left, bottom, right] of taps) {
    context.beginPath();
    context.arc(place((left + right) / 2), place((top + bottom) / 2), 3 * devicePixelRatio, 0, 2 * Math.PI);
    context.fill();
  }
  frame(box, look("--accent"), 3);
}

// What it looks at --------------------------------------------------------------------------------------------------

function makeField({ title, sentence }) {
  const figure = document.createElement("figure");
  const picture = document.createElement("div");
  const canvas = Object.assign(document.createElement("canvas"), { width: IMAGE, height: IMAGE });
  canvas.role = "img";
  canvas.ariaLabel = `${title}: 95 % of the influence lies inside ${sentence}`;
  const caption = document.createElement("figcaption");
  const name = document.createElement("b");
  name.textContent = title;
  caption.append(name, ` ${sentence}`);
  picture.append(canvas, ...["region", "box"].map((kind) => Object.assign(document.createElement("i"), { className: kind })));
  figure.append(picture, caption);
  return figure;
}

function paintField(figure, { field, region, box }) {
  const values = [...atob(field)].map((byte) => byte.charCodeAt(0) / 255);
  paintValues(figure.querySelector("canvas"), values, sequential());
  for (const [kind, [top, left, bottom, right]] of [["region", region], ["box", box]]) {
    const edges = { top, left, width: right - left, height: bottom - top };
    for (const [edge, value] of Object.entries(edges)) {
      figure.querySelector(`.${kind}`).style[edge] = `${(100 * value) / IMAGE}%`;
    }
  }
}

// Layer by layer ----------------------------------------------------------------------------------------------------

const number = (value) => value.toLocaleString("en");
const square = (side) => (side === null ? "" : `${side} x ${side}`);

function makeRow(layer) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = layer.layer;
  const { effective_height: height, effective_width: width, effective_fraction: fraction } = layer;
  row.append(head, ...[
    square(layer.kernel),
    layer.dilation ?? "",
    layer.stride ?? "",
    square(layer.map),
    square(layer.field),
    `${number(layer.pixels_read)} of ${number(layer.pixels_in_field)}`,
    height === null ? "" : `${height} x ${width}, ${Math.round(100 * fraction)} %`,
    layer.parameters ? number(layer.parameters) : "shared",
    number(layer.multiply_accumulates),
  ].map(makeCell));
  return row;
}

function sumCells({ parameters, multiply_accumulates }) {
  const head = Object.assign(document.createElement("th"), { scope: "row", colSpan: 8, textContent: "Whole network" });
  return [head, makeCell(number(parameters)), makeCell(number(multiply_accumulates))];
}

const makeCell = (text) => Object.assign(document.createElement("td"), { textContent: text });

/** The table as a file; made here, so that it needs no server. */
function save({ title, layers }) {
  const columns = Object.keys(layers[0]);
  const lines = [columns, ...layers.map((layer) => columns.map((column) => layer[column] ?? ""))].map((line) => line.join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
  link.download = `digitscope-${title}-layers.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
