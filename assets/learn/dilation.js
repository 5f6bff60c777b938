// Dilation: one kernel on the drawing, its taps as far apart as the slider says.

import { node } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { ask } from "../page/reader.js";
import { signed } from "../page/words.js";
import { makeGrid } from "../paint/grid.js";
import { paintFrame, paintWindow } from "../paint/kernels.js";
import { paintPlane, paintWhole } from "../paint/planes.js";
import { alive, chooseOn, oneCell, walkWith } from "./alive.js";

export function mount({ element, props }) {
  const view = element.querySelector(".learn-view");
  const [dilation, kernel] = ["dilation", "kernel"].map((name) => view.querySelector(`[data-for="${name}"]`));
  const [input, output] = view.querySelectorAll("canvas");
  const { cell, choose } = oneCell(14, 14);
  const size = () => [IMAGE_SIZE, IMAGE_SIZE];
  const grids = ["The taps read", "The kernel", "The products"].map(makeGrid);
  const sum = node("p", "value");

  dilation.max = props.most;
  const signs = ["\u00d7", "=", "sum"].map((sign) => node("span", "sign", sign));
  view.querySelector(".patch").append(...grids.flatMap((grid, index) => [grid.element, signs[index]]), sum);
  for (const canvas of [input, output]) chooseOn(canvas, size, cell, choose);
  for (const slider of [dilation, kernel]) slider.addEventListener("input", () => { label(); ask(); });
  walkWith(view.querySelector('[data-do="walk"]'), size, cell, choose);

  const label = () => { view.querySelector("output").textContent = `d = ${dilation.value}`; };

  function show(found) {
    if (found) kernel.max = found.kernels - 1;
    const [reads, weights, products] = grids;
    reads.show(found?.reads ?? null, { signs: false });
    weights.show(found?.weights ?? null);
    products.show(found?.products ?? null, { digits: 3 });
    sum.textContent = found ? signed(found.value, 3) : "";
    const painted = [paintWhole(input, found?.image ?? null), paintPlane(output, found?.output ?? null, size(), { signs: true })];
    if (!found) return;
    paintWindow(painted[0], found, found.weights, cell().y, cell().x);
    paintFrame(painted[1], cell().y, cell().x);
  }

  label();
  alive(view, "dilation", () => ({ kernel: Number(kernel.value), dilation: Number(dilation.value), ...cell() }), show);
}
