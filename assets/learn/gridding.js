// Gridding: which pixels of the drawing a cell reads through dilated layers in a row.

import { node } from "../controls/dom.js";
import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { makeQuestion } from "../page/server.js";
import { live, onceSeen } from "../page/view.js";
import { clearImage, fit, outline } from "../paint/frame.js";
import { paintInk } from "../paint/ink.js";
import { token } from "../paint/tokens.js";

const MARGIN = 3; // pixels of the image around it, so that a field's border is seen to lie beyond it
const INK = 0.45; // how strongly the ink shows under the dots
const DOT = 0.4; // side of a dot, in pixels of the image

export function mount({ element, server, props }) {
  const view = element.querySelector(".learn-view");
  const canvas = view.querySelector("canvas");
  const line = view.querySelector(".sentence");
  let image = null; // of the drawing, bytes in base64
  let shown = null; // the newest answer without an error

  const sliders = props.start.map((dilation, index) => {
    const label = node("label", "row", `Layer ${index + 1}`);
    const slider = Object.assign(node("input"), { type: "range", min: 1, max: props.most, step: 1, value: dilation });
    slider.ariaLabel = `Dilation of layer ${index + 1}`;
    const value = node("output", "value");
    slider.addEventListener("input", follow);
    label.append(slider, value);
    view.querySelector(".sliders").append(label);
    return { slider, value };
  });

  function follow() {
    for (const { slider, value } of sliders) value.textContent = `d = ${slider.value}`;
    pixels.ask(sliders.map(({ slider }) => Number(slider.value)));
  }

  const pixels = makeQuestion(server.describe_gridding, "move a slider to retry", (answer) => {
    line.textContent = answer.error ?? answer.sentence;
    if (!answer.error) shown = answer;
    paint();
  });

  function paint() {
    if (!shown || !view.checkVisibility()) return;
    const plane = clearImage(canvas, MARGIN);
    paintInk(plane, image, INK);
    outline(plane, [0, 0, IMAGE_SIZE, IMAGE_SIZE], token("--hairline"));
    const { context, place, scale } = plane;
    context.fillStyle = token("--accent");
    fromBase64(shown.read).forEach((read, pixel) => {
      if (!read) return;
      const [y, x] = [Math.floor(pixel / IMAGE_SIZE), pixel % IMAGE_SIZE];
      context.fillRect(place(x + (1 - DOT) / 2), place(y + (1 - DOT) / 2), DOT * scale, DOT * scale);
    });
    outline(plane, shown.box, token("--accent"), 2);
  }

  live(canvas, {
    image: (bytes) => { image = bytes; paint(); },
    theme: paint,
    size: () => { fit(canvas); paint(); },
  });
  onceSeen(view, follow);
}
