// What the chosen network is, in a few sentences.

import { node } from "../controls/dom.js";
import { makeQuestion } from "../page/server.js";
import { get } from "../page/state.js";
import { live } from "../page/view.js";

export function mount({ element, server, props }) {
  const view = element.querySelector(".about-view");
  let asked = props.first; // name of the network that was asked about last

  function follow() {
    const name = get().network;
    if (!name || name === asked || !view.checkVisibility()) return;
    asked = name;
    description.ask(name);
  }

  const description = makeQuestion(server.describe_network, "choose the network again to retry", (answer) => {
    if (answer.error) asked = null;
    show(answer);
  });

  function show({ title, told, figures = "", unproved = "", error = "" }) {
    view.querySelector(".told").replaceChildren(...(error ? [] : [node("strong", "", title), ` ${told}`]));
    Object.entries({ figures, unproved, problem: error }).forEach(([name, text]) => { view.querySelector(`.${name}`).textContent = text; });
  }

  show(props.described);
  live(view, { network: follow, seen: follow });
}
