// Strokes: drawn on the sheet by mouse, pen, touch or keyboard, and painted there once a frame.

import { ARROWS } from "../controls/dom.js";
import { sheetWidth } from "../page/shape.js";
import { get } from "../page/state.js";
import { amend, commit, inkOf, retract } from "../page/undo.js";
import { live } from "../page/view.js";
import { fit } from "../paint/frame.js";
import { paintStrokes } from "../paint/pen.js";
import { token } from "../paint/tokens.js";
import { mountPanning } from "./panning.js";

const CLOSEST = 0.003; // canvas units; points closer than this to the last one add nothing
const KEY_STEP = 0.02; // canvas units an arrow key moves the pen; with Shift four times as far
const MOVES = "onpointerrawupdate" in window ? "pointerrawupdate" : "pointermove"; // the former does not wait for the next frame
const PEN_UP = "Pen up: the arrow keys move.";

/**
 * Let `sheet`, a canvas, be drawn on; it lies in `room`, which scrolls where the sheet is wider. `begins()` is called
 * before a stroke, `ends()` after one, `paints()` in every frame in which the sheet is repainted, and `say(text)` with what
 * the keyboard's pen does, "" for nothing. Returns { refresh, heedDrawing, bringIntoSight, setPen, liftKeys, isDrawing, hasCursor }.
 */
export function mountSheet(sheet, room, { begins, ends, paints, say }) {
  const context = sheet.getContext("2d");
  let pen = "medium";
  let pointer = null; // id of the drawing pointer
  let inked = null; // the drawing as the pen left it; if it has changed since, the stroke is over
  let started = 0; // when the drawing began
  let cursor = null; // { x, y, down } of the keyboard's pen
  let frame = null; // the animation frame in which the sheet is repainted

  // Painting ------------------------------------------------------------------------------------------------------

  const ink = () => inkOf(get());

  function render() {
    const size = sheet.height; // pixels a canvas unit
    context.clearRect(0, 0, sheet.width, size);
    paintStrokes(context, ink(), size, Number(token(`--pen-${pen}`)), token("--ink"));
    if (cursor && document.activeElement === sheet) renderCursor(size);
  }

  function renderCursor(size) {
    context.beginPath();
    context.arc(cursor.x * size, cursor.y * size, size * 0.025, 0, 2 * Math.PI);
    context.lineWidth = size * 0.006;
    context.strokeStyle = token("--accent");
    context.stroke();
    if (cursor.down) { context.fillStyle = token("--accent"); context.fill(); }
  }

  /** Once a frame, however often the pen moves in between. */
  function refresh() {
    frame ??= requestAnimationFrame(() => { frame = null; render(); paints(); });
  }

  live(sheet, { theme: render, size: () => { fit(sheet, sheetWidth()); render(); } }); // measured when its size changes, not at every movement

  // Strokes -------------------------------------------------------------------------------------------------------

  function now() {
    if (!ink().length) started = performance.now();
    return Math.round(performance.now() - started);
  }

  function begin(point) {
    begins();
    inked = [...ink(), [point]];
    commit(inked);
  }

  function extend(points) {
    const drawing = ink();
    const stroke = [...drawing.at(-1)];
    for (const point of points) {
      const last = stroke.at(-1);
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= CLOSEST) stroke.push(point);
    }
    if (stroke.length === drawing.at(-1).length) return;
    inked = [...drawing.slice(0, -1), stroke];
    amend(inked);
  }

  /** The drawing was replaced (kept as a sample, undone, or opened from a link): its stroke does not continue. */
  function heedDrawing(drawing) {
    refresh();
    if (drawing === inked) return;
    pointer = null;
    if (!cursor?.down) return;
    cursor.down = false;
    say(PEN_UP);
  }

  // By pointer ----------------------------------------------------------------------------------------------------

  const clip = (value, most) => Math.min(most, Math.max(0, value));

  mountPanning(sheet, room, () => {
    if (pointer === null) return;
    pointer = null;
    retract(); // what the first finger drew was none of the drawing
  });

  function place(event) {
    const box = sheet.getBoundingClientRect();
    const within = (value, most) => Math.round(clip(value, most) * 1e4) / 1e4;
    const width = sheetWidth();
    return [within(((event.clientX - box.left) / box.width) * width, width), within((event.clientY - box.top) / box.height, 1), now()];
  }

  sheet.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    sheet.focus({ preventScroll: true });
    cursor = null;
    begin(place(event));
    pointer = event.pointerId;
    sheet.setPointerCapture(pointer);
  });
  sheet.addEventListener(MOVES, (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    extend((events.length ? events : [event]).map(place));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      if (name === "pointerup") extend([place(event)]);
      pointer = null;
      ends();
    });
  }

  // By keyboard ---------------------------------------------------------------------------------------------------

  sheet.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) moveCursor(ARROWS[event.key], event.shiftKey ? 4 : 1);
    else if (event.key === " ") togglePen();
    else return;
    event.preventDefault();
  });
  sheet.addEventListener("blur", () => {
    if (cursor?.down) {
      ends();
      say("");
    }
    cursor = null;
    refresh();
  });

  function moveCursor([down, right], times) {
    cursor ??= { x: 0.5, y: 0.5, down: false };
    cursor.x = clip(cursor.x + right * KEY_STEP * times, sheetWidth());
    cursor.y = clip(cursor.y + down * KEY_STEP * times, 1);
    bringIntoSight(cursor.x);
    if (cursor.down) extend([[cursor.x, cursor.y, now()]]);
    refresh();
  }

  /** Scroll a sheet that is wider than its room to what lies around x. */
  function bringIntoSight(x) {
    const unit = sheet.clientHeight;
    room.scrollLeft = Math.min(x * unit - unit / 2, Math.max(room.scrollLeft, x * unit + unit / 2 - room.clientWidth));
  }

  function togglePen() {
    cursor ??= { x: 0.5, y: 0.5, down: false };
    const down = !cursor.down;
    if (down) begin([cursor.x, cursor.y, now()]);
    else ends();
    cursor.down = down;
    say(down ? "Pen down: the arrow keys draw." : PEN_UP);
    refresh();
  }

  return {
    refresh,
    heedDrawing,
    bringIntoSight,
    setPen(name) { pen = name; render(); },
    liftKeys() { if (cursor) cursor.down = false; },
    isDrawing: () => pointer !== null,
    hasCursor: () => cursor !== null,
  };
}
