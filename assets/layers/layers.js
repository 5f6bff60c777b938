// What every layer makes of the drawing; where the selected cell looks, and how its value comes about.

import { answered } from "../page/server.js";
import { showArithmetic, signed } from "./cell.js";
import { fit, paintFields } from "../paint/fields.js";
import { buildFlow } from "./flow.js";
import { paintFrame, paintKernels, paintMap, paintWindow } from "../paint/kernels.js";
import { decodeFloats, palette } from "../paint/maps.js";
import { savePicture } from "../paint/picture.js";
import { ask, onAnswer, want } from "../page/reader.js";
import { paintImage } from "../reading/reading.js";
import { look, paintLegend, sequential } from "../paint/scales.js";
import { get, set, subscribe } from "../page/state.js";
import { setText } from "../page/words.js";

const REST = 300; // milliseconds without an answer after which channels are sorted anew: none moves under the pen
const WALK_STEP = 70; // milliseconds that a walking kernel stands on a cell
const TOPS = [0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000]; // ends of a colour scale
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const motion = matchMedia("(prefers-reduced-motion: reduce)");
const same = (a, b) => a === b || (a && b && ["layer", "y", "x", "channel"].every((field) => a[field] === b[field]));

function setLabel(node, text) {
  if (node.ariaLabel !== text) node.ariaLabel = text;
}

export function mount({ element, server }) {
  const view = element.querySelector(".layers-view");
  const find = (selector) => view.querySelector(selector);
  const show = { field: true, taps: true, influence: true };
  let structure = null; // what the server said of the network, with its `network` and `weights` decoded
  let flow = null; // strips, input and buttons that are built from it
  let pointed = null; // the cell under the pointer, or that the arrow keys went to
  let latest = null; // the newest answer's image, maxima, logits and cell; null while there is none of this drawing
  let order = "index";
  let scale = "common";
  let resting = null;
  let room = 0; // CSS pixels that the view is wide
  let notice = null; // what is to be said instead of the usual sentence, until a cell is selected
  let walk = null; // { at, timer } of the kernel that walks
  let saving = false; // a picture waits for the maps that are outside the window
  let inView = null; // channels inside the window by layer, or false where nothing is; null until it is looked at again

  const focused = () => pointed ?? get().cell;

  // What is asked for ---------------------------------------------------------------------------------------------

  want("layers", () => {
    if (structure?.network !== get().network) return null;
    const maps = saving ? shown() : inView ??= onScreen() && visible();
    return maps && { maps, cell: focused(), activity: order === "activity" };
  });

  /** Asks for the layout, and so not at every movement: what is in view stays there until the page moves or changes. */
  function visible() {
    const maps = {};
    for (const [layer, strip] of flow.strips) {
      const channels = strip.visible();
      if (channels.length) maps[layer] = channels;
    }
    return maps;
  }

  const shown = () => Object.fromEntries([...flow.strips].map(([layer, strip]) => [layer, strip.shown]));

  function onScreen() {
    if (!view.checkVisibility()) return false;
    const { top, bottom } = view.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  async function follow() {
    const name = get().network;
    if (!name || structure?.network === name) return;
    stopWalk();
    const answer = await answered(
      server.describe_structure(name), "The server does not answer; choose the network again to ask it once more.");
    if (name !== get().network) return; // another one was chosen meanwhile
    if (answer.error) return say(answer.error);
    structure = { ...answer, network: name, fetched: new Map() }; // kernels by layer and channel
    for (const layer of structure.layers) if (layer.weights) layer.kernels = decodeFloats(layer.weights);
    build();
  }

  function build() {
    flow = buildFlow(find(".flow"), structure, structure.classes, (strip) => { strip.sort(null); refresh(); lookAgain(); });
    for (const strip of flow.strips.values()) listen(strip);
    flow.buttons.forEach((button, channel) => {
      button.addEventListener("click", () => pin({ layer: "head", y: 0, x: 0, channel }));
    });
    pointed = null;
    latest = null;
    view.dataset.state = "shown";
    view.dataset.network = structure.network;
    const cell = get().cell;
    notice = null;
    if (cell && !exists(cell)) {
      notice = `The pinned cell was let go: this network has no ${nameOf(cell)}.`;
      set({ cell: null });
    }
    refresh();
    lookAgain();
  }

  const layerOf = (cell) => structure?.layers.find(({ layer }) => layer === cell?.layer);

  function exists(cell) {
    const layer = layerOf(cell);
    if (!layer) return false;
    const inside = (value, count) => value >= 0 && value < count;
    return inside(cell.y, layer.size[0]) && inside(cell.x, layer.size[1]) && inside(cell.channel, layer.channels);
  }

  const nameOf = ({ layer, y, x, channel }) => `layer ${layer} with a channel ${channel} and a cell (${y}, ${x})`;

  // What is shown -------------------------------------------------------------------------------------------------

  onAnswer((answer) => {
    const part = answer.parts?.layers;
    if (!structure || answer.network !== structure.network || !get().drawing.length) return;
    if (!part || part.error) { blank(); return part?.error && say(part.error); }
    latest = { ...part, image: answer.image };
    for (const [layer, strip] of flow.strips) strip.take(part.maps[layer], part.maxima[layer]);
    if (part.cell?.error) { notice = part.cell.error; pointed = null; set({ cell: null }); latest.cell = null; }
    if (part.activity && order === "activity") sortSoon();
    refresh();
    element.dataset.sequence = answer.sequence;
    if (saving && [...flow.strips.values()].every((strip) => strip.shown.every(strip.isKnown))) {
      saving = false;
      savePicture(pictureOf());
    }
  });

  function blank() {
    saving = false;
    latest = null;
    for (const strip of flow?.strips.values() ?? []) strip.take(null, 0);
    refresh();
  }

  const say = (text) => setText(find(".sentence"), text);

  /** Paint everything that follows the drawing. */
  function refresh() {
    if (!structure) return;
    const colours = palette();
    for (const strip of flow.strips.values()) {
      const end = endOf(strip);
      strip.paint(colours, end);
      setText(strip.scale, latest && scale === "own" ? `0 to ${end}` : "");
    }
    setText(find(".legend .top"), scale === "own" ? "as each layer says" : `${endOf()} and more`);
    paintImage(flow.input, latest?.image ?? null);
    flow.buttons.forEach((button, index) => {
      setText(button.lastChild, latest ? signed(latest.logits[index], 2) : "");
    });
    refreshCell();
  }

  /** End of the colour scale of a layer, or of the one scale; it moves in steps, lest colours flicker under the pen. */
  function endOf(strip) {
    if (!latest) return TOPS[5];
    const bright = Object.values(latest.bright).sort((a, b) => a - b);
    const end = scale === "own" && strip ? latest.bright[strip.layer] : bright[Math.floor(bright.length / 2)];
    return TOPS.find((top) => top >= end) ?? TOPS.at(-1);
  }

  function refreshCell() {
    const cell = focused();
    const detail = same(latest?.cell, cell) ? latest.cell : null; // an older cell's fields are not this one's
    for (const strip of flow.strips.values()) {
      strip.select(cell);
      setLabel(strip.canvas, stripLabel(strip, cell));
    }
    flow.buttons.forEach((button, channel) => {
      button.ariaPressed = String(cell?.layer === "head" && cell.channel === channel);
    });
    view.dataset.cell = cell ? [cell.layer, cell.y, cell.x, cell.channel].join(",") : "";
    view.dataset.pinned = String(get().cell !== null);
    view.dataset.field = detail ? detail.field.join(",") : "";
    if (!cell) {
      say(notice ?? structure.sentence);
      setText(find(".cell .title"), "No cell selected");
      setText(find(".words"), "Point at a cell of a map to see its field, its taps and its influence on the image.");
    } else if (!latest) {
      setText(find(".cell .title"), titleOf(cell));
      setText(find(".words"), "Draw a digit to see where this cell looks and how its value comes about.");
    } else if (detail) {
      say(detail.sentence);
      setText(find(".cell .title"), detail.title + (get().cell && same(cell, get().cell) ? " (pinned)" : ""));
      setText(find(".words"), `${detail.title}: ${detail.words}`);
    }
    if (detail || !cell || !latest) paintCell(detail);
    refreshKernels();
  }

  const titleOf = (cell) => `${layerOf(cell).title}, channel ${cell.channel}, cell (${cell.y}, ${cell.x})`;

  function stripLabel(strip, cell) {
    const here = cell?.layer === strip.layer ? `, channel ${cell.channel}, cell (${cell.y}, ${cell.x})` : "";
    return `${strip.title}: ${strip.channels} maps of ${strip.size[0]} by ${strip.size[1]} cells${here}. Arrow keys move, Enter pins.`;
  }

  function paintCell(detail) {
    const image = latest?.image ?? null;
    paintFields(find(".seen canvas"), image, detail, show);
    paintFields(overlay(), image, detail, show, { margin: false });
    const [input, output] = [find(".input"), find(".output")];
    const layer = layerOf(detail);
    input.dataset.empty = detail ? String(!detail.input) : "ghost";
    output.dataset.empty = detail ? String(!detail.map || detail.layer === "pool") : "ghost";
    setText(input.querySelector(".name"), detail?.input ? `What it reads, up to ${detail.input.maximum.toFixed(2)}` : "The map that its kernel reads");
    setText(output.querySelector(".name"), detail?.map ? `Its map, up to ${detail.map.maximum.toFixed(2)}` : "The map that it is a cell of");
    setText(find(".summary span"), detail ? `${detail.title} is ${signed(detail.arithmetic.value, 3)}.` : "");
    find(".summary").dataset.shown = String(Boolean(detail));
    setLabel(output.querySelector("canvas"), layer ? stripLabel(layer, detail) : "No cell selected");
    find('[data-do="walk"]').hidden = !layer?.kernels;
    if (detail) {
      paintWalk(detail, layer);
      showArithmetic(find(".arithmetic"), detail);
    } else {
      for (const canvas of view.querySelectorAll("[data-empty] canvas")) clear(canvas);
      setText(find(".arithmetic"), "Here stand the cell's numbers: what its taps read, times the kernel, summed, normed and rectified.");
    }
  }

  const clear = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);

  /** The map that is read, with the kernel on it, and the map that comes out, as far as the kernel has walked. */
  function paintWalk(detail, layer) {
    const [height, width] = layer.size;
    const at = walk ? walk.at : detail.y * width + detail.x;
    const [y, x] = [Math.floor(at / width), at % width];
    if (detail.input) {
      const painted = paintMap(find(".input canvas"), detail.input);
      if (layer.kernels) {
        const area = layer.kernel ** 2;
        paintWindow(painted, layer, layer.kernels.subarray(detail.channel * area, (detail.channel + 1) * area), y, x);
      }
    }
    if (detail.map && height * width > 1) {
      const painted = paintMap(find(".output canvas"), detail.map, walk ? at + 1 : Infinity);
      paintFrame(painted, y, x);
    }
  }

  /** A canvas over the small image on the left, for the same fields. */
  function overlay() {
    const seen = document.querySelector("#reading .seen canvas");
    let over = document.querySelector("#reading .seen .over");
    if (!over && seen) {
      over = Object.assign(document.createElement("canvas"), { className: "over" });
      over.ariaHidden = "true";
      seen.after(over);
      fit(over);
    }
    return over;
  }

  /** The kernels of the stage that is looked at; at first, those of the widest. */
  function refreshKernels() {
    const layers = structure.layers.filter(({ kernel }) => kernel);
    const cell = focused();
    const prefix = cell?.layer.split(".").slice(0, 2).join(".");
    const widest = layers.reduce((best, layer) => (layer.dilation > best.dilation ? layer : best));
    const layer = layers.find((candidate) => prefix && candidate.layer.startsWith(prefix)) ?? widest;
    const channel = cell?.layer === layer.layer ? cell.channel : 0;
    const weights = layer.kernels ?? kernelsOf(layer, channel);
    if (!weights) return; // they are on their way
    const section = find(".kernels");
    // A standard convolution has a kernel for each channel that it reads, a depthwise one for each that it is of.
    const channels = flow.strips.get(layer.kernels ? layer.layer : sourceOf(layer).layer).shown;
    const key = [structure.network, layer.layer, layer.kernels ? "" : channel, channels.join(), room, look("--ink")].join();
    if (section.dataset.key === key || !view.checkVisibility()) return; // while it is hidden, nobody knows how many fit in a row
    section.dataset.key = key;
    const reach = layer.dilation * (layer.kernel - 1) + 1;
    const whose = layer.kernels ? "" : `, channel ${channel}: one for each channel that it reads`;
    section.querySelector(".title").textContent = `Kernels of ${layer.title.toLowerCase()}, d = ${layer.dilation}${whose}`;
    section.querySelector("canvas").ariaLabel = `${channels.length} kernels of ${layer.kernel ** 2} weights each, spread over ${reach} by ${reach} cells`;
    section.querySelector(".note").textContent =
      `Each kernel has ${layer.kernel ** 2} weights and reaches over ${reach} x ${reach} cells` +
      `${layer.dilation > 1 ? "; the empty cells between its taps are never read" : ""}. ` +
      "The strength of a disc is the weight's size beside the kernel's largest, + and \u2212 are its sign.";
    paintKernels(section.querySelector("canvas"), { ...layer, weights }, channels);
  }

  const sourceOf = (layer) => structure.layers[structure.layers.indexOf(layer) - 1];

  /** The kernels of one channel of a standard convolution; where they are not here yet, they are asked for. */
  function kernelsOf({ layer }, channel) {
    const name = `${layer} ${channel}`;
    const { network, fetched } = structure;
    if (!fetched.has(name)) {
      fetched.set(name, null);
      server.describe_kernels({ network, layer, channel })
        .then(({ weights }) => {
          if (!weights) return;
          fetched.set(name, decodeFloats(weights));
          if (structure.network === network) refreshKernels();
        })
        .catch(() => fetched.delete(name)); // the next cell that is pointed at asks again
    }
    return fetched.get(name);
  }

  // Pointing and pinning ------------------------------------------------------------------------------------------

  function listen(strip) {
    const { canvas } = strip;
    canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && point(strip.cellAt(event)));
    canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && point(null));
    canvas.addEventListener("click", (event) => { const cell = strip.cellAt(event); if (cell) pin(cell); });
    canvas.addEventListener("keydown", (event) => key(event, strip));
    canvas.addEventListener("blur", () => point(null));
  }

  function point(cell) {
    if (same(cell, pointed)) return;
    stopWalk();
    pointed = cell;
    if (cell) notice = null;
    refreshCell();
    ask();
  }

  /** Select a cell for good; the one that is pinned already is let go. */
  function pin(cell) {
    stopWalk();
    const release = same(cell, get().cell);
    pointed = null;
    notice = null;
    set({ cell: release ? null : cell }); // asks, too
    refreshCell();
  }

  function key(event, strip) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = focused()?.layer === strip.layer ? focused() : null;
    const [height, width] = strip.size;
    const clip = (value, count) => Math.min(count - 1, Math.max(0, value));
    const first = { layer: strip.layer, y: Math.floor(height / 2), x: Math.floor(width / 2), channel: strip.shown[0] };
    if (event.key in ARROWS) {
      const [down, right] = height * width > 1 ? ARROWS[event.key] : [0, 0];
      point(cell ? { ...cell, y: clip(cell.y + down, height), x: clip(cell.x + right, width) } : first);
      if (height * width === 1 && cell) turn(ARROWS[event.key][0] * 8 + ARROWS[event.key][1]);
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      if (cell) turn(event.key === "PageDown" ? 1 : -1);
      else point(first);
    } else if (event.key === "Enter" || event.key === " ") pin(cell ?? first);
    else if (event.key === "Escape") { pointed = null; set({ cell: null }); refreshCell(); }
    else return;
    event.preventDefault();
    event.stopPropagation();

    function turn(by) {
      const { shown } = strip;
      point({ ...cell, channel: shown[clip(shown.indexOf(cell.channel) + by, shown.length)] });
    }
  }

  const large = find(".output canvas");
  const largeCell = (event) => {
    const cell = focused();
    const layer = layerOf(cell);
    if (!layer || latest?.cell?.layer !== cell.layer) return null;
    const box = large.getBoundingClientRect();
    const side = Math.max(...layer.size);
    const y = Math.floor(((event.clientY - box.top) / box.height) * side);
    const x = Math.floor(((event.clientX - box.left) / box.width) * side);
    return y >= 0 && x >= 0 && y < layer.size[0] && x < layer.size[1] ? { ...cell, y, x } : null;
  };
  large.addEventListener("pointermove", (event) => event.pointerType !== "touch" && point(largeCell(event) ?? pointed));
  large.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && get().cell && point(null));
  large.addEventListener("click", (event) => { const cell = largeCell(event); if (cell) pin(cell); });
  large.addEventListener("keydown", (event) => { const strip = flow?.strips.get(focused()?.layer); if (strip) key(event, strip); });

  // Controls ------------------------------------------------------------------------------------------------------

  function choose(name, value) {
    for (const button of view.querySelectorAll(`[data-${name}]`)) button.ariaPressed = String(button.dataset[name] === value);
  }

  for (const button of view.querySelectorAll("[data-order]")) {
    button.addEventListener("click", () => {
      order = button.dataset.order;
      choose("order", order);
      clearTimeout(resting);
      if (order === "index") for (const strip of flow?.strips.values() ?? []) strip.sort(null);
      refresh();
      lookAgain();
    });
  }

  /** Sort by activity once the pen rests; ask for what that brings into view. */
  function sortSoon() {
    const sort = () => {
      if (!latest?.activity) return;
      const moved = [...flow.strips].filter(([layer, strip]) => strip.sort(decodeFloats(latest.activity[layer])));
      if (!moved.length) return;
      refresh();
      lookAgain();
    };
    clearTimeout(resting);
    resting = setTimeout(sort, REST);
  }

  for (const button of view.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => { scale = button.dataset.scale; choose("scale", scale); refresh(); });
  }
  for (const button of view.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.show;
      show[kind] = !show[kind];
      button.ariaPressed = String(show[kind]);
      refreshCell();
    });
  }
  find('[data-do="jump"]').addEventListener("click", () => find(".cell").scrollIntoView());
  find('[data-do="save"]').addEventListener("click", () => {
    if (!structure) return;
    if (!get().drawing.length) return savePicture(pictureOf());
    saving = true;
    ask();
  });

  function pictureOf() {
    return {
      title: find(".sentence").textContent,
      network: structure.network,
      columns: [...view.querySelectorAll(".column")],
      strips: flow.strips,
      colours: palette(document.documentElement),
      endOf,
      ownScale: scale === "own",
      legend: find(".legend .top").textContent,
      image: latest?.image ?? null,
      cell: same(latest?.cell, focused()) ? latest?.cell : null,
      logits: latest?.logits ?? [],
      classes: structure.classes,
      show,
    };
  }

  // The kernel that walks -----------------------------------------------------------------------------------------

  const play = find('[data-do="walk"]');

  function stopWalk() {
    if (!walk) return;
    clearInterval(walk.timer);
    walk = null;
    play.textContent = "Play";
    play.ariaPressed = "false";
  }

  play.addEventListener("click", () => {
    if (walk) { stopWalk(); return refreshCell(); }
    walk = { at: 0, timer: setInterval(step, WALK_STEP) };
    play.textContent = "Stop";
    play.ariaPressed = "true";
    refreshCell();
  });

  function step() {
    const layer = layerOf(focused());
    walk.at += 1;
    if (!layer || !latest || !view.checkVisibility() || walk.at >= layer.size[0] * layer.size[1]) stopWalk();
    refreshCell();
  }

  function heedMotion() {
    if (motion.matches) stopWalk();
    play.disabled = motion.matches;
    play.title = motion.matches ? "Your system asks for no motion: use the arrow keys instead." : "Walk the kernel over the map";
  }
  motion.addEventListener("change", heedMotion);
  heedMotion();

  // What changes around it ----------------------------------------------------------------------------------------

  subscribe((state, changed) => {
    if (changed.includes("network")) { blank(); follow(); }
    if (changed.includes("drawing") && !state.drawing.length) blank();
    if (changed.includes("cell") && structure) {
      if (state.cell && structure.network === state.network && !exists(state.cell)) {
        notice = `This network has no ${nameOf(state.cell)}.`;
        return set({ cell: null });
      }
      refreshCell();
    }
  });

  /** Ask for what is in view now. */
  function lookAgain() {
    inView = null;
    ask();
  }

  let scrolled = 0;
  function askAgain() {
    inView = null;
    scrolled ||= requestAnimationFrame(() => { scrolled = 0; if (onScreen()) ask(); });
  }
  addEventListener("scroll", askAgain, { passive: true, capture: true });
  addEventListener("resize", askAgain, { passive: true });
  new ResizeObserver(askAgain).observe(document.body); // what stands above may have grown
  new ResizeObserver(([{ contentRect }]) => {
    inView = null;
    if (!view.checkVisibility()) return clearOverlay();
    room = contentRect.width;
    for (const canvas of view.querySelectorAll("figure canvas")) fit(canvas);
    refresh();
    askAgain();
  }).observe(view);
  new MutationObserver(recolour).observe(document.body, { attributeFilter: ["class"] });

  function clearOverlay() {
    const over = overlay();
    if (over) clear(over);
  }

  function recolour() {
    paintLegend(find(".legend canvas"), sequential());
    refresh();
  }
  recolour();
  follow();
}
