// What the Learn tab explains: a button for each heading, since the tab is long.

import { node } from "../controls/dom.js";
import { textOf } from "../language/language.js";
import { onceSeen } from "../page/view.js";

export function mount({ element }) {
  const list = element.querySelector("nav");
  onceSeen(element, () => {
    list.replaceChildren(...[...document.querySelectorAll("#learn .lesson h2")].map((heading) => {
      const button = Object.assign(node("button", "", textOf(heading)), { type: "button" });
      button.addEventListener("click", () => {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
        heading.scrollIntoView();
      });
      return button;
    }));
  });
}
