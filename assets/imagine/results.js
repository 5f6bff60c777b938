// What may be done with an image that was drawn: put on the sheet, kept as a sample, saved as a picture.

import { pictureCanvas, setText } from "../controls/dom.js";
import { savePicture } from "../controls/files.js";
import { areKept, keepSample } from "../kept/samples.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { keepInAddress } from "../page/link.js";
import { get } from "../page/state.js";
import { commit } from "../page/undo.js";
import { trace } from "./trace.js";

const SCALE = 10; // pixels of the saved picture, along each side, to one of the image

/** Returns show(image, label): what the buttons are about, Uint8Array (784) or null, and what it is. */
export function mountResults(row, most) {
  const buttons = Object.fromEntries([...row.querySelectorAll("[data-do]")].map((each) => [each.dataset.do, each]));
  const line = row.querySelector(".note");
  const say = (text) => setText(line, text);
  let image = null;
  let label = null;

  buttons.put.addEventListener("click", () => {
    commit(trace(image));
    keepInAddress(get()); // so that a reload brings it back
    say("Traced onto the sheet; Undo brings back what was there.");
  });

  buttons.keep.addEventListener("click", () => {
    const done = keepSample({ label, drawing: trace(image) }, most);
    if (done === "full") return say(`There are already ${most} samples, the most that can be taught at once; delete some in Teach.`);
    if (done === "known") return say(`This is already kept as ${label}.`);
    say(`Kept as ${label}, for Teach${areKept() ? "." : "; this browser's storage is full or blocked, so it is gone after a reload."}`);
  });

  buttons.save.addEventListener("click", async () => {
    await savePicture(`digitscope-${label ?? "image"}.png`, picture(image));
    say("Saved as a picture.");
  });

  return (next, name) => {
    if (next !== image) say("");
    [image, label] = [next, name];
    for (const button of Object.values(buttons)) button.disabled = !image;
    buttons.keep.disabled ||= !label;
    setText(buttons.keep, label ? `Keep as ${label}` : "Keep");
  };
}

/** The image enlarged, black ink on white paper. */
function picture(image) {
  const [small, large] = [IMAGE_SIZE, IMAGE_SIZE * SCALE].map((side) => pictureCanvas(side, ""));
  const context = small.getContext("2d");
  const pixels = context.createImageData(IMAGE_SIZE, IMAGE_SIZE);
  image.forEach((ink, pixel) => pixels.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * pixel));
  context.putImageData(pixels, 0, 0);
  const scaled = large.getContext("2d");
  scaled.imageSmoothingEnabled = false;
  scaled.drawImage(small, 0, 0, large.width, large.height);
  return large;
}
