// Makes and updates elements of the page, and names the keys that move over them.

import { attributeOf, textOf } from "../language/language.js";

/** The arrow keys, as steps [down, right]. */
export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** An index, or the nearest one of `count`. */
export const clip = (index, count) => Math.min(count - 1, Math.max(0, index));

const SVG = "http://www.w3.org/2000/svg";

/** A text in which no line breaks inside a size like 3 x 3 or a percentage. */
const whole = (text) => String(text ?? "").replace(/(\d) x (?=\d)/g, "$1\u00a0x\u00a0").replace(/(\d) %/g, "$1\u00a0%");

/** A new element with a class and text. */
export const node = (name, className = "", text = "") => Object.assign(document.createElement(name), { className, textContent: whole(text) });

/** A new element of an SVG with its attributes and text. */
export function svgNode(name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.textContent = text;
  return element;
}

/** A new square canvas of `side` pixels, announced as an image to screen readers: `label` says of what. */
export const pictureCanvas = (side, label) =>
  Object.assign(document.createElement("canvas"), { width: side, height: side, role: "img", ariaLabel: label });

/** The heading of a table's row or column. */
export const heading = (text, scope = "row") => Object.assign(node("th", "", text), { scope });

/** Write an element's text. Only changes cost a layout, and only changes are read out. */
export function setText(element, text) {
  const words = whole(text);
  if (textOf(element) === words) return;
  const { firstChild } = element;
  if (words && firstChild?.nodeType === Node.TEXT_NODE && !firstChild.nextSibling) firstChild.data = words; // a new node would cost its style too
  else element.textContent = words;
}

/** Hide an element or show it; an attribute that is set again would cost its style again. */
export const setHidden = (element, isHidden) => element.toggleAttribute("hidden", Boolean(isHidden));

/** Label an element for screen readers; only changes are read out. */
export function setLabel(element, text) {
  if (attributeOf(element, "aria-label") !== text) element.ariaLabel = text;
}

/**
 * Let the arrow keys, Home and End move among the buttons of a group, which is then one stop of the Tab key. `find()` gives
 * the buttons, and `reached(button)` hears of the one that was moved to. Returns stop(button): where Tab is to stop.
 */
export function rove(group, find = () => [...group.querySelectorAll("button")], reached = () => {}) {
  const steps = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
  const stop = (chosen) => {
    const buttons = find();
    for (const button of buttons) button.tabIndex = button === (chosen ?? buttons[0]) ? 0 : -1;
  };
  group.addEventListener("keydown", (event) => {
    const buttons = find();
    const at = buttons.indexOf(event.target);
    const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? at + (steps[event.key] ?? NaN);
    if (at < 0 || Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    stop(next);
    next.focus();
    reached(next);
  });
  group.addEventListener("focusin", ({ target }) => find().includes(target) && stop(target));
  stop(null);
  return stop;
}
