// The sheet that is drawn on: by mouse, pen, touch or keyboard.

import * as history from "../page/undo.js";
import { linkTo, networkInLink, readLink } from "../page/link.js";
import { paint } from "../paint/pen.js";
import { connect } from "../page/reader.js";
import { look } from "../paint/scales.js";
import { get, set, subscribe } from "../page/state.js";
import { setText } from "../page/words.js";

const CLOSEST = 0.003; // canvas units; points nearer than this to the last one say nothing new
const KEY_STEP = 0.02; // canvas units an arrow key moves the pen; with Shift four times as far
const MOVES = "onpointerrawupdate" in window ? "pointerrawupdate" : "pointermove"; // the former does not wait for a frame
const PEN_UP = "Pen up: the arrow keys move.";
const WRITE_TIME = 1100; // milliseconds in which the example on opening writes itself

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function mount({ element, server, props }) {
  const sheet = element.querySelector(".sheet canvas");
  const context = sheet.getContext("2d");
  const hint = element.querySelector(".hint");
  const status = element.querySelector(".status");
  const idle = status.textContent; // what the line says while there is nothing to say
  const buttons = Object.fromEntries([...element.querySelectorAll("[data-do]")].map((each) => [each.dataset.do, each]));
  let pen = "medium";
  let pointer = null; // id of the pointer that draws
  let inked = null; // the drawing as the pen left it; where it is another one, the stroke is over
  let started = 0; // when the drawing began
  let writing = null; // the example that writes itself
  let cursor = null; // { x, y, down } of the keyboard's pen
  let frame = null; // the animation frame in which the sheet is painted anew

  // Looks ---------------------------------------------------------------------------------------------------------

  function render() {
    const size = sheet.width;
    context.clearRect(0, 0, size, size);
    paint(context, get().drawing, size, Number(look(`--pen-${pen}`)), look("--ink"));
    if (cursor && document.activeElement === sheet) renderCursor(size);
  }

  /** As many pixels as the screen shows; measured when that changes, not at every movement. */
  function fit() {
    const size = Math.round(sheet.clientWidth * devicePixelRatio);
    if (size && sheet.width !== size) sheet.width = sheet.height = size;
    render();
  }

  function renderCursor(size) {
    context.beginPath();
    context.arc(cursor.x * size, cursor.y * size, size * 0.025, 0, 2 * Math.PI);
    context.lineWidth = size * 0.006;
    context.strokeStyle = look("--accent");
    context.stroke();
    if (cursor.down) { context.fillStyle = look("--accent"); context.fill(); }
  }

  /** Once a frame, however often the pen moves in between. */
  function refresh() {
    frame ??= requestAnimationFrame(refreshNow);
  }

  function refreshNow() {
    frame = null;
    render();
    buttons.undo.disabled = !history.canUndo();
    buttons.redo.disabled = !history.canRedo();
    buttons.clear.disabled = !get().drawing.length;
    hint.hidden = get().drawing.length > 0 || cursor !== null;
  }

  function say(text) {
    setText(status, text);
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
    say(idle);
    inked = [...get().drawing, [point]];
    history.commit(inked);
  }

  function extend(points) {
    const drawing = get().drawing;
    const stroke = [...drawing[drawing.length - 1]];
    for (const point of points) {
      const last = stroke[stroke.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= CLOSEST) stroke.push(point);
    }
    if (stroke.length === drawing[drawing.length - 1].length) return;
    inked = [...drawing.slice(0, -1), stroke];
    history.amend(inked);
  }

  /** The drawing is another one now: kept as a sample, undone, or come by a link. */
  function lift() {
    pointer = null;
    if (!cursor?.down) return;
    cursor.down = false;
    say(PEN_UP);
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
  sheet.addEventListener("blur", () => {
    if (cursor?.down) {
      remember();
      say(idle);
    }
    cursor = null;
    refresh();
  });

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
    const down = !cursor.down;
    if (down) begin([cursor.x, cursor.y, now()]);
    else remember();
    cursor.down = down;
    say(down ? "Pen down: the arrow keys draw." : PEN_UP);
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
  };

  function act(name) {
    if (pointer !== null) return; // a stroke is finished first
    stopWriting();
    say(idle);
    if (cursor) cursor.down = false;
    actions[name]();
    remember();
  }

  for (const name of Object.keys(actions)) buttons[name].addEventListener("click", () => act(name));
  buttons.link.addEventListener("click", copyLink);

  async function copyLink() {
    if (writing) keep();
    remember();
    if (!carries()) return say("This drawing is too large for a link.");
    try {
      await navigator.clipboard.writeText(location.href);
      say("The link to this drawing is copied.");
    } catch {
      say("The link to this drawing is in the address bar.");
    }
  }

  const carries = () => !get().drawing.length || readLink().drawing !== null;

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
      if (pointer !== null) return;
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
    window.history.replaceState(null, "", linkTo(writing ? { ...get(), drawing: [] } : get()));
  }

  function open() {
    try {
      const { drawing, cell, design } = readLink();
      set({ cell, design });
      if (drawing) set({ drawing });
      else write(hands[0].digits[props.opening]);
    } catch (error) {
      say(error.message);
    }
  }

  /** Another link in the address bar: its drawing is the next step; another network is the whole page's affair. */
  function follow() {
    if ((networkInLink() ?? get().network) !== get().network) return location.reload();
    try {
      const { drawing, cell, design } = readLink();
      set(design ? { cell, design } : { cell });
      if (!drawing) return;
      stopWriting();
      history.commit(drawing);
      say(idle);
    } catch (error) {
      say(error.message);
    }
  }

  /** The example writes itself once, and gives way to the first touch of the pen. */
  function write(drawing) {
    writing = { drawing };
    if (still()) return setWritten(drawing);
    const points = drawing.flat().length;
    const begun = performance.now();
    const grow = (time) => {
      if (writing?.drawing !== drawing) return;
      const share = Math.min(1, (time - begun) / WRITE_TIME);
      setWritten(firstPoints(drawing, Math.max(1, Math.round(points * share))));
      if (share < 1) writing.frame = requestAnimationFrame(grow);
    };
    writing.frame = requestAnimationFrame(grow);
  }

  function setWritten(drawing) {
    writing.shown = drawing;
    set({ drawing });
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

  /** The example is to stay, whole. */
  function keep() {
    cancelAnimationFrame(writing.frame);
    setWritten(writing.drawing);
    writing = null;
  }

  /** The first act of the visitor takes the example away. */
  function stopWriting() {
    if (!writing) return;
    abandon();
    set({ drawing: [] });
  }

  /** The example is gone from the sheet, by whatever it was. */
  function abandon() {
    cancelAnimationFrame(writing.frame);
    writing = null;
  }

  subscribe(({ drawing }, changed) => {
    if (changed.includes("drawing")) {
      if (writing && drawing !== writing.shown) abandon();
      if (drawing !== inked) lift();
      refresh();
    }
    if (["network", "cell", "design"].some((name) => changed.includes(name))) remember();
  });
  new ResizeObserver(fit).observe(sheet);
  new MutationObserver(render).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("hashchange", follow);
  connect(server);
  open();
  refreshNow();
}
