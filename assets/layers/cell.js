// The arithmetic of one cell, in numbers that add up to its value.

import { node } from "../controls/dom.js";
import { textOf } from "../language/language.js";
import { signed } from "../page/words.js";
import { diverging, sequential } from "../paint/scales.js";

const STRENGTH = 0.4; // of the colour behind a number, so that the number stays readable

/** Show how the value of an answer's cell is computed. */
export function showArithmetic(element, cell) {
  const { arithmetic, layer } = cell;
  element.dataset.value = arithmetic.value;
  const fresh = document.createDocumentFragment();
  fresh.append(...parts(arithmetic, layer), steps(arithmetic, layer));
  renewChildren(element, fresh);
}

/** Make the children of `old` match those of `fresh`; while drawing only numbers change, and tables keep their layout. */
function renewChildren(old, fresh) {
  const [was, is] = [[...old.childNodes], [...fresh.childNodes]];
  if (was.length !== is.length) old.replaceChildren(...is);
  else was.forEach((child, index) => renew(child, is[index]));
}

function renew(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (textOf(old) !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.className !== fresh.className) old.className = fresh.className;
  if (old.style.cssText !== fresh.style.cssText) old.style.cssText = fresh.style.cssText;
  renewChildren(old, fresh);
}

function parts(arithmetic, layer) {
  if (arithmetic.patch) return [patch(arithmetic.patch, layer)];
  if (arithmetic.terms) return [terms(arithmetic, layer)];
  return [];
}

// The patch of a single kernel --------------------------------------------------------------------------------------

function patch({ inputs, weights, products }, layer) {
  const box = node("div", "patch");
  const read = layer === "stem" ? "Pixels under the taps (ink is 3.25)" : "What the taps read";
  box.append(
    grid(read, inputs, 3, sequential()),
    node("span", "sign", "\u00d7"),
    grid("Kernel", weights, 3, diverging()),
    node("span", "sign", "="),
    grid("Products", products, 5, diverging()),
  );
  return box;
}

function grid(caption, values, digits, colour) {
  const side = Math.sqrt(values.length);
  const most = Math.max(...values.map((value) => Math.abs(value ?? 0))) || 1;
  const table = node("table");
  table.append(node("caption", "", caption));
  for (let row = 0; row < side; row += 1) {
    const line = table.insertRow();
    for (const value of values.slice(row * side, (row + 1) * side)) {
      const place = line.insertCell();
      place.textContent = value === null ? "border" : signed(value, digits);
      place.classList.toggle("border", value === null);
      if (value !== null) place.style.background = `rgb(${colour((STRENGTH * value) / most).join(" ")})`;
    }
  }
  return table;
}

// A sum over channels -----------------------------------------------------------------------------------------------

function terms({ terms: shown, rest }, layer) {
  const most = Math.max(...shown.map(([, , , product]) => Math.abs(product)), 1e-9);
  const table = node("table", "terms");
  const head = layer === "head";
  table.append(node("caption", "", head ? "Features that count most for and against the class" : "Channels that count most"));
  for (const [channel, input, weight, product] of shown) {
    const line = table.insertRow();
    line.append(
      node("th", "", head ? `feature ${channel}` : `channel ${channel}`),
      node("td", "", input === null ? "its taps together" : `${signed(input, 3)} \u00d7 ${signed(weight, 3)}`),
      node("td", "number", signed(product, 5)),
      bar(product / most),
      node("td", "side", head ? (product > 0 ? "for" : "against") : ""),
    );
  }
  if (rest[0]) {
    const line = table.insertRow();
    line.append(node("th", "", `${rest[0]} others`), node("td", "", "together"), node("td", "number", signed(rest[1], 5)));
  }
  return table;
}

function bar(share) {
  const track = node("td", "bar");
  const fill = node("i");
  fill.style.width = `${50 * Math.abs(share)}%`;
  fill.style.left = share < 0 ? `${50 - 50 * Math.abs(share)}%` : "50%";
  fill.style.background = `rgb(${diverging()(Math.sign(share)).join(" ")})`;
  track.append(fill);
  return track;
}

// From the sum to the value -----------------------------------------------------------------------------------------

function steps({ mean, sum, scale, shift, residual, rectified, value }, layer) {
  const list = node("dl", "steps");
  const add = (name, formula, result) => list.append(node("dt", "", name), node("dd", "", formula), node("dd", "number", signed(result, 5)));
  if (mean) add("Mean", `of the ${mean} cells of its map`, value);
  else add("Sum", "of all products", sum);
  if (layer === "head") add("Bias", `${signed(sum, 4)} ${plus(shift)}`, value);
  if (!rectified) return list;
  const normed = scale * sum + shift;
  add("Norm", `${signed(scale, 4)} \u00d7 ${signed(sum, 4)} ${plus(shift)}`, normed);
  if (residual !== null) add("Residual", `${signed(normed, 4)} ${plus(residual)}, as read here`, normed + residual);
  add("Activation", "negative becomes 0", value);
  return list;
}

const plus = (value) => `${value < 0 ? "\u2212" : "+"} ${Math.abs(value).toFixed(4)}`;
