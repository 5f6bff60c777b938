// Plots as SVG, drawn at the size that they have on screen; shapes, dashes and labels say what colour alone would not.

import { svgNode } from "../controls/dom.js";
import { inLanguage } from "../language/language.js";

const FONT = 12; // px
const EDGE = { left: 52, right: 16, top: 12, bottom: 36 };

/**
 * Clear a plot and draw its frame.
 * An axis is { title, low, high, ticks: [[value, label], ...], scale: value -> any even measure }.
 * Returns { x, y, width, height }: where a value lies, and the plot's size.
 */
export function frame(svg, horizontal, vertical) {
  const width = svg.clientWidth;
  const height = svg.clientHeight;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const along = ({ low, high, scale }, from, to) => (value) =>
    from + ((to - from) * (scale(value) - scale(low))) / (scale(high) - scale(low));
  const x = along(horizontal, EDGE.left, width - EDGE.right);
  const y = along(vertical, height - EDGE.bottom, EDGE.top);
  for (const [value, label] of horizontal.ticks) {
    svg.append(svgNode("line", { class: "grid", x1: x(value), x2: x(value), y1: EDGE.top, y2: height - EDGE.bottom }));
    svg.append(svgNode("text", { x: x(value), y: height - EDGE.bottom + 15, "text-anchor": "middle" }, label));
  }
  for (const [value, label] of vertical.ticks) {
    svg.append(svgNode("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }));
    svg.append(svgNode("text", { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, label));
  }
  svg.append(svgNode("text", { x: width - EDGE.right, y: height - 4, "text-anchor": "end" }, horizontal.title));
  svg.append(svgNode("text", { x: EDGE.left + 4, y: EDGE.top + 10 }, vertical.title));
  return { x, y, width, height };
}

/** A mark of a kind: disc, square, diamond or cross; hollow ones show the paper. */
export function mark(kind, x, y, hollow = false, radius = 5) {
  const shape = {
    disc: () => svgNode("circle", { cx: x, cy: y, r: radius }),
    square: () => svgNode("rect", { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }),
    diamond: () => svgNode("path", { d: `M${x} ${y - 1.3 * radius}L${x + 1.3 * radius} ${y}L${x} ${y + 1.3 * radius}L${x - 1.3 * radius} ${y}Z` }),
    cross: () => svgNode("path", { d: `M${x - radius} ${y - radius}l${2 * radius} ${2 * radius}m0 ${-2 * radius}l${-2 * radius} ${2 * radius}` }),
  }[kind]();
  shape.setAttribute("class", `mark ${kind}${hollow ? " hollow" : ""}`);
  return shape;
}

/** Write labels beside their points [{ x, y, text }] where they cover neither each other nor a point. */
export function label(svg, points, width, height) {
  const taken = points.map(({ x, y }) => [x - 7, y - 7, x + 7, y + 7]);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${FONT}px ${getComputedStyle(svg).fontFamily}`;
  for (const { x, y, text } of points) {
    const wide = pen.measureText(inLanguage(text)).width;
    const places = [[10, 4], [-10 - wide, 4], [-wide / 2, -11], [-wide / 2, 20], [10, -11], [10, 20], [-10 - wide, -11], [-10 - wide, 20]];
    const boxes = places.map(([dx, dy]) => [x + dx, y + dy - FONT + 2, x + dx + wide, y + dy + 3]);
    const inside = ([left, top, right, bottom]) => left > EDGE.left && right < width && top > 0 && bottom < height - EDGE.bottom;
    const free = (box) => inside(box) && taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
    const at = boxes.findIndex(free);
    if (at < 0) continue; // it still has a tooltip
    taken.push(boxes[at]);
    svg.append(svgNode("text", { class: "name", x: x + places[at][0], y: y + places[at][1] }, text));
  }
}

/** A line through points [[x, y], ...]; dashed on request. */
export function line(points, dashed) {
  const d = points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return svgNode("path", { class: `curve${dashed ? " dashed" : ""}`, d });
}

/** Ticks at 1, 2 and 5 times powers of ten, or at the powers alone if there are many. */
export function logarithmicTicks(low, high) {
  const steps = high / low > 200 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: 12 }, (_, power) => 10 ** power);
  const ticks = powers.flatMap((power) => steps.map((step) => step * power));
  return ticks.filter((tick) => tick >= low && tick <= high).map((tick) => [tick, short(tick)]);
}

/** 21,826 as "22 k". */
export function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(2))} M`;
  return value >= 1e3 ? `${Number((value / 1e3).toPrecision(2))} k` : String(value);
}
