// What the Learn tab explains: a button for each heading, since the tab is long.

import { node } from "../controls/dom.js";

export function mount({ element, props }) {
  element.querySelector("nav").append(...props.headings.map((title, index) => {
    const button = Object.assign(node("button", "", title), { type: "button" });
    button.addEventListener("click", () => {
      const heading = document.querySelectorAll("#learn .lesson h2")[index];
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      heading.scrollIntoView();
    });
    return button;
  }));
}
