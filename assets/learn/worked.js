// The worked example: every product of every cell, with numbers that may be changed.

import { node } from "../controls/dom.js";
import { askServer, makeQuestion } from "../page/server.js";
import { get, subscribe } from "../page/state.js";
import { onceSeen } from "../page/view.js";

const DIGITS = 6; // significant ones that a result is shown with

export function mount({ element, server, props }) {
  const view = element.querySelector(".learn-view");
  const find = (selector) => view.querySelector(selector);
  const fields = {
    source: makeFields(find('[data-name="source"]'), "Input", 3),
    kernel: makeFields(find('[data-name="kernel"]'), "Kernel", 3),
    pointwise: makeFields(find('[data-name="pointwise"]'), "Pointwise weight", 1),
  };
  const line = find(".sentence");
  const [products, mixing] = [...view.querySelectorAll(".products tbody")];
  let padding = "valid";
  let dilation = 1;
  let shown = null; // the newest answer without an error
  let at = 0; // index of the cell that is looked at

  function makeFields(box, name, columns) {
    const inputs = Array.from({ length: columns === 1 ? props.pointwise.length : columns ** 2 }, (_, index) => {
      const input = Object.assign(node("input"), { type: "number", step: "any", ariaLabel: `${name} ${index + 1}` });
      input.addEventListener("input", ask);
      return input;
    });
    const cells = node("div", "cells");
    cells.style.setProperty("--columns", columns);
    cells.append(...inputs);
    box.append(cells);
    return inputs;
  }

  const values = (inputs) => inputs.map((input) => (input.value === "" ? null : Number(input.value)));
  const rows = (numbers) => [0, 3, 6].map((first) => numbers.slice(first, first + 3));
  const fill = (inputs, numbers) => inputs.forEach((input, index) => { input.value = numbers[index]; });

  function ask() {
    example.ask({
      source: rows(values(fields.source)),
      kernel: rows(values(fields.kernel)),
      pointwise: values(fields.pointwise),
      padding,
      dilation,
    });
  }

  const example = makeQuestion(server.work_through, "change a number to retry", (answer, request) => {
    view.dataset.state = answer.error ? "wrong" : "shown";
    if (answer.error) {
      line.textContent = answer.error;
      return;
    }
    shown = { ...answer, weights: request.pointwise };
    at = Math.min(at, shown.cells.length - 1);
    show();
  });

  function show() {
    const cell = shown.cells[at];
    line.textContent = cell.sentence;
    showCells(find('[data-name="depthwise"] .cells'), (one) => one.depthwise);
    showPlanes(find(".planes"));
    for (const name of ["back", "next"]) find(`[data-do="${name}"]`).disabled = shown.cells.length === 1;
    products.replaceChildren(...cell.products.map(productRow), sumRow(cell.depthwise));
    mixing.replaceChildren(...cell.pointwise.map((value, output) => {
      return row(`output ${output}`, `${text(cell.depthwise)} \u00d7 ${text(shown.weights[output])}`, text(value));
    }));
    const read = new Set(cell.products.filter((one) => one[2] !== null).map(([line, column]) => 3 * line + column));
    fields.source.forEach((input, index) => input.classList.toggle("read", read.has(index)));
  }

  function showCells(box, value) {
    box.style.setProperty("--columns", shown.size[1]);
    box.replaceChildren(...shown.cells.map((cell, index) => {
      const button = Object.assign(node("button", "", text(value(cell))), { type: "button", ariaPressed: String(index === at) });
      button.addEventListener("click", () => go(index));
      return button;
    }));
  }

  function showPlanes(box) {
    box.replaceChildren(...props.pointwise.map((_, output) => {
      const plane = node("div", "cells");
      plane.style.setProperty("--columns", shown.size[1]);
      plane.append(...shown.cells.map((cell, index) => node("span", index === at ? "at" : "", text(cell.pointwise[output]))));
      return plane;
    }));
  }

  function productRow([line, column, read, weight, product]) {
    const where = read === null ? "in the padding" : `row ${line}, column ${column}`;
    return row(where, `${text(read ?? 0)} \u00d7 ${text(weight)}`, text(product));
  }

  const sumRow = (sum) => Object.assign(row("sum", "", text(sum)), { className: "sum" });

  function row(...cells) {
    const line = node("tr");
    line.append(...cells.map((cell) => node("td", "", cell)));
    return line;
  }

  function go(index) {
    at = (index + shown.cells.length) % shown.cells.length;
    show();
  }

  function press(name, value) {
    for (const button of view.querySelectorAll(`[data-${name}]`)) button.ariaPressed = String(button.dataset[name] === String(value));
  }

  function reset() {
    fill(fields.source, props.numbers.flat());
    fill(fields.kernel, props.numbers.flat());
    fill(fields.pointwise, props.pointwise);
    [padding, dilation, at] = ["valid", 1, 0];
    press("padding", padding);
    press("dilation", dilation);
    ask();
  }

  async function takePatch() {
    const answer = await askServer(server.take_patch, get().drawing, "press the button to retry");
    if (answer.error) {
      line.textContent = answer.error;
      return;
    }
    fill(fields.source, answer.source.flat());
    ask();
  }

  for (const button of view.querySelectorAll("[data-padding]")) {
    button.addEventListener("click", () => { padding = button.dataset.padding; press("padding", padding); ask(); });
  }
  for (const button of view.querySelectorAll("[data-dilation]")) {
    button.textContent = `Dilation ${button.dataset.dilation}`;
    button.addEventListener("click", () => { dilation = Number(button.dataset.dilation); press("dilation", dilation); ask(); });
  }
  find('[data-do="back"]').addEventListener("click", () => shown && go(at - 1));
  find('[data-do="next"]').addEventListener("click", () => shown && go(at + 1));
  find('[data-do="reset"]').addEventListener("click", reset);
  find('[data-do="patch"]').addEventListener("click", takePatch);
  const heed = () => { find('[data-do="patch"]').disabled = !get().drawing.length; };
  subscribe((state, changed) => changed.includes("drawing") && heed());
  heed();
  onceSeen(view, reset);
}

/** A result without the noise of floating point, with a true minus sign. */
const text = (value) => String(Number(value.toPrecision(DIGITS))).replace("-", "\u2212");
