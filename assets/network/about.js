// What the chosen network is, in a few sentences.

import { node } from "../controls/dom.js";
import { live } from "../page/view.js";
import { describing } from "./description.js";

export function mount({ element, server, props }) {
  const view = element.querySelector(".about-view");

  function show({ title, told, figures = "", unproved = "", error = "" }) {
    view.querySelector(".told").replaceChildren(...(error ? [] : [node("strong", "", title), ` ${told}`]));
    Object.entries({ figures, unproved, problem: error }).forEach(([name, text]) => { view.querySelector(`.${name}`).textContent = text; });
  }

  show(props.described);
  const follow = describing(view, server.describe_network, show, props.first);
  live(view, { network: follow, seen: follow });
}
