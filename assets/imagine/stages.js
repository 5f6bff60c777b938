// What the stages make of one image at one step, and which of its pixels a cell of theirs reads.

import { node, setLabel, setText } from "../controls/dom.js";
import { pointOnStrip } from "../controls/pointing.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { makeLane } from "../page/lane.js";
import { live } from "../page/view.js";
import { paintFields } from "../paint/fields.js";
import { fit } from "../paint/frame.js";
import { expandButton, makeStrip } from "../paint/maps.js";
import { signedPalette } from "../paint/palette.js";
import { diverging, paintLegend } from "../paint/scales.js";
import { fieldOf, undilated } from "./fields.js";

const FEW = 16; // channels of a stage that are shown before all are asked for
const SHOW = { field: true, taps: true, influence: false };
const POINT = "Choose a cell of a map to see which pixels it reads.";

/** Returns { build(stages, source), show(request, step, index, picture), clear() }; `picture` is the image that their cells look at. */
export function mountStages(section) {
  const find = (selector) => section.querySelector(selector);
  const canvas = find(".field canvas");
  let stages = []; // { name, dilation, kernel, channels, side } each
  let strips = [];
  let source = null;
  let asked = null; // [request, step, index] whose maps are to be shown
  let taken = null; // those that are
  let picture = null;
  let lookedAt = false; // the section is inside the window
  let pinned = null;
  let pointed = null;

  const selection = {
    get cell() { return pointed ?? pinned; },
    point(cell) { pointed = cell; showCell(); },
    pin(cell) { pinned = JSON.stringify(cell) === JSON.stringify(pinned) ? null : cell; pointed = null; showCell(); },
    letGo() { pinned = pointed = null; showCell(); },
  };

  // One image's maps at a time; while those are computed, only the newest wait.
  const lane = makeLane(
    ([request, step, index]) => source.maps(request, step, index),
    () => asked,
    (request, maps) => maps && request === asked && take(request, maps),
  );

  function build(described, from) {
    [stages, source, asked] = [described, from, null];
    strips = stages.map(({ name, channels, side }, index) =>
      makeStrip({ layer: name, title: `Stage ${index + 1}`, channels, size: [side, side] }, FEW));
    find(".flow").replaceChildren(...strips.map((strip, index) => column(strip, stages[index])));
    for (const strip of strips) pointOnStrip(strip, selection);
    selection.letGo();
    paint();
  }

  function column(strip, { dilation, side }) {
    const element = node("div", "column");
    const more = expandButton(strip, FEW, () => { paint(); showCell(); });
    element.append(node("h2", "", `${strip.title}, d = ${dilation}`), node("p", "note", `${side} x ${side} cells`), strip.element, more);
    return element;
  }

  function take(request, maps) {
    taken = request;
    for (const { name, channels, height, width, values } of maps) {
      const strip = strips.find(({ layer }) => layer === name);
      if (!strip) continue;
      const most = values.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0) || 1;
      const bytes = Uint8Array.from(values, (value) => 128 + Math.round((127 * value) / most));
      if (bytes.length === channels * height * width) strip.take({ channels: [...Array(channels).keys()], values: bytes }, most);
    }
    section.dataset.shown = "maps";
    paint();
  }

  function paint() {
    const colours = signedPalette();
    if (!section.dataset.shown) colours.scale[0] = colours.scale[128]; // what is not known yet is blank
    for (const strip of strips) strip.paint(colours, strip.maximum);
    paintLegend(find(".legend canvas"), diverging(), -1);
    showCell();
  }

  function showCell() {
    const { cell } = selection;
    for (const strip of strips) {
      strip.select(cell);
      setLabel(strip.canvas, `Maps of ${strip.title.toLowerCase()}${cell?.layer === strip.layer ? `, channel ${cell.channel}, cell (${cell.y}, ${cell.x})` : ""}`);
    }
    const index = strips.findIndex(({ layer }) => layer === cell?.layer);
    const found = index < 0 ? null : fieldOf(stages, index, [cell.y, cell.x]);
    setText(find(".words"), found ? sentence(found, index, cell) : POINT);
    section.dataset.read = found?.read ?? "";
    fit(canvas);
    paintFields(canvas, picture, found && { lattice: found.lattice, field: found.box, taps: [] }, SHOW);
  }

  function sentence({ size, read }, index, { y, x }) {
    const near = fieldOf(undilated(stages), index, [y, x]);
    const most = read === IMAGE_SIZE ** 2 ? "every pixel" : `${read} pixels`;
    const same = near.size === size ? "No dilation above 1 lies on the way to it." : `With every dilation 1 it would be ${near.size} x ${near.size}.`;
    return `Stage ${index + 1}, cell (${y}, ${x}): its field is ${size} x ${size} pixels, and it reads ${most} of the image. ${same}`;
  }

  live(section, { theme: paint, size: showCell });
  new IntersectionObserver((entries) => {
    lookedAt = entries.at(-1).isIntersecting;
    if (lookedAt && asked && asked !== taken) lane.send();
  }).observe(section);

  return {
    build,
    show(request, step, index, looked) {
      picture = looked;
      showCell();
      if (asked && [request, step, index].every((value, at) => value === asked[at])) return;
      asked = [request, step, index];
      if (lookedAt) lane.send();
    },
    clear() {
      [asked, picture] = [null, null];
      delete section.dataset.shown;
      for (const strip of strips) strip.take(null, 0);
      paint();
    },
  };
}
