// The view as a picture for a slide: always on a light ground, with its title and its legend.

import { IMAGE_SIZE } from "../page/bytes.js";
import { node, pictureCanvas } from "../page/dom.js";
import { saveFile } from "../page/files.js";
import { titleOf } from "../page/networks.js";
import { paintFields } from "../paint/fields.js";
import { paintImage } from "../paint/ink.js";
import { palette } from "../paint/palette.js";
import { paintLegend, sequential } from "../paint/scales.js";
import { token } from "../paint/tokens.js";

const WIDTH = 1920;
const HEIGHT = 1080;
const EDGE = 64;
const SPACE = 28;
const TOP = 320; // of the maps
const BELOW = 48; // maps, for the label of the next
const FONT = "system-ui, sans-serif";

/** Compose the picture and download it. */
export async function savePicture(view) {
  const canvas = compose(view);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  saveFile("digitscope-layers.png", blob, "image/png");
}

function compose({ title, structure, strips, endOf, ownScale, legend: end, image, cell, logits, columns, fields }) {
  const canvas = Object.assign(node("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const light = (name) => token(name, document.documentElement);
  const write = (text, x, y, size, colour = "--ink", weight = 400) => {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = light(colour);
    context.fillText(text, x, y);
  };
  context.fillStyle = light("--paper");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.imageSmoothingEnabled = false;
  write(cell?.title ?? "What every layer makes of the drawing", EDGE, EDGE + 32, 36, "--ink", 600);
  wrap(context, title, WIDTH - 2 * EDGE, 24).forEach((line, at) => write(line, EDGE, EDGE + 76 + 32 * at, 24, "--ink-soft"));

  const colours = palette(document.documentElement);
  const step = (WIDTH - 2 * EDGE + SPACE) / columns.length;
  const side = Math.min(step - SPACE, 240);
  columns.forEach((column, index) => {
    const x = EDGE + index * step;
    write(column.querySelector("h2").textContent, x, 232, 20, "--ink", 600);
    [...column.querySelectorAll("header p")].forEach((line, at) => write(line.textContent, x, 260 + 24 * at, 17, "--ink-soft"));
    const own = [...column.querySelectorAll("canvas")].map((element) => strips.get(element.dataset.layer));
    if (own.includes(undefined)) drawInk(context, image, x, TOP, side, light("--ink"));
    else drawStrips(own, x);
    if (column.querySelector(".classes")) {
      structure.classes.slice(0, 20).forEach((name, at) => {
        write(name, x, 338 + 30 * at, 20);
        write((logits[at] ?? 0).toFixed(2), x + side / 2, 338 + 30 * at, 20, "--ink-soft");
      });
    }
  });

  /** The maps of a column one below the other, as large as the space allows. */
  function drawStrips(own, x) {
    const painted = own.map((strip) => {
      const canvas = node("canvas");
      strip.paint(colours, endOf(strip), canvas);
      return canvas;
    });
    const high = painted.reduce((sum, { width, height }) => sum + (side * height) / width, 0);
    const shrunk = Math.min(1, (HEIGHT - TOP - 2 * EDGE - BELOW * (own.length - 1)) / high);
    let y = TOP;
    painted.forEach((canvas, at) => {
      const part = own.length > 1 ? own[at].kind : "";
      const scale = ownScale ? `0 to ${endOf(own[at])}` : "";
      const label = [part, scale].filter(Boolean).join(", ");
      if (label) write(label, x, y - 8, 16, "--ink-soft");
      const [wide, tall] = [side * shrunk, (side * shrunk * canvas.height) / canvas.width];
      context.drawImage(canvas, x, y, wide, tall);
      y += tall + BELOW;
    });
  }

  const y = HEIGHT - EDGE;
  const legend = Object.assign(node("canvas"), { width: 240, height: 1 });
  paintLegend(legend, sequential(document.documentElement));
  write("0", EDGE, y, 18, "--ink-soft");
  context.drawImage(legend, EDGE + 20, y - 14, 240, 16);
  write(end, EDGE + 270, y, 18, "--ink-soft");
  write(`Digitscope, network ${titleOf(structure.network)}; maps after norm and activation`, EDGE + 470, y, 18, "--ink-soft");
  if (cell) drawFields(context, image, cell, fields, EDGE, 320 + side + 48, side);
  return canvas;
}

function drawInk(context, image, x, y, side, colour) {
  const ink = pictureCanvas(IMAGE_SIZE, "");
  paintImage(ink, image);
  const tinted = ink.getContext("2d"); // the ink of the dark theme is light
  tinted.globalCompositeOperation = "source-in";
  tinted.fillStyle = colour;
  tinted.fillRect(0, 0, IMAGE_SIZE, IMAGE_SIZE);
  context.drawImage(ink, x, y, side, side);
  context.strokeStyle = token("--hairline", document.documentElement);
  context.strokeRect(x, y, side, side);
}

function drawFields(context, image, cell, fields, x, y, side) {
  drawInk(context, image, x, y, side, token("--ink-soft", document.documentElement));
  const canvas = pictureCanvas(Math.round(side), "");
  paintFields(canvas, image, cell, fields, { margin: false, root: document.documentElement });
  context.drawImage(canvas, x, y, side, side);
}

function wrap(context, text, width, size) {
  context.font = `${size}px ${FONT}`;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
