// A little table of numbers, each before the colour that says how large it is.

import { node } from "../controls/dom.js";
import { signed } from "../page/words.js";
import { diverging, sequential } from "./scales.js";

const STRENGTH = 0.4; // of a colour behind a number, so that the number stays readable

/** A square table of numbers with a caption; null is a tap in the padding. `show(null)` leaves the boxes empty. */
export function makeGrid(caption) {
  const table = node("table", "grid");
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
