// The head of the page: ways past what stands between the top and a map, and the tabs.

import { set } from "./state.js";
import { mountTabs, openTab } from "./tabs.js";

const TO = {
  drawing: () => document.querySelector("#canvas .sheet canvas"),
  views: () => document.querySelector('#right [role=tab][aria-selected="true"]'),
  maps: () => document.querySelector("#layers .strip canvas"),
};

export function mount({ element }) {
  for (const button of element.querySelectorAll("[data-skip]")) {
    button.addEventListener("click", () => {
      const to = button.dataset.skip;
      if (to === "maps") {
        openTab("Layers");
        set({ question: false }); // it lies over them
      }
      setTimeout(() => TO[to]()?.focus()); // once the tab is open
    });
  }
  mountTabs();
}
