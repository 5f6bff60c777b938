// A network of your own: its shape set by sliders, an assessment of it, and its training.

import { node } from "../controls/dom.js";
import { opens, saveFile } from "../controls/files.js";
import { askServer, makeQuestion } from "../page/server.js";
import { get, set, subscribe } from "../page/state.js";
import { live } from "../page/view.js";
import { grouped } from "../page/words.js";
import { decodeDesign, encodeDesign } from "./address.js";
import { mountForm } from "./form.js";
import { paintReach } from "./reach.js";
import { mountTraining } from "./training.js";

const MARGIN = 4; // pixels of the image around the large picture
const LARGEST = 100000; // bytes of a design file

export function mount({ element, server, props }) {
  const view = element.querySelector(".design-view");
  const part = (name) => view.querySelector(name);
  const button = (name) => view.querySelector(`[data-do="${name}"]`);
  const stages = button("stage");
  let design = null; // as the visitor has it, allowed or not
  let replaced = null; // the design that a preset or a file replaced
  let shown = null; // the server's assessment of the last valid design
  let image = null; // the drawing's image, bytes in base64

  const form = mountForm(part(".layers"), props.limits, props.stages, props.branches, (next) => take(next));
  const training = mountTraining(part(".training"), server, props.epochs, () => (view.dataset.state === "shown" ? design : null));

  // Asking ----------------------------------------------------------------------------------------------------------

  function take(next) {
    design = next;
    part('[data-field="separable"]').checked = design.separable;
    ask();
  }

  const assessment = makeQuestion(server.assess_design, "change something to retry", tell);
  const ask = () => assessment.ask({ design, stage: Math.min(Number(stages.value), design.stages.length - 1) });

  function tell(answer, request) {
    view.dataset.state = answer.error ? "refused" : "shown";
    part(".problem").textContent = answer.error ?? "";
    training.refresh();
    button("add").disabled = design.stages.length >= props.stages;
    starts.value = Object.keys(props.starts).find((name) => isSame(props.starts[name], design)) ?? "";
    if (answer.error) return; // the figures stay those of the last valid design
    if (request.design === design) design = answer.design; // otherwise it has changed since
    shown = answer;
    const text = encodeDesign(design);
    set({ design: text === encodeDesign(props.starts.default) ? null : text });
    show();
  }

  // Showing ---------------------------------------------------------------------------------------------------------

  function show() {
    const last = shown.layers.at(-1);
    part('[data-figure="parameters"]').textContent = grouped(shown.parameters);
    part('[data-figure="multiply_accumulates"]').textContent = grouped(shown.multiply_accumulates);
    part('[data-figure="field"]').textContent = `${last.size} x ${last.size} pixels`;
    part(".warning").textContent = shown.gridding ?? "";
    part(".notes").textContent = shown.notes.join(" ");
    part(".growth").textContent = shown.growth;
    part(".coverage").textContent = shown.coverage;
    part(".advice").replaceChildren(...Object.values(shown.advice).map((text) => node("li", "", text)));
    const titles = shown.layers.slice(1).map(({ title }) => title);
    if (stages.length !== titles.length) {
      const chosen = Math.min(Number(stages.value), titles.length - 1);
      stages.replaceChildren(...titles.map((title, index) => new Option(`in ${title.toLowerCase()}`, index)));
      stages.value = chosen;
    }
    const steps = part(".steps");
    if (steps.children.length !== shown.layers.length) steps.replaceChildren(...shown.layers.map(makeStep));
    [...steps.children].forEach((step, index) => fillStep(step, shown.layers[index]));
    paint();
  }

  function paint() {
    if (!shown || !view.checkVisibility()) return;
    [...part(".steps").children].forEach((step, index) => paintReach(step.querySelector("canvas"), shown.layers[index], null));
    paintReach(part(".reach canvas"), shown.layers.at(-1), image, MARGIN);
  }

  // Begin, link, file -----------------------------------------------------------------------------------------------

  function begin(next) {
    form.show(next);
    take(structuredClone(next));
  }

  /** Start from another design; the previous one can be restored. */
  function replaceBy(next) {
    replaced = design;
    button("undo").disabled = false;
    begin(next);
  }

  function undo() {
    button("undo").disabled = true;
    begin(replaced);
  }

  function fail(sentence) {
    part(".problem").textContent = sentence;
  }

  const starts = button("start");
  const own = Object.assign(new Option("your own", ""), { hidden: true }); // shown, but cannot be chosen
  starts.replaceChildren(own, ...Object.keys(props.starts).map((name) => new Option(name, name)));
  starts.addEventListener("change", () => replaceBy(props.starts[starts.value]));
  part('[data-field="separable"]').addEventListener("change", (event) => begin(withKind(design, event.target.checked)));
  stages.replaceChildren(new Option("in stage 1", 0));
  stages.addEventListener("change", ask);
  button("add").addEventListener("click", form.add);
  button("undo").addEventListener("click", undo);
  button("link").addEventListener("click", async () => {
    if (view.dataset.state !== "shown") return fail("Only a valid design can be linked to.");
    const fields = new URLSearchParams({ design: encodeDesign(design), tab: "Design" });
    try {
      await navigator.clipboard.writeText(`${location.href.split("#")[0]}#${fields}`);
      fail("Copied a link to this design.");
    } catch {
      fail("The link to this design is in the address bar.");
    }
  });
  button("save").addEventListener("click", () => shown && saveFile("digitscope-design.json", `${JSON.stringify(shown.design, null, 2)}\n`, "application/json"));
  opens(button("open"), ".json,application/json", openFile);

  /** The previous design stays until the server has confirmed that the file is valid. */
  async function openFile(file) {
    if (file.size > LARGEST) return fail(`This file has ${grouped(file.size)} bytes; a design has at most ${grouped(LARGEST)}.`);
    let values;
    try {
      values = JSON.parse(await file.text());
    } catch {
      return fail("Not a valid design file; expected JSON as written by Save as file.");
    }
    const answer = await askServer(server.assess_design, { design: values, stage: 0 }, "open the file again");
    if (answer.error) return fail(`Not a valid design file: ${answer.error}`);
    replaceBy(answer.design);
  }

  function followLink(text) {
    try {
      begin(decodeDesign(text));
    } catch (error) {
      fail(error.message);
    }
  }

  subscribe((state, changed) => {
    if (changed.includes("design") && state.design && state.design !== encodeDesign(design)) followLink(state.design);
  });
  live(view, { image: (bytes) => { image = bytes; paint(); }, theme: paint, size: paint });
  begin(props.starts.default);
  if (get().design) followLink(get().design);
}

/** A design of the other kind; standard convolutions have no dilations side by side. */
function withKind(design, separable) {
  const plain = ({ branches, ...stage }) => (separable && branches ? { ...stage, branches } : stage);
  return { ...design, separable, stages: design.stages.map(plain) };
}

const isSame = (one, other) => encodeDesign(one) === encodeDesign(other);

function makeStep() {
  const step = node("figure");
  const canvas = node("canvas");
  canvas.role = "img";
  step.append(canvas, node("figcaption"));
  return step;
}

function fillStep(step, { title, map, size, pixels, parameters, multiply_accumulates: operations }) {
  step.querySelector("canvas").ariaLabel = `${title}: the middle cell reads ${pixels} pixels of the image`;
  const name = node("b", "", title);
  const lines = [`field ${size} x ${size}`, `map ${map} x ${map}`, `${grouped(parameters)} parameters`, `${grouped(operations)} multiply-accumulates`];
  step.querySelector("figcaption").replaceChildren(name, ...lines.map((text) => node("span", "", text)));
}
