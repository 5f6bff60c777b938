// Pointwise convolution: one output channel as the sum over the channels at one place.

import { node } from "../controls/dom.js";
import { ask } from "../page/reader.js";
import { signed } from "../page/words.js";
import { paintFrame } from "../paint/kernels.js";
import { paintPlane } from "../paint/planes.js";
import { diverging } from "../paint/scales.js";
import { alive, chooseOn, oneCell, walkWith } from "./alive.js";

const ROWS = 6;

export function mount({ element }) {
  const view = element.querySelector(".learn-view");
  const slider = view.querySelector("input");
  const output = view.querySelector("figure canvas");
  const { cell, choose } = oneCell(7, 7);
  let size = [14, 14];

  const rows = Array.from({ length: ROWS }, makeRow);
  const rest = node("p", "term rest");
  const sum = node("p", "term sum");
  view.querySelector(".terms").append(...rows.map((row) => row.element), rest, sum);
  chooseOn(output, () => size, cell, choose);
  walkWith(view.querySelector('[data-do="walk"]'), () => size, cell, choose);
  slider.addEventListener("input", ask);

  function makeRow() {
    const box = node("div", "term");
    const canvas = Object.assign(node("canvas"), { ariaLabel: "A channel of the input", role: "img" });
    chooseOn(canvas, () => size, cell, choose);
    const [name, product, track] = [node("span", "name"), node("span", "product"), node("span", "track")];
    const fill = node("i");
    track.append(fill);
    box.append(canvas, name, product, track);
    return { element: box, canvas, name, product, fill };
  }

  function show(found) {
    if (found) {
      size = found.size;
      slider.max = found.outputs - 1;
    }
    const most = Math.max(1e-9, ...(found?.terms ?? []).map(({ product }) => Math.abs(product)));
    rows.forEach((row, index) => showRow(row, found?.terms[index], most));
    rest.textContent = found?.rest[0] ? `${found.rest[0]} other channels together: ${signed(found.rest[1], 3)}` : "\u00a0";
    sum.textContent = found ? `Sum: ${signed(found.value, 3)}` : "\u00a0";
    const painted = paintPlane(output, found?.map ?? null, size, { signs: true });
    if (found) paintFrame(painted, cell().y, cell().x);
  }

  function showRow(row, term, most) {
    row.name.textContent = term ? `channel ${term.channel}` : "";
    row.product.textContent = term ? `${signed(term.read, 2)} \u00d7 ${signed(term.weight, 2)} = ${signed(term.product, 3)}` : "";
    const share = term ? term.product / most : 0;
    row.fill.style.width = `${50 * Math.abs(share)}%`;
    row.fill.style.left = share < 0 ? `${50 - 50 * Math.abs(share)}%` : "50%";
    row.fill.style.background = `rgb(${diverging()(Math.sign(share)).join(" ")})`;
    const painted = paintPlane(row.canvas, term?.input ?? null, size);
    if (term) paintFrame(painted, cell().y, cell().x);
  }

  alive(view, "pointwise", () => ({ output: Number(slider.value), ...cell() }), show);
}
