// Separable convolution: the two steps in a row, a few channels of each.

import { node } from "../controls/dom.js";
import { paintPlane } from "../paint/planes.js";
import { alive } from "./alive.js";

const STEPS = ["input", "depthwise", "pointwise"];
const SHOWN = 3;

export function mount({ element }) {
  const view = element.querySelector(".learn-view");
  const columns = [...view.querySelectorAll("figure > div")].map((box, index) => {
    const canvases = Array.from({ length: SHOWN }, () => Object.assign(node("canvas"), { role: "img", ariaLabel: `A map: ${STEPS[index]}` }));
    box.append(...canvases);
    return canvases;
  });

  function show(found) {
    columns.forEach((canvases, step) => canvases.forEach((canvas, index) => {
      const values = found?.[STEPS[step]][index] ?? null;
      const size = step === 0 ? found?.input_size : found?.size;
      paintPlane(canvas, values, size ?? [14, 14], { signs: step > 0 });
    }));
  }

  alive(view, "separable", () => ({}), show);
}
