// The box of samples on the page: keeps drawings under a name, and shows how the network reads each sample now.

import { node, setText } from "../controls/dom.js";
import { opens, saveFile } from "../controls/files.js";
import { keepInAddress } from "../page/link.js";
import {
  addSamples, areKept, canUndoSamples, deleteAllSamples, deleteSample, getSamples, keepSample, labels, newSamples,
  onSamples, relabelSample, undoSamples,
} from "../kept/samples.js";
import { askServer } from "../page/server.js";
import { get } from "../page/state.js";
import { commit } from "../page/undo.js";
import { live } from "../page/view.js";
import { percent } from "../page/words.js";
import { paintDrawing } from "../paint/pen.js";
import { readBySelf } from "./reading.js";
import { suggestion } from "./suggestion.js";

const FORMAT = 1; // of a samples file

export function mountBox(section, server, most) {
  const find = (selector) => section.querySelector(selector);
  const list = find(".samples");
  const line = find(".said .note");
  const form = find("form");
  const items = new Map(); // sample -> its element
  let classes = []; // of the network
  let readings = new Map(); // drawing -> the likeliest classes with their probabilities
  let read = null; // the network whose readings these are
  let asking = false;
  let examples = []; // elements of somebody else's samples, shown while there are none

  // What is kept ------------------------------------------------------------------------------------------------

  function keepAs(label) {
    const { drawing } = get();
    if (!drawing.length) return say("The sheet is empty: draw first, then say what it is.");
    const done = keepSample({ label, drawing }, most);
    if (done === "full") return say(`There are already ${most} samples, the most that can be taught at once; delete some first.`);
    if (done === "known") return say(`This drawing is already kept as ${label}.`);
    if (get().line) return say(`Kept the chosen digit of the line as ${label}.`);
    commit([]);
    keepInAddress(get()); // so that a reload does not bring back what is now in the box
    say(`Kept as ${label}; the sheet is clear for the next one.`);
  }

  async function named(name, then) {
    const known = [...new Set([...classes, ...labels()])];
    const answer = await askServer(server.name_class, { name, known }, "try again");
    if (answer.error) return say(answer.error);
    then(answer.name);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { name } = form.elements;
    named(name.value, keepAs); // the name stays: a class needs several drawings
  });
  document.addEventListener("keydown", (event) => {
    if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]") || !section.checkVisibility()) return;
    event.preventDefault();
    keepAs(event.key);
  });

  find('[data-do="undo-sample"]').addEventListener("click", () => { undoSamples(); say("Undid the last change."); });
  find('[data-do="delete-samples"]').addEventListener("click", () => {
    const count = getSamples().length;
    deleteAllSamples();
    say(`Deleted ${count === 1 ? "one sample" : `${count} samples`}.`);
  });

  // Files -------------------------------------------------------------------------------------------------------

  find('[data-do="save-samples"]').addEventListener("click", () => {
    saveFile("digitscope-samples.json", `${JSON.stringify({ format: FORMAT, samples: getSamples() })}\n`, "application/json");
  });
  opens(find('[data-do="open-samples"]'), ".json,application/json", async (file) => {
    const answer = await askServer(server.open_samples, await file.text(), "open the file again");
    if (answer.error) return say(answer.error);
    const fresh = newSamples(answer.samples).length;
    if (getSamples().length + fresh > most) return say(`With this file there would be more than ${most} samples; delete some first.`);
    addSamples(answer.samples);
    say(`${fresh} of the file's ${answer.samples.length} samples are new.`);
  });

  // What is said of them ----------------------------------------------------------------------------------------

  /** Ask about the drawings that this network has not read yet. */
  async function ask() {
    const { network } = get();
    if (!network || asking || !section.checkVisibility()) return;
    if (read !== network) readings = new Map();
    const drawings = getSamples().map(({ drawing }) => drawing).filter((drawing) => !readings.has(drawing));
    if (read === network && !drawings.length) return;
    asking = true;
    const own = await readBySelf(drawings, network); // the samples stay in this browser, where it can read them
    const asked = { network, drawings: own ? [] : drawings };
    const answer = own?.length ? own[0] : await askServer(server.read_box, asked, "draw another sample to retry");
    asking = false;
    if (answer.error) { read = null; return say(answer.error); }
    read = network;
    classes = answer.classes;
    drawings.forEach((drawing, index) => readings.set(drawing, own ? own[index].reading : answer.readings[index]));
    show();
    ask(); // the network or the box may have changed by now
  }

  // What is shown -----------------------------------------------------------------------------------------------

  function say(text) {
    line.textContent = areKept() ? text : `${text} This browser keeps nothing, its storage is full or blocked: download the samples before you leave.`;
  }

  function show() {
    const samples = getSamples();
    const text = suggestion(classes, readings);
    setText(find(".sentence"), text);
    find('[data-do="undo-sample"]').hidden = !canUndoSamples();
    for (const name of ["save-samples", "delete-samples"]) find(`[data-do="${name}"]`).disabled = !samples.length;
    showClasses();
    for (const sample of items.keys()) if (!samples.includes(sample)) items.delete(sample);
    const newestFirst = samples.map((sample, index) => item(sample, index + 1)).reverse();
    for (const part of [".example", ".examples"]) find(part).hidden = samples.length > 0 || !examples.length;
    if (newestFirst.some((element, index) => element !== list.children[index]) || list.children.length !== newestFirst.length) {
      list.replaceChildren(...newestFirst);
    }
    paintAll();
  }

  function showClasses() {
    const group = find(".classes");
    const names = [...new Set([...classes, ...labels()])];
    if (group.children.length !== names.length) group.replaceChildren(...names.map(makeClass));
    const counts = Map.groupBy(getSamples(), ({ label }) => label);
    names.forEach((name, index) => {
      const button = group.children[index];
      const count = counts.get(name)?.length ?? 0;
      button.value = name;
      button.firstChild.textContent = name;
      button.lastChild.textContent = count || "";
      button.title = `Keep the drawing as ${name}; ${count} so far`;
      button.ariaLabel = `${name}, ${count} samples`;
    });
  }

  function makeClass() {
    const button = Object.assign(node("button"), { type: "button" });
    button.append(...["bdi", "small"].map((tag) => node(tag)));
    button.addEventListener("click", () => keepAs(button.value));
    return button;
  }

  function item(sample, number) {
    if (!items.has(sample)) items.set(sample, makeItem(sample));
    const element = items.get(sample);
    const [, input, remove] = element.children;
    element.querySelector(".number").textContent = number;
    input.ariaLabel = `Class of sample ${number}`;
    remove.ariaLabel = `Delete sample ${number}`;
    const reading = readings.get(sample.drawing);
    const said = element.querySelector(".reads");
    const right = reading?.[0][0] === sample.label;
    element.dataset.state = reading ? (right ? "right" : "wrong") : "unread";
    said.textContent = reading ? `${right ? "read" : `misread: ${reading[0][0]}`}, ${percent(reading[0][1])}` : "";
    return element;
  }

  function makeItem(sample) {
    const element = node("li");
    const picture = node("canvas");
    picture.role = "img";
    picture.ariaLabel = `A drawing of ${sample.label}`;
    const input = Object.assign(node("input"), { type: "text", value: sample.label, spellcheck: false });
    input.dir = "auto";
    input.title = "Its class; write another to relabel it";
    input.addEventListener("change", () => {
      named(input.value, (label) => { relabelSample(sample, label); say(`Relabelled: ${sample.label} is now ${label}.`); });
      input.value = sample.label;
    });
    const remove = Object.assign(node("button"), { type: "button", textContent: "\u00d7", title: "Delete" });
    remove.addEventListener("click", () => { deleteSample(sample); say(`Deleted a sample of ${sample.label}.`); });
    const words = node("p");
    words.append(...["number", "reads"].map((name) => node("span", name)));
    element.append(picture, input, remove, words);
    return element;
  }

  /** Samples of somebody else, until there are some of one's own. */
  function showExample({ samples, readings }) {
    const misread = readings.filter(({ label, before }) => before[0][0] !== label).length;
    setText(find(".example"), `An example, taught on a computer without MNIST: ${samples.length} drawings of a ${samples[0].label}, of which ${misread} were misread. Yours take their place.`);
    examples = samples.map(({ label, drawing }, index) => {
      const element = node("li");
      const picture = Object.assign(node("canvas"), { role: "img", ariaLabel: `An example's drawing of ${label}`, drawing });
      const [answer, probability] = readings[index].before[0];
      element.dataset.state = answer === label ? "right" : "wrong";
      const words = node("p");
      words.append(node("span", "", label), node("span", "reads", `${answer === label ? "read" : `misread: ${answer}`}, ${percent(probability)}`));
      element.append(picture, words);
      return element;
    });
    find(".examples").replaceChildren(...examples);
    show();
  }

  function paintAll() {
    if (!section.checkVisibility()) return;
    if (!items.size) for (const { firstChild: picture } of examples) paintDrawing(picture, picture.drawing);
    for (const [{ drawing }, element] of items) paintDrawing(element.firstChild, drawing);
  }

  onSamples(() => { show(); ask(); });
  live(section, {
    network: ask,
    seen: () => { paintAll(); ask(); },
    theme() {
      for (const { firstChild } of [...items.values(), ...examples]) firstChild.dataset.painted = "";
      paintAll();
    },
  });
  show();
  return { showExample };
}
