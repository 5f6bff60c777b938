// The sheet for one digit or a line, its buttons, its examples, and the link that restores what is on it.

import { rove, setHidden, setText } from "../controls/dom.js";
import { titleOf } from "../kept/networks.js";
import { textOf } from "../language/language.js";
import { isOwn, keepInAddress, networkInLink, readLink } from "../page/link.js";
import { connect } from "../page/reader.js";
import { LINE_WIDTH, moved, rangeOf, toDigit, toLine } from "../page/shape.js";
import { get, set, subscribe } from "../page/state.js";
import { canRedo, canUndo, commit, inkOf, redo, reshape, undo } from "../page/undo.js";
import { mountSheet } from "./sheet.js";
import { heedDrawing, isWriting, keepWritten, stopWriting, write } from "./writing.js";

const HINTS = { digit: "Draw a digit here", line: "Write a line of digits here, from left to right", touch: "Write digits here; two fingers move the line" };
const APART = 0.1; // canvas units between the line and an example that is written after it
const OPENING = "2718"; // the example of a line

export function mount({ element, server, props }) {
  const view = element.querySelector(".canvas-view");
  const hint = element.querySelector(".hint");
  const status = element.querySelector(".status");
  const idle = textOf(status); // the status line's default text
  const buttons = Object.fromEntries([...element.querySelectorAll("[data-do]")].map((each) => [each.dataset.do, each]));

  const say = (text) => setText(status, text || idle);

  const sheet = mountSheet(element.querySelector(".sheet canvas"), element.querySelector(".room"), {
    begins() { stopWriting(); set({ question: false }); say(""); },
    ends: remember,
    paints: showButtons,
    say,
  });

  function showButtons() {
    buttons.undo.disabled = !canUndo();
    buttons.redo.disabled = !canRedo();
    const isEmpty = !inkOf(get()).length;
    buttons.clear.disabled = isEmpty;
    setHidden(hint, !isEmpty || sheet.hasCursor());
  }

  // The buttons ---------------------------------------------------------------------------------------------------

  const actions = { undo, redo, clear: () => inkOf(get()).length && commit([]) };

  function act(name) {
    if (sheet.isDrawing()) return; // let the stroke finish first
    stopWriting();
    say("");
    sheet.liftKeys();
    actions[name]();
    remember();
  }

  for (const name of Object.keys(actions)) buttons[name].addEventListener("click", () => act(name));

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

  for (const button of element.querySelectorAll("[data-pen]")) {
    button.addEventListener("click", () => {
      for (const other of element.querySelectorAll("[data-pen]")) other.ariaPressed = String(other === button);
      sheet.setPen(button.dataset.pen);
      say("A wider or finer line on the sheet only: the network always sees MNIST's pen.");
    });
  }

  // The shape -----------------------------------------------------------------------------------------------------

  /** Returns whether the sheet has another shape now. */
  function showShape() {
    const shape = get().line ? "line" : "digit";
    setText(hint, HINTS[shape === "line" && matchMedia("(pointer: coarse) and (max-width: 832px)").matches ? "touch" : shape]);
    if (view.dataset.shape === shape) return false;
    view.dataset.shape = document.getElementById("page").dataset.shape = shape;
    for (const button of element.querySelectorAll("button[data-shape]")) button.ariaPressed = String(button.dataset.shape === shape);
    return true;
  }

  function choose(shape) {
    if (sheet.isDrawing() || shape === view.dataset.shape) return;
    const isUntouched = isWriting();
    stopWriting();
    say("");
    sheet.liftKeys();
    if (shape === "digit") toDigit();
    else if (isUntouched) { set({ line: [] }); write(exampleLine()); }
    else toLine();
    remember();
  }

  for (const button of element.querySelectorAll("button[data-shape]")) {
    button.addEventListener("click", () => choose(button.dataset.shape));
  }

  // The examples --------------------------------------------------------------------------------------------------

  rove(element.querySelector(".hands"));

  const { examples: hands, styles, opening } = JSON.parse(props.drawings);
  let hand = 0; // the next handwriting
  let digit = opening; // the example that was chosen last
  const style = {}; // the next style of each digit

  function put(example, sentence) {
    if (sheet.isDrawing()) return;
    stopWriting();
    const { line } = get();
    const ink = line ? after(line, example) : example;
    if (!ink) return say("There is no room for another digit on this line.");
    commit(ink);
    if (line) sheet.bringIntoSight(rangeOf(ink.flat(), 0)[1]);
    say(sentence);
    remember();
  }

  /** A line and another digit after it; null where there is no room. */
  function after(line, example) {
    const [low, high] = rangeOf(example.flat(), 0);
    const end = line.length ? rangeOf(line.flat(), 0)[1] : 0;
    if (end + APART + high - low > LINE_WIDTH) return null;
    return [...line, ...moved(example, 1, end + APART - low, 0)];
  }

  /** A line to begin with, in the first of the handwritings. */
  const exampleLine = () => [...OPENING].reduce((line, digit) => after(line, hands[0].digits[digit]), []);

  for (const button of element.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      digit = button.dataset.example;
      const { name, digits } = hands[hand % hands.length];
      put(digits[digit], `${digit} in ${name} handwriting; press again for another.`);
      hand += 1;
    });
  }

  buttons.another.addEventListener("click", () => {
    const own = styles[digit];
    const index = (style[digit] ?? 0) % own.length;
    put(own[index].drawing, `${own[index].title}; style ${index + 1} of ${own.length}.`);
    style[digit] = index + 1;
  });

  // The link ------------------------------------------------------------------------------------------------------

  function remember() {
    const { line, network } = get();
    if (!network) return; // the link that the page was opened with may name one, and has not been asked yet
    keepInAddress(isWriting() ? { ...get(), drawing: [], line: line && [] } : get());
  }

  buttons.link.addEventListener("click", async () => {
    keepWritten();
    remember();
    if (inkOf(get()).length && !inkOf(readLink())?.length) return say("This drawing is too large for a link.");
    try {
      await navigator.clipboard.writeText(location.href);
      say(`Copied a link to this drawing.${left()}`);
    } catch {
      say(`The link to this drawing is in the address bar.${left()}`);
    }
  });

  /** What a link cannot carry. */
  function left() {
    const { network, breaks } = get();
    const own = isOwn(network) ? ` It cannot carry ${titleOf(network)}: anyone who opens it will read with another network. Send that as a file, from Teach.` : "";
    return breaks ? `${own} What you broke stays here.` : own;
  }

  function open() {
    try {
      const { drawing, line, cell, design, tab, path } = readLink();
      set({ cell, design, tab, path });
      if (line) set({ line });
      else if (drawing) set({ drawing });
      else if (!get().drawing.length) {
        set({ question: !cell && !tab && !path });
        write(hands[0].digits[opening]);
      }
    } catch (error) {
      say(error.message);
    }
  }

  /** Another link in the address bar: its drawing becomes the next step; another network concerns the whole page. */
  function follow() {
    if ((networkInLink() ?? get().network) !== get().network) return location.reload();
    try {
      const { drawing, line, cell, design, tab, path } = readLink();
      set({ cell, ...(design && { design }), ...(tab && { tab }), ...(path && { path }) });
      if (!drawing && !line) return;
      stopWriting();
      reshape(line, drawing ?? []);
      say("");
    } catch (error) {
      say(error.message);
    }
  }

  subscribe((state, changed) => {
    const isReshaped = changed.includes("line") && showShape();
    if (changed.includes("line") || (changed.includes("drawing") && !state.line)) {
      heedDrawing(inkOf(state));
      sheet.heedDrawing(inkOf(state));
    }
    if (isReshaped || ["network", "cell", "design", "tab", "path"].some((name) => changed.includes(name))) remember();
  });
  addEventListener("hashchange", follow);
  connect(server);
  showShape();
  open();
  sheet.refresh();
  showButtons();
}
