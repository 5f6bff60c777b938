// Where the page is one column, as on a phone, the sheet leaves the window before the views that it drives come into it. A
// small one then stays at the top, with what is read; a tap brings the large one over the view.

import { ONE_COLUMN } from "../controls/columns.js";
import { setText } from "../controls/dom.js";
import { get, subscribe } from "../page/state.js";
import { onTheme } from "../page/theme.js";
import { paintDrawing } from "../paint/pen.js";

/** Returns say(text): what is read. */
export function mountPocket(pocket) {
  const sheet = document.querySelector("#canvas .sheet");
  const canvas = pocket.querySelector("canvas");
  const line = pocket.querySelector("p");
  const toggle = pocket.querySelector('[data-do="enlarge"]');
  let isAway = false; // the sheet is above the window
  let isLarge = false;

  function show() {
    pocket.hidden = !ONE_COLUMN.matches || !(isAway || isLarge);
    if (pocket.hidden && isLarge) return resize(false);
    paint();
  }

  function paint() {
    if (pocket.hidden || isLarge) return;
    canvas.dataset.painted = "";
    paintDrawing(canvas, get().drawing);
  }

  /** Bring the large sheet over the view, or take it away; what it covers is kept in its place. */
  function resize(large) {
    isLarge = large;
    const place = document.querySelector("#canvas");
    place.style.minHeight = large ? `${place.offsetHeight}px` : "";
    place.classList.toggle("large", large);
    pocket.classList.toggle("open", large);
    toggle.textContent = large ? "Done" : "Draw";
    toggle.ariaExpanded = String(large);
    show();
    if (!large) return;
    const beneath = [...document.querySelectorAll("[data-beneath]")].find((each) => each.checkVisibility());
    if (beneath) scrollBy(0, beneath.getBoundingClientRect().top - sheet.parentElement.getBoundingClientRect().bottom);
  }

  for (const button of pocket.querySelectorAll("button")) button.addEventListener("click", () => resize(!isLarge));
  new IntersectionObserver((entries) => {
    const { isIntersecting, boundingClientRect } = entries.at(-1);
    if (!isLarge) isAway = !isIntersecting && boundingClientRect.bottom <= 0;
    show();
  }).observe(sheet);
  ONE_COLUMN.addEventListener("change", show);
  subscribe((_, changed) => changed.includes("drawing") && paint());
  onTheme(paint);
  return (text) => setText(line, text);
}
