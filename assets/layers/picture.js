// A picture to post or to put on a slide, always on a light ground: the drawing, the image, what the network says, and one
// view, its maps with the selected cell.

import { node, pictureCanvas } from "../controls/dom.js";
import { savePicture } from "../controls/files.js";
import { titleOf } from "../kept/networks.js";
import { inLanguage } from "../language/language.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { percent } from "../page/words.js";
import { paintFields } from "../paint/fields.js";
import { paintImage } from "../paint/ink.js";
import { palette } from "../paint/palette.js";
import { paintStrokes } from "../paint/pen.js";
import { paintLegend, sequential } from "../paint/scales.js";
import { token } from "../paint/tokens.js";

const [WIDTH, HEIGHT, EDGE] = [1920, 1080, 64];
const TOP = 176; // of everything below the heading
const SHEET = 400; // side of the drawing
const VIEW = EDGE + SHEET + 72; // left edge of the view
const MAPS = 660; // height of the maps, their headings included
const BELOW = 40; // maps, for the label of the next
const MOST_BARS = 12;
const FONT = "system-ui, sans-serif";

const light = (name) => token(name, document.documentElement);

/** Compose the picture and download it. */
export const saveView = (view) => savePicture("digitscope.png", compose(view));

function compose({ verdict, drawing, sentence, structure, strips, endOf, legend: end, latest, cell, columns, fields }) {
  const canvas = Object.assign(node("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const write = (text, x, y, size, colour = "--ink", weight = 400) => {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = light(colour);
    context.fillText(text, x, y);
  };
  context.fillStyle = light("--paper");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.imageSmoothingEnabled = false;
  write(inLanguage(verdict), EDGE, 112, 48, "--ink", 650);

  // Drawing, image, what it says
  context.save();
  context.translate(EDGE, TOP);
  paintStrokes(context, drawing, SHEET, Number(light("--pen-medium")), light("--ink"));
  context.restore();
  frame(context, EDGE, TOP, SHEET);
  const under = TOP + SHEET + 32;
  drawInk(context, latest?.image ?? null, EDGE, under, 132, light("--ink"));
  write(inLanguage("what it sees"), EDGE, under + 156, 16, "--ink-soft");
  if (latest) drawBars(context, write, structure.classes, latest.probabilities, EDGE + 160, under, SHEET - 160);

  // The view
  const shown = columns.filter((column) => column.querySelector(".strip"));
  const step = (WIDTH - EDGE - VIEW + 24) / shown.length;
  const side = Math.min(step - 24, 280);
  shown.forEach((column, index) => {
    const x = VIEW + index * step;
    write(column.querySelector("h2").textContent, x, TOP + 16, Math.min(20, side / 7), "--ink", 600);
    [...column.querySelectorAll("header p")].forEach((line, at) => write(line.textContent, x, TOP + 42 + 22 * at, Math.min(16, side / 8), "--ink-soft"));
    drawStrips([...column.querySelectorAll("canvas")].map((element) => strips.get(element.dataset.layer)), x);
  });

  /** The maps of a column one below the other, as large as the space allows. */
  function drawStrips(own, x) {
    const painted = own.map((strip) => {
      const maps = node("canvas");
      strip.paint(palette(document.documentElement), endOf(strip), maps);
      return maps;
    });
    const high = painted.reduce((sum, maps) => sum + (side * maps.height) / maps.width, 0);
    const shrunk = Math.min(1, (MAPS - 88 - BELOW * own.length) / high);
    let y = TOP + 88;
    painted.forEach((maps, at) => {
      const strip = own[at];
      write([own.length > 1 && inLanguage(strip.kind), `\u2264 ${endOf(strip)}`].filter(Boolean).join(" "), x, y + 24, 15, "--ink-soft");
      y += 32;
      const [wide, tall] = [side * shrunk, (side * shrunk * maps.height) / maps.width];
      context.drawImage(maps, x, y, wide, tall);
      const spot = cell?.layer === strip.layer && strip.spot(cell);
      if (spot) ring(context, x + spot[0] * wide, y + spot[1] * tall);
      y += tall + BELOW - 32;
    });
  }

  const y = TOP + MAPS + 16;
  const beside = cell && latest ? VIEW + 192 : VIEW;
  if (cell && latest) drawFields(context, latest.image, cell, fields, VIEW, y, 160);
  if (cell) write(inLanguage(cell.title), beside, y + 28, 26, "--ink", 600);
  wrap(context, inLanguage(sentence), WIDTH - EDGE - beside, 24).forEach((line, at) => write(line, beside, y + (cell ? 68 : 28) + 32 * at, 24, "--ink-soft"));
  const legend = Object.assign(node("canvas"), { width: 160, height: 1 });
  paintLegend(legend, sequential(document.documentElement));
  const foot = HEIGHT - 32;
  write(inLanguage(`Digitscope, network ${titleOf(structure.network)}`), EDGE, foot, 18, "--ink-soft");
  write("0", VIEW, foot, 18, "--ink-soft");
  context.drawImage(legend, VIEW + 20, foot - 14, 160, 16);
  write(`${end}; ${inLanguage("maps after norm and activation")}`, VIEW + 192, foot, 18, "--ink-soft");
  return canvas;
}

function drawBars(context, write, classes, probabilities, x, y, width) {
  const order = classes.map((_, index) => index);
  const shown = classes.length > MOST_BARS ? order.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, MOST_BARS) : order;
  const top = probabilities.indexOf(Math.max(...probabilities));
  const step = Math.min(32, 300 / shown.length);
  shown.forEach((index, row) => {
    const [colour, weight] = index === top ? ["--ink", 650] : ["--ink-soft", 400];
    const line = y + row * step + step / 2;
    write(classes[index].slice(0, 6), x, line + 6, 18, colour, weight);
    context.fillStyle = light("--hairline");
    context.fillRect(x + 40, line - 5, width - 128, 10);
    context.fillStyle = light(index === top ? "--accent" : "--ink-soft");
    context.fillRect(x + 40, line - 5, (width - 128) * probabilities[index], 10);
    write(percent(probabilities[index]), x + width - 76, line + 6, 18, colour, weight);
  });
}

function ring(context, x, y) {
  context.strokeStyle = light("--accent");
  context.lineWidth = 3;
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  context.stroke();
}

function frame(context, x, y, side) {
  context.strokeStyle = light("--hairline");
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, side, side);
}

function drawInk(context, image, x, y, side, colour) {
  const ink = pictureCanvas(IMAGE_SIZE, "");
  paintImage(ink, image);
  const tinted = ink.getContext("2d"); // the ink of the dark theme is light
  tinted.globalCompositeOperation = "source-in";
  tinted.fillStyle = colour;
  tinted.fillRect(0, 0, IMAGE_SIZE, IMAGE_SIZE);
  context.drawImage(ink, x, y, side, side);
  frame(context, x, y, side);
}

function drawFields(context, image, cell, fields, x, y, side) {
  drawInk(context, image, x, y, side, light("--ink-soft"));
  const canvas = pictureCanvas(Math.round(side), "");
  paintFields(canvas, image, cell, fields, { margin: false, root: document.documentElement });
  context.drawImage(canvas, x, y, side, side);
}

function wrap(context, text, width, size) {
  context.font = `${size}px ${FONT}`;
  const lines = [""];
  for (const word of text.split(/(?<=\s)|(?=[\u4e00-\u9fff])/)) { // at spaces, and before every Chinese character
    const longer = lines.at(-1) + word;
    if (context.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
