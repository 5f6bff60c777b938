// A separable dilated stage as a flow chart: the way that the chosen stage takes, with its maps of the drawing.

import { node, svgNode } from "../controls/dom.js";
import { ask } from "../page/reader.js";
import { paintPlane } from "../paint/planes.js";
import { alive } from "./alive.js";

const CELL = 6; // SVG units between neighbouring cells of the taps' picture
const SPREAD = { no: 1, yes: 2.5 }; // how far apart the picture draws the taps of either answer
const TAPS = 3;
const MIDDLE = { no: [84, 228], yes: [276, 228] };
const OTHERWISE = { no: ["d = 1", "side by side"], yes: ["d > 1", "spread"] }; // of the answer that is not the stage's
const DETAIL = 4; // pixels of a painted map for each SVG unit

const sheet = Object.assign(node("canvas"), { width: 84 * DETAIL, height: 84 * DETAIL });

export function mount({ element }) {
  const view = element.querySelector(".learn-view");
  const slider = view.querySelector("input");
  const answers = [...view.querySelectorAll("[data-answer]")];
  for (const answer of answers) drawTaps(answer.querySelector(".taps"), answer.dataset.answer);
  slider.addEventListener("input", ask);

  function show(found) {
    if (found) slider.max = found.stages - 1;
    slider.ariaValueText = `Stage ${Number(slider.value) + 1}`;
    for (const answer of answers) {
      const taken = found && (answer.dataset.answer === "yes") === found.dilated;
      answer.dataset.taken = String(Boolean(taken));
      const words = taken ? found.reach : OTHERWISE[answer.dataset.answer];
      answer.querySelectorAll(".reach").forEach((text, index) => { text.textContent = words[index]; });
    }
    for (const part of view.querySelectorAll(".residual")) part.style.visibility = found && !found.residual ? "hidden" : "";
    for (const label of view.querySelectorAll("[data-label]")) label.textContent = found?.labels[label.dataset.label] ?? "";
    for (const image of view.querySelectorAll("[data-map]")) {
      const map = found?.maps[image.dataset.map];
      paintPlane(sheet, map?.values ?? null, map?.size ?? [1, 1]);
      image.setAttribute("href", sheet.toDataURL());
    }
  }

  alive(view, "flowchart", () => ({ stage: Number(slider.value) }), show);
}

function drawTaps(group, answer) {
  const [x, y] = MIDDLE[answer];
  const step = CELL * SPREAD[answer];
  for (let tap = 0; tap < TAPS ** 2; tap += 1) {
    const [row, column] = [Math.floor(tap / TAPS) - 1, (tap % TAPS) - 1];
    group.append(svgNode("rect", { x: x + column * step - CELL / 2, y: y + row * step - CELL / 2, width: CELL - 1, height: CELL - 1, class: "tap" }));
  }
}
