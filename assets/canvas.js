// The sheet that is drawn on: by mouse, pen, touch or keyboard.

import * as history from "./history.js";
import { linkTo, readLink } from "./link.js";
import { paint } from "./pen.js";
import { connect } from "./reader.js";
import { get, set, subscribe } from "./state.js";

const CLOSEST = 0.003; // canvas units; points nearer than this to the last one say nothing new
const KEY_STEP = 0.02; // canvas units an arrow key moves the pen; with Shift four times as far
const WRITE_TIME = 1100; // milliseconds in which the example on opening writes itself

const look = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function mount({ element, server, props }) {
  const sheet = element.querySelector(".sheet canvas");
  const context = sheet.getContext("2d");
  const find = (name) => element.querySelector(`[data-do="${name}"]`);
  let pen = "medium";
  let pointer = null; // id of the pointer that draws
  let started = 0; // when the drawing began
  let writing = null; // the example that writes itself
  let cursor = null; // { x, y, down } of the keyboard's pen

  // Looks ---------------------------------------------------------------------------------------------------------

  function render() {
    const size = Math.round(sheet.clientWidth * devicePixelRatio);
    if (!size) return;
    if (sheet.width !== size) sheet.width = sheet.height = size;
    context.clearRect(0, 0, size, size);
    paint(context, get().drawing, size, Number(look(`--pen-${pen}`)), look("--ink"));
    if (cursor && document.activeElement === sheet) renderCursor(size);
  }

  function renderCursor(size) {
    context.beginPath();
    context.arc(cursor.x * size, cursor.y * size, size * 0.025, 0, 2 * Math.PI);
    context.lineWidth = size * 0.006;
    context.strokeStyle = look("--accent");
    context.stroke();
    if (cursor.down) { context.fillStyle = look("--accent"); context.fill(); }
  }

  function refresh() {
    render();
    find("undo").disabled = !history.canUndo();
    find("redo").disabled = !history.canRedo();
    find("clear").disabled = !get().drawing.length;
    element.querySelector(".hint").hidden = get().drawing.length > 0 || cursor !== null;
  }

  function say(text) {
    element.querySelector(".status").textContent = text;
  }

  // The pen -------------------------------------------------------------------------------------------------------

  function place(event) {
    const box = sheet.getBoundingClientRect();
    const clip = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
    return [clip((event.clientX - box.left) / box.width), clip((event.clientY - box.top) / box.height), now()];
  }

  function now() {
    if (!get().drawing.length) started = performance.now();
    return Math.round(performance.now() - started);
  }

  function begin(point) {
    stopWriting();
    say("");
    history.commit([...get().drawing, [point]]);
  }

  function extend(points) {
    const drawing = get().drawing;
    const stroke = [...drawing[drawing.length - 1]];
    for (const point of points) {
      const last = stroke[stroke.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= CLOSEST) stroke.push(point);
    }
    if (stroke.length > drawing[drawing.length - 1].length) history.amend([...drawing.slice(0, -1), stroke]);
  }

  sheet.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    sheet.focus({ preventScroll: true });
    pointer = event.pointerId;
    sheet.setPointerCapture(pointer);
    cursor = null;
    begin(place(event));
  });
  sheet.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    extend((events.length ? events : [event]).map(place));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      if (name === "pointerup") extend([place(event)]);
      pointer = null;
      remember();
    });
  }

  // The keyboard --------------------------------------------------------------------------------------------------

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  sheet.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in arrows) moveCursor(...arrows[event.key], event.shiftKey ? 4 : 1);
    else if (event.key === " ") togglePen();
    else return;
    event.preventDefault();
  });
  sheet.addEventListener("blur", () => { cursor = null; refresh(); });

  function moveCursor(right, down, times) {
    const clip = (value) => Math.min(1, Math.max(0, value));
    cursor ??= { x: 0.5, y: 0.5, down: false };
    cursor.x = clip(cursor.x + right * KEY_STEP * times);
    cursor.y = clip(cursor.y + down * KEY_STEP * times);
    if (cursor.down) extend([[cursor.x, cursor.y, now()]]);
    refresh();
  }

  function togglePen() {
    cursor ??= { x: 0.5, y: 0.5, down: false };
    cursor.down = !cursor.down;
    if (cursor.down) begin([cursor.x, cursor.y, now()]);
    else remember();
    say(cursor.down ? "Pen down: the arrow keys draw." : "Pen up: the arrow keys move.");
    refresh();
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && key === "z") act(event.shiftKey ? "redo" : "undo");
    else if (control && key === "y") act("redo");
    else if (!control && (key === "delete" || key === "backspace")) act("clear");
    else return;
    event.preventDefault();
  });

  // The buttons ---------------------------------------------------------------------------------------------------

  const actions = {
    undo: history.undo,
    redo: history.redo,
    clear: () => get().drawing.length && history.commit([]),
    link: copyLink,
  };

  function act(name) {
    if (pointer !== null) return; // a stroke is finished first
    stopWriting();
    say("");
    if (cursor) cursor.down = false;
    actions[name]();
    remember();
  }

  for (const name of Object.keys(actions)) find(name).addEventListener("click", () => act(name));

  async function copyLink() {
    const link = linkTo(get());
    try {
      await navigator.clipboard.writeText(link);
      say("The link to this drawing is copied.");
    } catch {
      say("The link to this drawing is in the address bar.");
    }
  }

  for (const button of element.querySelectorAll("[data-pen]")) {
    button.addEventListener("click", () => {
      pen = button.dataset.pen;
      for (const other of element.querySelectorAll("[data-pen]")) other.ariaPressed = String(other === button);
      render();
    });
  }

  const hands = props.examples;
  let hand = 0;
  for (const button of element.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      stopWriting();
      const label = button.dataset.example;
      const drawings = hands.map(({ digits }) => digits[label]);
      history.commit(drawings[hand % drawings.length]);
      say(`${label} in the ${hands[hand % hands.length].name} hand; press again for another.`);
      hand += 1;
      remember();
    });
  }

  // Opening -------------------------------------------------------------------------------------------------------

  /** Keep the drawing in the address bar: a reload, a bookmark or a copied address brings it back. */
  function remember() {
    window.history.replaceState(null, "", linkTo(get()));
  }

  function open({ first }) {
    let link = {};
    try {
      link = readLink();
    } catch (error) {
      say(error.message);
    }
    if (link.drawing) set({ drawing: link.drawing });
    else if (first) write(hands[0].digits[props.opening]);
  }

  /** The example writes itself once, and gives way to the first touch of the pen. */
  function write(drawing) {
    if (still()) { set({ drawing }); writing = { drawing }; return; }
    const points = drawing.flat().length;
    const begun = performance.now();
    writing = { drawing };
    const frame = (time) => {
      if (writing?.drawing !== drawing) return;
      const share = Math.min(1, (time - begun) / WRITE_TIME);
      set({ drawing: firstPoints(drawing, Math.max(1, Math.round(points * share))) });
      if (share < 1) writing.frame = requestAnimationFrame(frame);
    };
    writing.frame = requestAnimationFrame(frame);
  }

  function firstPoints(drawing, count) {
    const shown = [];
    for (const stroke of drawing) {
      if (count <= 0) break;
      shown.push(stroke.slice(0, count));
      count -= stroke.length;
    }
    return shown;
  }

  /** The first act of the visitor takes the example away. */
  function stopWriting() {
    if (!writing) return;
    cancelAnimationFrame(writing.frame);
    writing = null;
    set({ drawing: [] });
  }

  subscribe((_, changed) => { if (changed.includes("drawing")) refresh(); if (changed.includes("network")) remember(); });
  new ResizeObserver(render).observe(sheet);
  new MutationObserver(render).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("hashchange", () => open({ first: false }));
  connect(server);
  open({ first: true });
  refresh();
}
