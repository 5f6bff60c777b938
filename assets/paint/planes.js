// Maps and little tables of numbers, as the figures of the Learn tab paint them.

import { signed } from "../layers/cell.js";
import { decodeFloats } from "./maps.js";
import { paintImage } from "../reading/reading.js";
import { diverging, paintValues, sequential } from "./scales.js";

const STRENGTH = 0.4; // of a colour behind a number, so that the number stays readable

const stamp = document.createElement("canvas");

/** Paint a map of `size` (base64) over a square canvas, blank where it is null; `most` is what the scale ends at. */
export function paintPlane(canvas, values, [height, width], { signs = false, most = 0 } = {}) {
  const context = ready(canvas);
  if (!values) return { context, cell: canvas.width / width };
  const numbers = decodeFloats(values);
  const end = most || Math.max(...numbers.map(Math.abs)) || 1;
  const colour = signs ? diverging() : sequential();
  [stamp.width, stamp.height] = [width, height];
  paintValues(stamp, numbers, (value) => colour(Math.max(-1, Math.min(1, value / end))));
  return enlarge(canvas, context, Math.max(height, width));
}

/** Paint the drawing's image (base64) over a square canvas, blank where it is null. */
export function paintInk(canvas, image) {
  const context = ready(canvas);
  [stamp.width, stamp.height] = [28, 28];
  paintImage(stamp, image);
  return enlarge(canvas, context, 28);
}

function ready(canvas) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  return context;
}

function enlarge(canvas, context, cells) {
  context.drawImage(stamp, 0, 0, canvas.width, canvas.height);
  return { context, cell: canvas.width / cells };
}

/** A square table of numbers with a caption; null is a tap in the padding. `show(null)` leaves the boxes empty. */
export function makeGrid(caption) {
  const table = document.createElement("table");
  table.className = "grid";
  table.createCaption().textContent = caption;
  const body = table.createTBody();

  function shape(count) {
    if (body.rows.length ** 2 === count) return;
    const side = Math.sqrt(count);
    body.replaceChildren();
    for (let row = 0; row < side; row += 1) {
      const line = body.insertRow();
      for (let column = 0; column < side; column += 1) line.insertCell();
    }
  }

  function show(values, { signs = true, digits = 2 } = {}) {
    if (values) shape(values.length);
    const most = values ? Math.max(...values.map((value) => Math.abs(value ?? 0))) || 1 : 1;
    const colour = signs ? diverging() : sequential();
    [...body.querySelectorAll("td")].forEach((box, index) => {
      const value = values?.[index];
      box.textContent = values ? (value === null ? "border" : signed(value, digits)) : "";
      box.classList.toggle("border", value === null);
      box.style.background = value ? `rgb(${colour((STRENGTH * value) / most).join(" ")})` : "";
    });
  }

  shape(9);
  return { element: table, show };
}

/** An element with a class and text. */
export const node = (name, className = "", text = "") => Object.assign(document.createElement(name), { className, textContent: text });
