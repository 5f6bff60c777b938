// The tabs of the page by their names: opened by links and buttons, and by the arrow keys.

import { textOf } from "../language/language.js";
import { get, set, subscribe } from "../page/state.js";
import { ONE_COLUMN } from "./columns.js";
import { rove } from "./dom.js";

const LIST = "#right [role=tablist]";
const buttons = () => [...document.querySelectorAll(`${LIST} [role=tab]`)];
const nameOf = (button) => textOf(button).trim();
const selected = () => buttons().find((button) => button.ariaSelected === "true");

/** Open a tab by its name, and go there where it stands below what it was asked for from. */
export function openTab(name) {
  set({ tab: name });
  requestAnimationFrame(() => begin(ONE_COLUMN.matches));
}

/** Show a view from its beginning, if the tabs are held in the window far below it; or `always`. */
function begin(always = false) {
  const bar = document.querySelector("#right .tab-wrapper");
  const above = document.querySelector("#right").getBoundingClientRect().top - parseFloat(getComputedStyle(bar).top);
  if (always || above < 0) scrollBy(0, above);
}

/** Keep the tab that is open and the page's state the same, and let the arrow keys move from tab to tab. */
export function mountTabs() {
  const list = document.querySelector(LIST);
  if (!list || !selected()) return requestAnimationFrame(mountTabs); // Gradio is still at it
  const first = nameOf(buttons()[0]);
  let shown = nameOf(selected()); // the tab whose view was brought into sight
  const focus = rove(list, buttons, (button) => button.click());

  function follow() {
    const { tab } = get();
    if ((tab ?? first) === nameOf(selected())) return;
    shown = tab ?? first; // whoever asks for it shows what it is about
    const button = buttons().find((each) => nameOf(each) === tab) ?? (tab === null ? buttons()[0] : null);
    if (button) button.click();
    else tell(); // a link with a tab that is not here
  }

  function tell() {
    const name = selected() && nameOf(selected());
    if (name) set({ tab: name === first ? null : name });
    if (name && name !== shown) requestAnimationFrame(() => begin()); // once its view is there
    shown = name;
    reach();
  }

  /** Let the Tab key stop at the open tab, and have it in sight where the bar scrolls. */
  function reach() {
    const button = selected();
    focus(button);
    if (button) list.scrollLeft = button.offsetLeft - (list.clientWidth - button.offsetWidth) / 2;
  }

  follow();
  reach();
  subscribe((_, changed) => changed.includes("tab") && follow());
  new MutationObserver(tell).observe(list.parentElement, { subtree: true, attributeFilter: ["aria-selected", "class"] });
}
