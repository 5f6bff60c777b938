// What every layer makes of the drawing; where the selected cell looks, and how its value is computed.

import { mountChoice } from "../controls/choice.js";
import { setLabel, setText } from "../controls/dom.js";
import { pointOnMap, pointOnStrip } from "../controls/pointing.js";
import { inWords } from "../kept/breaks.js";
import { ask, want } from "../page/reader.js";
import { makeQuestion } from "../page/server.js";
import { get, subscribe } from "../page/state.js";
import { live } from "../page/view.js";
import { signed, titleOfLayer, verdictOf } from "../page/words.js";
import { fit } from "../paint/frame.js";
import { paintImage } from "../paint/ink.js";
import { palette } from "../paint/palette.js";
import { paintLegend, sequential } from "../paint/scales.js";
import { mountBreaking } from "./breaking.js";
import { buildFlow, renewHeads } from "./flow.js";
import { watchInView } from "./in_view.js";
import { mountKernels } from "./kernels.js";
import { mountLines } from "./lines.js";
import { mountOrder } from "./order.js";
import { mountPanel } from "./panel.js";
import { saveView } from "./picture.js";
import { endFor } from "./scale.js";
import { makeSelection } from "./selection.js";
import { hasCell, layerOf, readStructure, sameCell, withWindows } from "./structure.js";

const LOW = matchMedia("(min-width: 960px) and (max-height: 800px)"); // a window with room for fewer maps above the panel

export function mount({ element, server }) {
  const view = element.querySelector(".layers-view");
  const find = (selector) => view.querySelector(selector);
  const say = (text) => setText(find(".sentence"), text);
  const described = new Map(); // network -> what the server said of it: one that was here before comes back without it
  let structure = null; // the server's description of the network
  let problem = null; // the error, if the chosen network could not be described
  let flow = null; // strips, input and buttons that are built from it
  let latest = null; // the newest answer's image, maxima, logits and cell; null until this drawing is answered
  let scale = "own";
  let room = 0; // width of the view, CSS pixels
  let saving = false; // a picture waits for the maps that are outside the window

  const selection = makeSelection((walks = false) => { if (!walks) panel.stopWalk(); refreshCell(); });
  const panel = mountPanel(view, selection);
  const showBreaks = mountBreaking(find(".break"));
  const showKernels = mountKernels(find(".kernels"), server);
  const inView = watchInView(view, () => flow.strips);
  const lines = mountLines(find(".flow"));
  const order = mountOrder(view, () => flow?.strips ?? [], () => { refresh(); lookAgain(); });
  pointOnMap(find(".output canvas"), () => {
    const { cell } = selection;
    return cell && latest?.cell?.layer === cell.layer ? flow.strips.get(cell.layer) : null;
  }, selection);

  // What is asked for ---------------------------------------------------------------------------------------------

  want("layers", () => {
    if (structure?.network !== get().network) return null;
    const maps = saving ? allShown() : inView.maps();
    return maps && { maps, cell: selection.cell, activity: order.asks() };
  });

  const allShown = () => Object.fromEntries([...flow.strips].map(([layer, strip]) => [layer, strip.shown]));

  /** Ask for what is in view now. */
  function lookAgain() {
    inView.forget();
    ask();
  }

  const description = makeQuestion(server.describe_structure, "choose the network again to retry", (answer, name) => {
    problem = answer.error ?? null; // stays while answers of the previous network still arrive
    if (problem) return say(problem);
    described.set(name, answer);
    take(answer, name);
  });

  const take = (answer, name) => { structure = readStructure(answer, name); build(); };

  function follow() {
    const name = get().network;
    problem = null;
    description.drop(); // another one has been chosen meanwhile
    if (!name || structure?.network === name) return;
    panel.stopWalk();
    if (described.has(name)) take(described.get(name), name);
    else description.ask(name);
  }

  function build() {
    inView.forget(); // of the network before
    lines.forget();
    flow = buildFlow(find(".flow"), structure, LOW.matches ? 8 : 16, () => { refresh(); lookAgain(); });
    order.forget();
    for (const strip of flow.strips.values()) pointOnStrip(strip, selection);
    flow.buttons.forEach((button, channel) => {
      button.addEventListener("click", () => selection.pin({ layer: "head", y: 0, x: 0, channel }));
    });
    selection.begin();
    latest = null;
    view.dataset.state = "shown";
    view.dataset.network = structure.network;
    const { cell } = get();
    if (cell && !hasCell(structure, cell)) selection.letGo(`The pinned cell was released: this network has no ${placeOf(cell)}.`);
    hold();
    refresh();
    join();
    lookAgain();
  }

  /** The lines follow the layout. */
  function join() {
    lines.measure(flow);
    lines.show(structure, selection.cell);
  }

  /** Keep the pinned channel in sight, and where its layer works channel by channel, the one that it is made of. */
  function hold() {
    const { cell } = get();
    const own = layerOf(structure, cell);
    const layers = own ? [own.layer, ...(own.kind === "depthwise" ? own.reads : [])] : [];
    let others = false;
    for (const [layer, strip] of flow.strips) others = strip.hold(layers.includes(layer) ? cell.channel : null) || others;
    if (!others) return;
    refresh();
    lookAgain();
  }

  // What is shown -------------------------------------------------------------------------------------------------

  function show(answer) {
    if (!structure || answer.network !== structure.network) return;
    const part = answer.parts.layers;
    if (!part || part.error) {
      if (latest || saving) blank();
      return part && say(part.error);
    }
    latest = { ...part, image: answer.image, took: answer.took, probabilities: answer.probabilities, verdict: verdictOf(answer)[1] };
    adapt(answer.breaks, part.windows);
    for (const [layer, strip] of flow.strips) strip.take(part.maps[layer], part.maxima[layer]);
    if (part.cell?.error) {
      latest.cell = null;
      selection.letGo(part.cell.error);
    }
    order.heed(part.activity);
    refresh();
    element.dataset.sequence = answer.sequence;
    if (saving && [...flow.strips.values()].every((strip) => strip.shown.every(strip.isKnown))) {
      saving = false;
      save();
    }
  }

  /** Show the windows of a broken network, or the network's own. */
  function adapt(breaks, windows) {
    if ((breaks ?? undefined) === structure.breaks) return;
    structure = withWindows(structure, breaks, windows);
    renewHeads(flow, structure.layers);
  }

  function blank() {
    saving = false;
    latest = null;
    for (const strip of flow?.strips.values() ?? []) strip.take(null, 0);
    refresh();
  }

  /** Paint everything that follows the drawing. */
  function refresh() {
    if (!structure) return;
    const colours = palette();
    for (const strip of flow.strips.values()) {
      const end = endOf(strip);
      strip.paint(colours, end);
      setText(strip.scale, latest && scale === "own" ? `\u2264\u2009${end}` : "");
    }
    paintImage(flow.input, latest?.image ?? null);
    flow.buttons.forEach((button, index) => {
      setText(button.lastChild, latest ? signed(latest.logits[index], 2) : "");
    });
    refreshCell();
  }

  /** End of the colour scale of a layer, or of the one scale. */
  const endOf = (strip) => endFor(!latest ? [] : scale === "own" && strip ? [latest.bright[strip.layer]] : Object.values(latest.bright));

  function refreshCell() {
    if (!structure) return;
    const { cell } = selection;
    const detail = detailOf(cell);
    const own = flow.strips.get(cell?.layer);
    setText(find(".legend .top"), scale === "own" && !own ? "varies by layer" : `${endOf(own)} and more`);
    lines.show(structure, cell);
    for (const strip of flow.strips.values()) {
      strip.select(cell);
      setLabel(strip.canvas, stripLabel(strip, cell));
    }
    flow.buttons.forEach((button, channel) => {
      button.ariaPressed = String(cell?.layer === "head" && cell.channel === channel);
    });
    view.dataset.cell = cell ? [cell.layer, cell.y, cell.x, cell.channel].join(",") : "";
    view.dataset.pinned = String(selection.hasPinned());
    view.dataset.field = detail ? detail.field.join(",") : "";
    if (problem || !cell) say(problem ?? selection.notice ?? (structure.breaks ? broken() : `${structure.sentence} Choose a cell to see where it looks.`.trim()));
    else if (detail) say(detail.sentence);
    const layer = layerOf(structure, cell);
    panel.show(structure, cell, {
      title: layer && `${layer.title}, channel ${cell.channel}, cell (${cell.y}, ${cell.x})`,
      label: layer && stripLabel(layer, cell),
      isPinned: selection.isPinned(cell),
      image: latest?.image ?? null,
      detail,
    });
    showKernels(structure, flow.strips, cell, room);
    showBreaks(structure, cell, latest);
  }

  /** The newest answer's details of a cell, if they are of this cell. */
  const detailOf = (cell) => (cell && sameCell(latest?.cell, cell) ? latest.cell : null);

  // Controls ------------------------------------------------------------------------------------------------------

  mountChoice(view, "scale", (value) => { scale = value; refresh(); });

  for (const button of view.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.show;
      panel.fields[kind] = !panel.fields[kind];
      button.ariaPressed = String(panel.fields[kind]);
      refreshCell();
    });
  }
  find('[data-do="save"]').addEventListener("click", () => {
    if (!structure) return;
    if (!get().drawing.length) return save();
    saving = true;
    ask();
  });

  const broken = () => `Broken on purpose: ${inWords(structure.breaks)}.`;
  function save() {
    const detail = detailOf(selection.cell);
    saveView({
      verdict: latest?.verdict ?? "What every layer makes of a drawing",
      drawing: get().drawing,
      sentence: [structure.breaks ? broken() : !detail && structure.sentence, detail?.sentence].filter(Boolean).join(" "),
      structure,
      columns: [...view.querySelectorAll(".column")],
      strips: flow.strips,
      endOf,
      legend: find(".legend .top").textContent,
      latest,
      cell: detail,
      fields: panel.fields,
    });
  }

  // What changes around it ----------------------------------------------------------------------------------------

  function recolour() {
    paintLegend(find(".legend canvas"), sequential());
    refresh();
  }

  live(view, {
    answer: (answer) => (answer ? show(answer) : blank()),
    network() { blank(); follow(); },
    theme: recolour,
    size({ width }) {
      inView.forget();
      if (!view.checkVisibility()) return panel.clearOverlay();
      room = width;
      for (const canvas of view.querySelectorAll("figure canvas")) fit(canvas);
      refresh();
      inView.askAgain();
    },
  });
  live(find(".flow"), { size: () => flow && join() });
  LOW.addEventListener("change", () => structure && build());
  subscribe(({ cell, network }, changed) => {
    if (changed.includes("breaks") && structure) {
      if (!get().breaks) adapt(null);
      refreshCell();
    }
    if (!changed.includes("cell") || !structure) return;
    hold();
    if (cell && structure.network === network && !hasCell(structure, cell)) selection.letGo(`This network has no ${placeOf(cell)}.`);
    else refreshCell();
  });
  recolour();
  follow();
}

const placeOf = ({ layer, y, x, channel }) => `${titleOfLayer(layer).toLowerCase()} with a channel ${channel} and a cell (${y}, ${x})`;

function stripLabel({ layer, title, channels, size: [height, width] }, cell) {
  const here = cell?.layer === layer ? `, channel ${cell.channel}, cell (${cell.y}, ${cell.x})` : "";
  return `${title}: ${channels} maps of ${height} by ${width} cells${here}. Arrow keys move, Enter pins.`;
}
