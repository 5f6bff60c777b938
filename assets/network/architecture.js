// What the chosen network is made of: how its fields grow on the drawing, what they look at, every layer's cost.

import { heading, node, pictureCanvas, setText } from "../controls/dom.js";
import { saveFile } from "../controls/files.js";
import { mountPlayer } from "../controls/motion.js";
import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { follow as followJob, waiting } from "../page/job.js";
import { ask } from "../page/reader.js";
import { live } from "../page/view.js";
import { get } from "../page/state.js";
import { grouped, titleOfLayer } from "../page/words.js";
import { fit, layOver } from "../paint/frame.js";
import { paintGrowth } from "../paint/growth.js";
import { paintImage } from "../paint/ink.js";
import { paintLegend, paintValues, sequential } from "../paint/scales.js";
import { describing } from "./description.js";

const STEP_TIME = 1400; // milliseconds that a stage stands while the figure plays

export function mount({ element, server }) {
  const view = element.querySelector(".architecture-view");
  const ink = view.querySelector(".growth .ink");
  const boxes = view.querySelector(".growth .boxes");
  const slider = view.querySelector("input");
  let shown = null; // what the server said of the network
  let image = null; // the drawing's image: the one thing here that changes with the pen

  const describe = ({ network }) => followJob(server.describe_architecture, { network }, server.job_progress, (told) => {
    if (network !== get().network) return true;
    view.querySelector(".problem").textContent = told.state === "waiting" ? waiting(told) : "Measuring what its layers look at.";
    return false;
  });
  const follow = describing(view, describe, (answer, network) => {
    view.querySelector(".problem").textContent = answer.error ?? answer.note ?? "";
    if (!answer.error) show(answer, network);
  });

  function show(answer, network) {
    player.stop();
    shown = answer;
    view.dataset.state = "shown";
    view.dataset.network = network;
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
    if (fit(boxes)) paintGrowth(boxes, ink, shown.steps, Number(slider.value));
    paintImage(ink, image);
    [...view.querySelectorAll(".fields figure")].forEach((figure, index) => paintField(figure, shown.fields[index]));
    paintLegend(view.querySelector(".legend canvas"), sequential());
  }

  // The figure that grows -----------------------------------------------------------------------------------------

  const player = mountPlayer(view.querySelector('[data-do="play"]'), {
    pause: STEP_TIME,
    words: ["Play", "Pause"],
    titles: ["", "Your system asks for reduced motion: move the slider instead."],
    onStart() {
      if (slider.value === slider.max) slider.value = 0;
      paint();
    },
    step() {
      if (slider.value === slider.max || !view.isConnected) return false;
      slider.value = Number(slider.value) + 1;
      paint();
      return slider.value !== slider.max;
    },
  });
  slider.addEventListener("input", () => { player.stop(); paint(); });
  view.querySelector('[data-do="save"]').addEventListener("click", () => shown && save(shown));

  live(view, {
    answer: (answer) => setText(view.querySelector(".speed"), answer ? speed(answer) : ""),
    image: (bytes) => { image = bytes; paintImage(ink, image); },
    network: follow,
    seen() { follow(); ask(); }, // the answer says who reads, and how fast
    theme: paint,
    size: paint,
  });
}

/** Who reads, and how fast. */
const speed = ({ took, error }) => {
  if (error) return "";
  return took === undefined ? "Your drawings are read by the server." : `Your drawings are read in your browser: ${took.toFixed(1)} ms.`;
};

// What it looks at --------------------------------------------------------------------------------------------------

function makeField({ title, sentence }) {
  const figure = node("figure");
  const picture = node("div");
  const canvas = pictureCanvas(IMAGE_SIZE, `${title}: 95 % of the influence inside ${sentence}`);
  const caption = node("figcaption");
  caption.append(node("b", "", title), ` 95 % inside ${sentence}`);
  picture.append(canvas, node("i", "region"), node("i", "box"));
  figure.append(picture, caption);
  return figure;
}

function paintField(figure, { field, region, box }) {
  paintValues(figure.querySelector("canvas"), [...fromBase64(field)].map((byte) => byte / 255), sequential());
  layOver(figure.querySelector(".region"), region);
  layOver(figure.querySelector(".box"), box);
}

// Layer by layer ----------------------------------------------------------------------------------------------------

const square = (side) => (side === null ? "" : `${side} x ${side}`);

function makeRow(layer) {
  const row = node("tr");
  const { effective_height: height, effective_width: width, effective_fraction: fraction } = layer;
  row.append(heading(titleOfLayer(layer.layer)), ...[
    square(layer.kernel),
    layer.dilation ?? "",
    layer.stride ?? "",
    square(layer.map),
    square(layer.field),
    `${layer.pixels_read === null ? "not counted, out" : grouped(layer.pixels_read)} of ${grouped(layer.pixels_in_field)}`,
    height === null ? "" : `${height} x ${width} of ${layer.region_height} x ${layer.region_width} (${Math.round(100 * fraction)} %)`,
    layer.parameters ? grouped(layer.parameters) : "shared",
    grouped(layer.multiply_accumulates),
  ].map(makeCell));
  return row;
}

function sumCells({ parameters, multiply_accumulates: operations }) {
  const head = Object.assign(heading("Whole network"), { colSpan: 8 });
  return [head, makeCell(grouped(parameters)), makeCell(grouped(operations))];
}

const makeCell = (text) => node("td", "", text);

/** The table as a file; made here, so that it needs no server. */
function save({ title, layers }) {
  const columns = Object.keys(layers[0]);
  const lines = [columns, ...layers.map((layer) => columns.map((column) => layer[column] ?? ""))].map((line) => line.join(","));
  saveFile(`digitscope-${title}-layers.csv`, `${lines.join("\n")}\n`, "text/csv");
}
