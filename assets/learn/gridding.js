// Gridding: which pixels of the drawing a cell reads through dilated layers in a row.

import { onceSeen } from "./alive.js";
import { inOrder } from "../page/server.js";
import { fit } from "../paint/fields.js";
import { decode } from "../paint/maps.js";
import { node } from "../paint/planes.js";
import { onAnswer } from "../page/reader.js";
import { paintImage } from "../reading/reading.js";
import { look } from "../paint/scales.js";
import { get, subscribe } from "../page/state.js";

const IMAGE = 28;
const MARGIN = 3; // pixels of the image around it, so that a field's border is seen to lie beyond it
const INK = 0.45; // how strongly the ink shows under the dots
const DOT = 0.4; // side of a dot, in pixels of the image

const ink = Object.assign(document.createElement("canvas"), { width: IMAGE, height: IMAGE });

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
    tell(
      server.describe_gridding(sliders.map(({ slider }) => Number(slider.value))), "The server does not answer; move a slider to ask again.");
  }

  const tell = inOrder((answer) => {
    line.textContent = answer.error ?? answer.sentence;
    if (!answer.error) shown = answer;
    paint();
  });

  function paint() {
    if (!shown || !view.checkVisibility()) return;
    const scale = canvas.width / (IMAGE + 2 * MARGIN);
    const place = (value) => (value + MARGIN) * scale;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    paintImage(ink, image);
    context.globalAlpha = INK;
    context.drawImage(ink, place(0), place(0), IMAGE * scale, IMAGE * scale);
    context.globalAlpha = 1;
    frame(context, [0, 0, IMAGE, IMAGE], place, look("--hairline"), 1);
    context.fillStyle = look("--accent");
    decode(shown.read, new Uint8Array(IMAGE * IMAGE)).forEach((read, pixel) => {
      if (!read) return;
      const [y, x] = [Math.floor(pixel / IMAGE), pixel % IMAGE];
      context.fillRect(place(x + (1 - DOT) / 2), place(y + (1 - DOT) / 2), DOT * scale, DOT * scale);
    });
    frame(context, shown.box, place, look("--accent"), 2);
  }

  onAnswer((answer) => {
    if (answer.error || !get().drawing.length) return;
    image = answer.image;
    paint();
  });
  subscribe((state, changed) => {
    if (!changed.includes("drawing") || state.drawing.length) return;
    image = null;
    paint();
  });
  new ResizeObserver(() => { fit(canvas); paint(); }).observe(canvas);
  new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] });
  onceSeen(view, follow);
}

function frame(context, [top, left, bottom, right], place, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width * devicePixelRatio;
  context.strokeRect(place(left), place(top), place(right) - place(left), place(bottom) - place(top));
}
