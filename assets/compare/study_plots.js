// The plots of the Compare tab: accuracy against parameters, and what a stage costs by channels and kernel.

import { svgNode } from "../controls/dom.js";
import { grouped } from "../page/words.js";
import { frame, label, line, logarithmicTicks, mark, short } from "../paint/plots.js";

const SHOWN = [98, 99, 99.4, 99.6, 99.7];

/** Accuracy against parameters; the vertical scale is logarithmic in the error. */
export function plotAccuracy(svg, { networks, points }) {
  if (!svg.clientWidth) return;
  const study = networks
    .filter(({ test }) => test)
    .map((network) => ({ kind: "study", ...network, ...network.test }));
  const all = [...points, ...study];
  const error = all.map(({ mean }) => 100 - mean);
  const vertical = {
    title: "read correctly, MNIST test", scale: (accuracy) => -Math.log(100 - accuracy),
    low: 100 - 1.25 * Math.max(...error), high: 100 - 0.8 * Math.min(...error), ticks: [],
  };
  vertical.ticks = SHOWN.concat([50, 80, 90, 95]).filter((tick) => tick > vertical.low && tick < vertical.high).map((tick) => [tick, `${tick} %`]);
  const horizontal = { title: "parameters", scale: Math.log, low: 400, high: 100_000, ticks: [] };
  horizontal.ticks = [1e3, 1e4, 1e5].map((tick) => [tick, short(tick)]);
  const { x, y, width, height } = frame(svg, horizontal, vertical);
  const narrow = width < 480;
  const placed = all.map((point) => ({ ...point, x: x(point.parameters), y: y(point.mean), text: nameOf(point, narrow) }));
  for (const point of placed) {
    const group = svgNode("g", { class: point.kind });
    if (point.deviation) {
      const [top, bottom] = [point.mean + point.deviation, point.mean - point.deviation].map((value) => y(Math.min(99.99, Math.max(vertical.low, value))));
      group.append(svgNode("line", { class: "deviation", x1: point.x, x2: point.x, y1: top, y2: bottom }));
    }
    group.append(mark(shapeOf(point), point.x, point.y, point.kind === "study" && !point.dilated));
    group.append(svgNode("title", {}, `${nameOf(point, false)}: ${grouped(point.parameters)} parameters, ${point.mean.toFixed(2)} %`));
    svg.append(group);
  }
  label(svg, placed, width, height);
}

const shapeOf = ({ kind, separable }) => ({ preset: "disc", published: "cross", study: separable ? "diamond" : "square" })[kind];

function nameOf({ kind, title }, narrow) {
  if (kind === "published") return narrow ? "published" : `published${title && `, ${title}`}`;
  return narrow ? title.replace("standard, ", "std., ").replace("separable, ", "sep., ") : title;
}

/** What one stage costs, by channels and by kernel, around the chosen ones (indices). */
export function plotCost([byChannels, byKernel], cost, channel, kernel) {
  if (!byChannels.clientWidth) return;
  const kinds = ["standard", "separable"];
  const all = kinds.flatMap((kind) => cost[kind].flat());
  const vertical = { title: "multiply-accumulates", scale: Math.log, low: Math.min(...all), high: Math.max(...all) };
  vertical.ticks = logarithmicTicks(vertical.low, vertical.high);
  const plots = [
    [byChannels, cost.channels, "channels", channel, (kind) => cost[kind].map((row) => row[kernel])],
    [byKernel, cost.kernels, "side of the kernel", kernel, (kind) => cost[kind][channel]],
  ];
  for (const [svg, places, title, chosen, values] of plots) {
    const every = Math.ceil(places.length / 8);
    const ticks = places.filter((_, index) => index % every === every - 1 || places.length <= 8).map((place) => [place, String(place)]);
    const horizontal = { title, scale: (value) => value, low: places[0], high: places.at(-1), ticks };
    const { x, y } = frame(svg, horizontal, vertical);
    for (const kind of kinds) {
      const points = places.map((place, index) => [x(place), y(values(kind)[index])]);
      const [endX, endY] = points.at(-1);
      svg.append(line(points, kind === "separable"), mark(kind === "separable" ? "diamond" : "square", ...points[chosen]));
      svg.append(svgNode("text", { class: "name", x: endX, y: endY - 8, "text-anchor": "end" }, kind)); // above a rising line
    }
  }
}

/** What the chosen stage costs, in words. */
export function costSentence(cost, channel, kernel) {
  const [standard, separable] = [cost.standard[channel][kernel], cost.separable[channel][kernel]];
  const [channels, side] = [cost.channels[channel], cost.kernels[kernel]];
  const share = `1/${channels} + 1/${side * side} = ${(separable / standard).toFixed(3)}`;
  const verdict = separable < standard ? `${(standard / separable).toFixed(1)} times fewer` : "no fewer: a kernel of one tap leaves nothing to save";
  return (
    `With ${channels} channels and ${side} x ${side} kernels on 14 x 14 cells, a standard stage takes ${grouped(standard)} ` +
    `multiply-accumulates and a separable one ${grouped(separable)} (${share} of them), ${verdict}.`
  );
}
