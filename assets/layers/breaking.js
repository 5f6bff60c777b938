// Break it: switch off parts of the network, or shake its weights, and watch what the reading and the maps become.

import { setText } from "../controls/dom.js";
import { changed, inWords } from "../kept/breaks.js";
import { get, set, subscribe } from "../page/state.js";
import { titleOfLayer } from "../page/words.js";

const ELSEWHERE = "The server reads with this network; only the engine in your browser can break a copy of one.";
const DRAW = "Draw a digit, break something, and watch the reading and the maps.";
const MENDED = "Nothing is broken. What the server computes, such as teaching, always uses the whole network.";

/** Returns show(structure, cell, answer): `answer` is the newest, or null while nothing is drawn. */
export function mountBreaking(section) {
  const part = (name) => section.querySelector(`[data-break="${name}"]`);
  const mend = section.querySelector('[data-do="break-nothing"]');
  let own = null; // structure that the stages are those of
  let shown = null; // what was shown last, as text
  let chosen = null; // the cell whose channel may be switched off

  const change = (fields) => set({ breaks: changed(get().breaks, fields) });
  const isOff = (cell) => Boolean(get().breaks?.channels.some(([layer, channel]) => layer === cell.layer && channel === cell.channel));

  part("channel").addEventListener("click", () => {
    const { layer, channel } = chosen;
    const others = (get().breaks?.channels ?? []).filter(([name, at]) => name !== layer || at !== channel);
    change({ channels: isOff(chosen) ? others : [...others, [layer, channel]] });
  });
  part("stage").addEventListener("change", ({ target }) => change({ stage: target.value === "" ? null : Number(target.value) }));
  for (const name of ["depthwise", "dilations"]) part(name).addEventListener("click", () => change({ [name]: !get().breaks?.[name] }));
  part("noise").addEventListener("input", ({ target }) => change({ noise: Number(target.value) / 100 }));
  mend.addEventListener("click", () => set({ breaks: null }));

  function show(structure, cell, answer) {
    const { breaks } = get();
    const here = !answer || answer.took !== undefined || breaks !== null;
    const { layers } = structure;
    const now = JSON.stringify([structure.network, structure.breaks, breaks, cell && [cell.layer, cell.channel], here, !answer]);
    if (now === shown) return; // while somebody draws nothing changes here
    shown = now;
    if (own !== structure.network) {
      own = structure.network;
      const stages = new Set(layers.map(({ stage }) => stage).filter((stage) => stage !== null));
      part("stage").replaceChildren(new Option("no stage off", ""), ...[...stages].map((at) => new Option(`stage ${at + 1} off`, at)));
    }
    const breakable = layers.some(({ layer, kind }) => layer === cell?.layer && kind !== "pool" && kind !== "linear") ? cell : null;
    chosen = breakable ?? chosen;
    if (chosen && !layers.some(({ layer, channels }) => layer === chosen.layer && chosen.channel < channels)) chosen = null;
    setText(part("channel"), chosen ? `Channel ${chosen.channel} of ${titleOfLayer(chosen.layer).toLowerCase()} off` : "Channel off");
    part("channel").title = chosen ? "" : "Point at or tap a cell to choose its channel.";
    part("channel").ariaPressed = String(Boolean(chosen && isOff(chosen)));
    part("stage").value = breaks?.stage ?? "";
    const able = {
      channel: chosen !== null, stage: true, noise: true,
      depthwise: layers.some(({ kind }) => kind === "depthwise"),
      dilations: Boolean(breaks?.dilations) || layers.some(({ dilation }) => dilation > 1),
    };
    part("depthwise").title = able.depthwise ? "Each depthwise kernel keeps only its middle tap: no stage looks around." : "The stages of this network are standard convolutions: they have no depthwise step.";
    part("dilations").title = able.dilations ? "The same weights at d = 1." : "No stage of this network is dilated.";
    for (const [name, is] of Object.entries(able)) part(name).disabled = !here || !is;
    for (const name of ["depthwise", "dilations"]) part(name).ariaPressed = String(Boolean(breaks?.[name]));
    part("noise").value = Math.round(100 * (breaks?.noise ?? 0));
    setText(section.querySelector("output"), `${part("noise").value}\u00a0%`);
    mend.disabled = !breaks;
    setText(section.querySelector(".note"), breaks ? `Broken on purpose: ${inWords(breaks)}.` : !here ? ELSEWHERE : answer ? MENDED : DRAW);
  }

  subscribe((_, fields) => fields.includes("breaks") && (section.open ||= get().breaks !== null));
  return show;
}
