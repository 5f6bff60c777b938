// The tabs of the page by their names: opened by links and buttons, and by the arrow keys.

import { textOf } from "../language/language.js";
import { get, set, subscribe } from "../page/state.js";
import { rove } from "./dom.js";

const LIST = "#right [role=tablist]";
const buttons = () => [...document.querySelectorAll(`${LIST} [role=tab]`)];
const nameOf = (button) => textOf(button).trim();
const selected = () => buttons().find((button) => button.ariaSelected === "true");

/** Open a tab by its name. */
export const openTab = (name) => set({ tab: name });

/** Keep the tab that is open and the page's state the same, and let the arrow keys move from tab to tab. */
export function mountTabs() {
  const list = document.querySelector(LIST);
  if (!list || !selected()) return requestAnimationFrame(mountTabs); // Gradio is still at it
  const first = nameOf(buttons()[0]);
  const focus = rove(list, buttons, (button) => button.click());

  function follow() {
    const { tab } = get();
    if ((tab ?? first) === nameOf(selected())) return;
    const button = buttons().find((each) => nameOf(each) === tab) ?? (tab === null ? buttons()[0] : null);
    if (button) button.click();
    else tell(); // a link with a tab that is not here
  }

  function tell() {
    const name = selected() && nameOf(selected());
    if (name) set({ tab: name === first ? null : name });
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
