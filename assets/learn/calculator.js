// The calculator: every symbol of the formulas as a slider, with the counts of torch's own modules.

import { heading, node } from "../controls/dom.js";
import { makeQuestion } from "../page/server.js";
import { onceSeen } from "../page/view.js";
import { grouped } from "../page/words.js";

export function mount({ element, server, props }) {
  const view = element.querySelector(".learn-view");
  const same = view.querySelector(".same input");
  const line = view.querySelector(".sentence");
  const values = { ...props.start };

  const rows = props.symbols.map(makeSymbol);
  view.querySelector(".symbols").append(...rows.map((row) => row.element));
  same.addEventListener("change", () => { heedSame(); ask(); });

  function makeSymbol({ name, symbol, meaning, low, high }) {
    const box = node("label", "symbol");
    const title = node("span", "meaning", meaning);
    const [letter, index] = symbol.split("_");
    const sign = node("var", "", letter);
    if (index) sign.append(node("sub", "", index));
    const start = values[name] === "same" ? values.dilation : values[name];
    const slider = Object.assign(node("input"), { type: "range", min: low, max: high, step: 1, value: start, ariaLabel: meaning });
    const number = Object.assign(node("input"), { type: "number", step: 1, value: start, ariaLabel: `${meaning}, as a number` });
    slider.addEventListener("input", () => { number.value = slider.value; change(name, slider.value); });
    number.addEventListener("input", () => { slider.value = number.value; change(name, number.value); });
    box.append(sign, title, slider, number);
    return { element: box, name, slider, number };
  }

  function change(name, value) {
    values[name] = value === "" ? null : Number(value);
    ask();
  }

  function heedSame() {
    const { slider, number } = rows.find((row) => row.name === "padding");
    slider.disabled = number.disabled = same.checked;
    values.padding = same.checked ? "same" : Number(number.value);
  }

  const counts = makeQuestion(server.calculate, "move a slider to retry", (answer) => {
    view.dataset.state = answer.error ? "wrong" : "shown";
    line.textContent = answer.error ?? answer.sentence;
    if (!answer.error) show(answer);
  });

  const ask = () => counts.ask({ ...values });

  function show(answer) {
    view.querySelector("tbody").replaceChildren(...answer.rows.map(makeRow));
    for (const box of view.querySelectorAll("[data-of]")) box.textContent = answer[box.dataset.of].join(" x ");
  }

  function makeRow({ kind, parameters, multiply_accumulates: operations }) {
    const row = node("tr");
    row.dataset.kind = kind;
    row.append(heading(kind));
    row.append(...[...parameters, ...operations].map((count) => node("td", "", grouped(count))));
    return row;
  }

  heedSame();
  onceSeen(view, ask);
}
