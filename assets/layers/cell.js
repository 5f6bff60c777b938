// The arithmetic of one cell, in numbers that add up to its value.

import { node, setText } from "../controls/dom.js";
import { signed } from "../page/words.js";
import { diverging, sequential } from "../paint/scales.js";

const STRENGTH = 0.4; // of the colour behind a number, so that the number stays readable

/**
 * Returns show(cell): how the value of an answer's cell is computed. While drawing only numbers change, so that what they
 * stand in is built once for cells of a form.
 */
export function mountArithmetic(element) {
  const waits = element.querySelector(".waits");
  let form = null;
  let parts = []; // { element, show(arithmetic) }

  return ({ arithmetic, layer }) => {
    element.dataset.value = arithmetic.value;
    if (form !== (form = formOf(arithmetic, layer))) {
      parts = [...sumOf(arithmetic, layer), steps(arithmetic, layer)];
      element.classList.toggle("listed", Boolean(arithmetic.terms));
      element.replaceChildren(waits, ...parts.map((part) => part.element));
    }
    for (const { show } of parts) show(arithmetic);
  };
}

/** What two cells have in common whose arithmetic differs in its numbers alone. */
const formOf = ({ patch: one, terms: many, rest, mean, rectified, residual }, layer) =>
  [layer, one?.inputs.length, many?.length, Boolean(rest?.[0]), Boolean(mean), rectified, residual !== null].join();

function sumOf(arithmetic, layer) {
  if (arithmetic.patch) return [patch(arithmetic.patch.inputs.length, layer)];
  return arithmetic.terms ? [terms(arithmetic, layer)] : [];
}

/** Colour what is behind a number; only changes cost a style. */
function tint(element, [red, green, blue] = []) {
  const colour = red === undefined ? "" : `rgb(${red} ${green} ${blue})`;
  if (element.tint !== colour) element.style.background = element.tint = colour;
}

// The patch of a single kernel --------------------------------------------------------------------------------------

function patch(count, layer) {
  const element = node("div", "patch");
  const inputs = grid(layer === "stem" ? "Pixels under the taps (ink is 3.25)" : "What the taps read", count, 3, sequential);
  const weights = grid("Kernel", count, 3, diverging);
  const products = grid("Products", count, 5, diverging);
  element.append(inputs.element, node("span", "sign", "\u00d7"), weights.element, node("span", "sign", "="), products.element);
  const show = ({ patch: numbers }) => {
    inputs.show(numbers.inputs);
    weights.show(numbers.weights);
    products.show(numbers.products);
  };
  return { element, show };
}

function grid(caption, count, digits, scale) {
  const side = Math.sqrt(count);
  const element = node("table");
  element.append(node("caption", "", caption));
  for (let row = 0; row < side; row += 1) element.insertRow().append(...Array.from({ length: side }, () => node("td")));
  const places = [...element.querySelectorAll("td")];
  function show(values) {
    const colour = scale();
    const most = Math.max(...values.map((value) => Math.abs(value ?? 0))) || 1;
    places.forEach((place, index) => {
      const value = values[index];
      setText(place, value === null ? "border" : signed(value, digits));
      place.classList.toggle("border", value === null);
      tint(place, value === null ? [] : colour((STRENGTH * value) / most));
    });
  }
  return { element, show };
}

// A sum over channels -----------------------------------------------------------------------------------------------

function terms({ terms: first, rest: others }, layer) {
  const head = layer === "head";
  const element = node("table", "terms");
  element.append(node("caption", "", head ? "Features that count most for and against the class" : "Channels that count most"));
  const rows = first.map(() => {
    const line = element.insertRow();
    const [say, weigh] = [term(line), barOf(line, head)];
    return (name, formula, product, share) => { say(name, formula, product); weigh(share); };
  });
  const rest = others[0] ? term(element.insertRow()) : null;
  function show({ terms: shown, rest: [count, sum] }) {
    const most = Math.max(...shown.map(([, , , product]) => Math.abs(product)), 1e-9);
    rows.forEach((row, index) => {
      const [channel, input, weight, product] = shown[index];
      const said = input === null ? "its taps together" : `${signed(input, 3)} \u00d7 ${signed(weight, 3)}`;
      row(`${head ? "feature" : "channel"} ${channel}`, said, product, product / most);
    });
    rest?.(`${count} others`, "together", sum);
  }
  return { element, show };
}

/** The words of a row of a table of terms; returns say(name, formula, product). */
function term(line) {
  const [name, formula, number] = [node("th"), node("td"), node("td", "number")];
  line.append(name, formula, number);
  return (title, said, product) => {
    setText(name, title);
    setText(formula, said);
    setText(number, signed(product, 5));
  };
}

/** The bar at the end of a row, and what it speaks for; returns weigh(share), of the longest bar, -1..1. */
function barOf(line, head) {
  const [track, bar, side] = [node("td", "bar"), node("i"), node("td", "side")];
  track.append(bar);
  line.append(track, side);
  return (share) => {
    bar.style.width = `${50 * Math.abs(share)}%`;
    bar.style.left = share < 0 ? `${50 - 50 * Math.abs(share)}%` : "50%";
    tint(bar, diverging()(Math.sign(share)));
    setText(side, head ? (share > 0 ? "for" : "against") : "");
  };
}

// From the sum to the value -----------------------------------------------------------------------------------------

function steps({ mean, rectified, residual }, layer) {
  const element = node("dl", "steps");
  const lines = [];
  const add = (name, say) => {
    const [formula, number] = [node("dd"), node("dd", "number")];
    element.append(node("dt", "", name), formula, number);
    lines.push((arithmetic) => {
      const [said, result] = say(arithmetic);
      setText(formula, said);
      setText(number, signed(result, 5));
    });
  };
  if (mean) add("Mean", (own) => [`of the ${own.mean} cells of its map`, own.value]);
  else add("Sum", ({ sum }) => ["of all products", sum]);
  if (layer === "head") add("Bias", ({ sum, shift, value }) => [`${signed(sum, 4)} ${plus(shift)}`, value]);
  if (rectified) {
    add("Norm", (own) => [`${signed(own.scale, 4)} \u00d7 ${signed(own.sum, 4)} ${plus(own.shift)}`, normed(own)]);
    if (residual !== null) add("Residual", (own) => [`${signed(normed(own), 4)} ${plus(own.residual)}, as read here`, normed(own) + own.residual]);
    add("Activation", ({ value }) => ["negative becomes 0", value]);
  }
  const show = (arithmetic) => { for (const line of lines) line(arithmetic); };
  return { element, show };
}

const normed = ({ scale, sum, shift }) => scale * sum + shift;
const plus = (value) => `${value < 0 ? "\u2212" : "+"} ${Math.abs(value).toFixed(4)}`;
