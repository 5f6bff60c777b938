// A line's maps, layer by layer, each channel as a strip; and where the cell that is pointed at looks, drawn on the line.

import { node, setLabel, setText } from "../controls/dom.js";
import { pointOnStrip } from "../controls/pointing.js";
import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { ask, lastLine, lineNetwork, onLine, wantMaps } from "../page/lines.js";
import { askServer } from "../page/server.js";
import { get } from "../page/state.js";
import { live } from "../page/view.js";
import { palette } from "../paint/palette.js";
import { paintStrip } from "../paint/strip.js";
import { latticeOf } from "./lattice.js";
import { reachInWords } from "./reach.js";

const FIRST = 6; // channels of a layer that are shown before all are asked for
const CELL = 4; // CSS pixels a cell
const GAP = 2; // cells between two strips
const POINT = "Choose a cell of a strip to see which pixels of the line it reads.";

export function mount({ element, server }) {
  const view = element.querySelector(".maps-view");
  const find = (selector) => view.querySelector(selector);
  const described = new Map(); // network -> its layers
  const canvases = new Map(); // layer -> its canvas
  const all = find('[data-do="all"]');
  let asked = null; // the network whose layers are on their way
  let layers = []; // of the network that is shown
  let shown = null; // the newest answer with maps
  let pinned = null; // { layer, y, x, channel }
  let pointed = null;
  let room = 0;
  let onScreen = false;

  const channelsOf = ({ channels }) => Array.from({ length: all.ariaPressed === "true" ? channels : Math.min(FIRST, channels) }, (_, channel) => channel);

  // What is asked for ---------------------------------------------------------------------------------------------

  async function describe(network) {
    if (!described.has(network)) {
      if (asked === network) return;
      asked = network;
      const answer = await askServer(server.describe_line, { network }, "write on to try again");
      asked = null;
      if (answer.error) return setText(find(".sentence"), answer.error);
      described.set(network, answer.layers);
    }
    if (layers === described.get(network) || network !== lineNetwork()) return;
    layers = described.get(network);
    build();
    ask();
  }

  wantMaps(() => {
    if (!onScreen || !layers.length || !view.checkVisibility()) return null;
    return Object.fromEntries(layers.filter(isShown).map((layer) => [layer.layer, channelsOf(layer)]));
  });

  const isShown = ({ kind }) => kind !== "concatenation"; // the same maps, one after the other

  function take(answer) {
    if (!get().line) return;
    if (answer?.network && answer.network !== lineNetwork()) return;
    shown = answer?.maps && Object.keys(answer.maps).length ? answer : null;
    describe(lineNetwork());
    paint();
  }

  // What is shown -------------------------------------------------------------------------------------------------

  function build() {
    canvases.clear();
    pinned = pointed = null;
    find(".layers").replaceChildren(...layers.filter(isShown).map((layer) => {
      const figure = node("figure", "scroll");
      const canvas = Object.assign(node("canvas"), { tabIndex: 0, role: "application" });
      canvas.dataset.layer = layer.layer;
      canvases.set(layer.layer, canvas);
      pointOnStrip(stripsOf(layer, canvas), selection);
      const caption = node("figcaption", "", ` field ${layer.field} x ${layer.field}`);
      caption.prepend(node("b", "", `${layer.title}${layer.kernel > 1 && layer.stage !== null ? `, d = ${layer.dilation}` : ""}:`));
      figure.append(caption, canvas);
      return figure;
    }));
  }

  function paint() {
    if (!onScreen) return;
    view.dataset.shown = String(shown !== null);
    layers.filter(isShown).forEach(paintLayer);
    paintCell();
  }

  function paintLayer(layer) {
    const maps = shown?.maps[layer.layer];
    const canvas = canvases.get(layer.layer);
    paintMaps(canvas, maps, maps && columnsOf(maps), selection.cell?.layer === layer.layer ? selection.cell : null);
    setLabel(canvas, `${layer.title}: ${layer.channels} channels${maps ? `, strips of ${maps.size[0]} by ${maps.size[1]} cells` : ""}. Arrow keys move, Page Up and Page Down change the channel, Enter pins.`);
  }

  /** Strips side by side. */
  const columnsOf = ({ channels, size: [, width] }) => Math.max(1, Math.min(channels.length, Math.floor((room / CELL + GAP) / (width + GAP))));

  function paintCell() {
    const answer = shown ?? lastLine()?.answer ?? null;
    const { cell } = selection;
    const layer = layers.find(({ layer: name }) => name === cell?.layer);
    const size = layer && shown?.maps[layer.layer]?.size;
    if (!answer?.strip) {
      setText(find(".sentence"), "Write a line to see what every layer makes of it.");
      return paintStrip(find(".over canvas"), null, room);
    }
    if (!size || cell.x >= size[1]) {
      view.dataset.cell = "";
      setText(find(".sentence"), POINT);
      return paintStrip(find(".over canvas"), answer, room);
    }
    const read = latticeOf(layers, layer.layer, [cell.y, cell.x], [IMAGE_SIZE, answer.width]);
    const box = boxOf(layer, cell);
    view.dataset.cell = [cell.layer, cell.y, cell.x, cell.channel].join(",");
    setText(find(".sentence"), reachInWords(layer, cell, box, read, answer));
    paintStrip(find(".over canvas"), answer, room, { read, box });
  }

  // Pointing ------------------------------------------------------------------------------------------------------

  /** The strips of a layer, as `pointOnStrip` has them. */
  function stripsOf(layer, canvas) {
    const maps = () => shown?.maps[layer.layer];
    return {
      canvas,
      layer: layer.layer,
      get size() { return maps()?.size; },
      get shown() { return maps()?.channels; },
      cellAt(event) {
        if (!maps()) return null;
        const { channels, size: [height, width] } = maps();
        const bounds = canvas.getBoundingClientRect();
        const x = Math.floor(((event.clientX - bounds.left) / bounds.width) * canvas.width);
        const y = Math.floor(((event.clientY - bounds.top) / bounds.height) * canvas.height);
        const channel = channels[Math.floor(y / (height + GAP)) * columnsOf(maps()) + Math.floor(x / (width + GAP))];
        const [row, column] = [y % (height + GAP), x % (width + GAP)];
        return channel === undefined || x < 0 || y < 0 || row >= height || column >= width ? null : { layer: layer.layer, y: row, x: column, channel };
      },
    };
  }

  const selection = {
    get cell() { return pointed ?? pinned; },
    point(cell) { select(cell, pinned); },
    pin(cell) { select(null, cell); },
    letGo() { select(null, null); },
  };

  /** Only the layers that lose the selected cell or get it are painted anew. */
  function select(next, kept) {
    const before = selection.cell;
    [pointed, pinned] = [next, kept];
    const changed = new Set([before?.layer, selection.cell?.layer]);
    if (onScreen) layers.filter(({ layer }) => canvases.has(layer) && changed.has(layer)).forEach(paintLayer);
    paintCell();
  }

  // What changes around it ----------------------------------------------------------------------------------------

  all.addEventListener("click", () => {
    all.ariaPressed = String(all.ariaPressed !== "true");
    setText(all, all.ariaPressed === "true" ? "First channels" : "All channels");
    ask();
  });

  onLine(take);
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1).isIntersecting;
    if (!onScreen) return;
    paint();
    ask();
  }).observe(view);
  live(view, { theme: paint, size: ({ width }) => { room = width; paint(); } });
  take(lastLine()?.answer);
}

/** The field of a cell, [top, left, bottom, right], not cut at the strip's borders. */
function boxOf({ field, step, padding }, { y, x }) {
  const [top, left] = [y, x].map((at) => at * step - padding);
  return [top, left, top + field, left + field];
}

/** Paint the channels of a layer as strips, `columns` side by side; `cell` is framed. */
function paintMaps(canvas, maps, columns, cell) {
  const context = canvas.getContext("2d");
  if (!maps) return context.clearRect(0, 0, canvas.width, canvas.height);
  const { channels, size: [height, width] } = maps;
  const rows = Math.ceil(channels.length / columns);
  const [wide, high] = [columns * (width + GAP) - GAP, rows * (height + GAP) - GAP];
  if (canvas.width !== wide || canvas.height !== high) {
    [canvas.width, canvas.height] = [wide, high];
    canvas.style.width = `${CELL * wide}px`;
  }
  const { scale, gap } = palette();
  const picture = context.createImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer).fill(gap);
  const values = fromBase64(maps.values);
  channels.forEach((_, index) => {
    const start = Math.floor(index / columns) * (height + GAP) * wide + (index % columns) * (width + GAP);
    for (let at = 0; at < height * width; at += 1) pixels[start + Math.floor(at / width) * wide + (at % width)] = scale[values[index * height * width + at]];
  });
  context.putImageData(picture, 0, 0);
  const index = cell ? channels.indexOf(cell.channel) : -1;
  if (index < 0) return;
  const [left, top] = [(index % columns) * (width + GAP) + cell.x, Math.floor(index / columns) * (height + GAP) + cell.y];
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, 2, 2);
}
