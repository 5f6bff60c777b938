// Depthwise convolution: some channels of the first stage, each with its own kernel on its own map.

import { node } from "../controls/dom.js";
import { ask } from "../page/reader.js";
import { onceSeen } from "../page/view.js";
import { signed } from "../page/words.js";
import { makeGrid } from "../paint/grid.js";
import { paintFrame, paintWindow } from "../paint/kernels.js";
import { paintPlane } from "../paint/planes.js";
import { alive, chooseOn, oneCell, walkWith } from "./alive.js";

const ROWS = 3;

export function mount({ element }) {
  const view = element.querySelector(".learn-view");
  const { cell, choose } = oneCell(7, 7);
  let size = [14, 14];
  let page = 0;
  let pages = 1;

  const rows = Array.from({ length: ROWS }, makeRow);
  view.querySelector(".channels").append(...rows.map((row) => row.element));
  walkWith(view.querySelector('[data-do="walk"]'), () => size, cell, choose);
  view.querySelector('[data-do="more"]').addEventListener("click", () => { page = (page + 1) % pages; ask(); });

  function makeRow() {
    const box = node("div", "channel");
    const [input, output] = ["What it reads", "What comes out"].map((label) => {
      const canvas = Object.assign(node("canvas"), { ariaLabel: label, role: "img" });
      chooseOn(canvas, () => size, cell, choose);
      return canvas;
    });
    const name = node("p", "name");
    const value = node("p", "value");
    const [reads, weights] = [makeGrid("The taps read"), makeGrid("Its kernel")];
    box.append(name, input, reads.element, node("span", "sign", "\u00d7"), weights.element, node("span", "sign", "="), value, output);
    return { element: box, name, input, output, reads, weights, value };
  }

  function show(found) {
    if (found) ({ size, pages } = found);
    page = Math.min(page, pages - 1); // another network may have fewer
    rows.forEach((row, index) => showRow(row, found, found?.channels[index]));
  }

  function showRow(row, found, channel) {
    row.name.textContent = channel ? `Channel ${channel.channel}` : "";
    row.value.textContent = channel ? signed(channel.value, 3) : "";
    row.reads.show(channel?.reads ?? null, { signs: false });
    row.weights.show(channel?.weights ?? null);
    const input = paintPlane(row.input, channel?.input ?? null, found?.input_size ?? size);
    const output = paintPlane(row.output, channel?.output ?? null, size, { signs: true });
    if (!channel) return;
    paintWindow(input, found, channel.weights, cell().y, cell().x);
    paintFrame(output, cell().y, cell().x);
  }

  // What Gradio lets scroll on a narrow page, formulas and code, the keyboard has to reach.
  const reach = () => { for (const wide of document.querySelectorAll("#learn .katex-display, #reference pre")) wide.tabIndex = 0; };
  for (const part of [view, document.querySelector("#reference")]) if (part) onceSeen(part, reach);

  alive(view, "depthwise", () => ({ page, ...cell() }), show);
}
