// The head of the page: ways past what stands between the top and a map, and the tabs.

import { set } from "../page/state.js";
import { mountTabs, openTab } from "./tabs.js";

const [TRIES, PAUSE] = [50, 100]; // tries, and milliseconds between two of them
const TO = {
  drawing: () => document.querySelector("#canvas .sheet canvas"),
  views: () => document.querySelector('#right [role=tab][aria-selected="true"]'),
  maps: () => document.querySelector("#layers .strip canvas"),
};

/** Focus what `find` finds, as soon as it is there and can be: a view may still be put together. */
function focusOn(find, tries = TRIES) {
  const place = find();
  place?.focus();
  if (document.activeElement !== place && tries) setTimeout(focusOn, PAUSE, find, tries - 1);
}

export function mount({ element }) {
  for (const button of element.querySelectorAll("[data-skip]")) {
    button.addEventListener("click", () => {
      const to = button.dataset.skip;
      if (to === "maps") {
        openTab("Layers");
        set({ question: false }); // it lies over them
      }
      setTimeout(focusOn, 0, TO[to]); // once the tab is open
    });
  }
  mountTabs();
}
