// The brush of Repair: it erases a part of an image, or lays noise on it. Either way the network is told only where.

import { mountChoice } from "../controls/choice.js";
import { ARROWS, clip } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { live } from "../page/view.js";
import { clearImage, fit, outline } from "../paint/frame.js";
import { paintInk } from "../paint/ink.js";
import { token } from "../paint/tokens.js";

const RADIUS = 2.6; // pixels of the image
const PATCH = [9, 9, 19, 19]; // of "Cover the middle": top, left, bottom, right
const NAMES = { erase: 1, noise: 2 };

/**
 * `changed()` is called after every movement of the brush. Returns { take(image), keep(), shown(), size() }: the image to
 * damage; what is left of it, Uint8Array of 0 and 1; the image as it is damaged; how many pixels are gone.
 */
export function mountBrush(section, changed) {
  const canvas = section.querySelector("canvas");
  const hole = new Uint8Array(IMAGE_SIZE ** 2); // 1 erased, 2 noise
  const noise = Uint8Array.from({ length: IMAGE_SIZE ** 2 }, () => Math.floor(256 * Math.random()));
  let image = null;
  let kind = NAMES.erase;
  let pressed = null; // id of the pointer that brushes
  let cursor = null; // [y, x] of the keyboard's brush

  const size = () => hole.filter(Boolean).length;
  const shown = () => image?.map((ink, pixel) => [ink, 0, noise[pixel]][hole[pixel]]);

  function paint() {
    if (section.hidden) return;
    fit(canvas);
    const plane = clearImage(canvas);
    paintInk(plane, shown() ?? null);
    plane.context.fillStyle = token("--accent");
    plane.context.globalAlpha = 0.15;
    hole.forEach((gone, pixel) => gone && plane.context.fillRect(plane.place(pixel % IMAGE_SIZE), plane.place(Math.floor(pixel / IMAGE_SIZE)), plane.scale, plane.scale));
    plane.context.globalAlpha = 1;
    if (cursor && document.activeElement === canvas) {
      const [y, x] = cursor;
      outline(plane, [y - RADIUS, x - RADIUS, y + RADIUS, x + RADIUS], token("--accent"), 2);
    }
    section.querySelector('[data-do="whole"]').disabled = !size();
  }

  function brush(y, x) {
    if (!image) return;
    hole.forEach((_, pixel) => {
      const away = Math.hypot(Math.floor(pixel / IMAGE_SIZE) + 0.5 - y, (pixel % IMAGE_SIZE) + 0.5 - x);
      if (away <= RADIUS) hole[pixel] = kind;
    });
    tell();
  }

  function tell() {
    paint();
    changed();
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width].map((share) => share * IMAGE_SIZE);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    cursor = null;
    pressed = event.pointerId;
    canvas.setPointerCapture(pressed);
    brush(...place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pressed) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) brush(...place(each));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { pressed = null; });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) {
      cursor ??= [IMAGE_SIZE / 2, IMAGE_SIZE / 2];
      cursor = cursor.map((at, axis) => clip(at + ARROWS[event.key][axis], IMAGE_SIZE + 1));
      paint();
    } else if (event.key === " ") brush(...(cursor ??= [IMAGE_SIZE / 2, IMAGE_SIZE / 2]));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("blur", () => { cursor = null; paint(); });

  mountChoice(section, "brush", (name) => { kind = NAMES[name]; });
  section.querySelector('[data-do="middle"]').addEventListener("click", () => {
    const [top, left, bottom, right] = PATCH;
    for (let y = top; y < bottom; y += 1) hole.fill(kind, y * IMAGE_SIZE + left, y * IMAGE_SIZE + right);
    tell();
  });
  section.querySelector('[data-do="whole"]').addEventListener("click", () => { hole.fill(0); tell(); });
  live(section, { theme: paint, size: paint });

  return {
    take(next) {
      image = next;
      if (!image) hole.fill(0);
      paint();
    },
    keep: () => hole.map((gone) => Number(!gone)),
    shown,
    size,
  };
}
