// The shape of a network as sliders: a row for the stem and one for each stage, which can be added, moved and removed.

import { node } from "../controls/dom.js";

const SLIDER_CHANNELS = 128; // a slider over the whole allowed range could not be set precisely
const TITLES = { channels: "Filters", kernel: "Kernel", dilation: "Dilation", stride: "Stride" };
const STEPS = { kernel: 2 };

/**
 * Rows in `element` for a design. `changed(design)` is called at every change by the visitor.
 * Returns show(design), which puts a design into the rows.
 */
export function mountForm(element, limits, mostStages, mostBranches, changed) {
  let design = null;

  function show(next) {
    const rows = next.stages.length === design?.stages.length ? null : [stemRow(), ...next.stages.map(stageRow)];
    design = structuredClone(next);
    if (rows) element.replaceChildren(...rows);
    [...element.children].forEach((row, index) => fill(row, index));
  }

  /** Set a row's inputs from the design, except the one being typed into. */
  function fill(row, index) {
    const values = index ? design.stages[index - 1] : { channels: design.stem_channels, kernel: design.stem_kernel, stride: design.stem_stride };
    for (const input of row.querySelectorAll("[data-field]")) {
      if (input !== document.activeElement || input.type === "range") input.value = values[input.dataset.field];
    }
    if (!index) return;
    row.querySelector('[data-do="up"]').disabled = index === 1;
    row.querySelector('[data-do="down"]').disabled = index === design.stages.length;
    row.querySelector('[data-do="remove"]').disabled = design.stages.length === 1;
    const beside = row.querySelector(".beside input");
    if (beside !== document.activeElement) beside.value = (values.branches ?? []).join(", ");
    beside.disabled = !design.separable;
    const select = row.querySelector("select");
    const owners = ownersFor(design, index - 1);
    select.replaceChildren(new Option("its own", ""), ...owners.map((at) => new Option(`stage ${at + 1}'s`, at)));
    select.value = values.shares ?? "";
    select.disabled = !owners.length;
  }

  function change(next) {
    next.stages = settled(next);
    show(next);
    changed(structuredClone(next));
  }

  function stemRow() {
    return makeRow("Stem", ["channels", "kernel", "stride"], (field, value) => ({ ...design, [`stem_${field}`]: value }));
  }

  function stageRow(_, index) {
    const row = makeRow(`Stage ${index + 1}`, ["channels", "kernel", "dilation", "stride"], (field, value) => withStage(index, { [field]: value }));
    const weights = Object.assign(node("select"), { ariaLabel: `Stage ${index + 1}, weights` });
    weights.addEventListener("change", () => change(withStage(index, { shares: weights.value === "" ? null : Number(weights.value) })));
    const label = node("label", "field weights");
    label.append(node("span", "", "Weights"), weights);
    const buttons = node("p", "row");
    buttons.append(
      makeButton("up", "\u2191", `Move stage ${index + 1} up`, () => change(reordered(swapped(index, index - 1)))),
      makeButton("down", "\u2193", `Move stage ${index + 1} down`, () => change(reordered(swapped(index, index + 1)))),
      makeButton("remove", "\u00d7", `Remove stage ${index + 1}`, () => change(reordered(order().filter((at) => at !== index)))),
    );
    row.append(besideField(index), label, buttons);
    return row;
  }

  /** Further dilations of a stage, side by side with the first: a multi-scale stage. */
  function besideField(index) {
    const input = Object.assign(node("input"), { type: "text", placeholder: "none", ariaLabel: `Stage ${index + 1}, parallel dilations`, autocomplete: "off", inputMode: "numeric" });
    input.title = `Up to ${mostBranches} further dilations beside the first, such as 2, 4: their maps are mixed together`;
    input.addEventListener("input", () => {
      const branches = input.value.split(/[\s,]+/).filter(Boolean).map(Number);
      change(withStage(index, { branches }));
    });
    const label = node("label", "field beside");
    label.append(node("span", "", "Parallel dilations"), input);
    return label;
  }

  function makeRow(title, fields, changedDesign) {
    const row = node("div", "layer");
    row.role = "group";
    row.ariaLabel = title;
    row.append(node("h3", "", title));
    for (const field of fields) row.append(makeField(title, field, (value) => change(changedDesign(field, value))));
    return row;
  }

  function makeField(title, field, set) {
    const label = node("div", "field");
    const name = node("span", "", TITLES[field]);
    const most = limits[field];
    const slider = Object.assign(node("input"), { type: "range", min: 1, max: Math.min(most, SLIDER_CHANNELS), step: STEPS[field] ?? 1 });
    const number = Object.assign(node("input"), { type: "number", min: 1, max: most, step: STEPS[field] ?? 1 });
    slider.tabIndex = -1; // the number next to it does the same by keyboard
    for (const input of [slider, number]) {
      input.dataset.field = field;
      input.ariaLabel = `${title}, ${TITLES[field].toLowerCase()}`;
      input.addEventListener("input", () => set(input.value === "" ? null : Number(input.value)));
    }
    slider.ariaLabel += ", slider";
    label.append(name, slider, number);
    return label;
  }

  // Moving a stage keeps the stages that share its weights ----------------------------------------------------------

  const order = () => design.stages.map((_, index) => index);
  const withStage = (index, fields) => ({ ...design, stages: design.stages.map((stage, at) => (at === index ? { ...stage, ...fields } : stage)) });

  function swapped(one, other) {
    const indices = order();
    [indices[one], indices[other]] = [other, one];
    return indices;
  }

  function reordered(indices) {
    const moved = (owner) => (owner === null || !indices.includes(owner) ? null : indices.indexOf(owner));
    return { ...design, stages: indices.map((at) => ({ ...design.stages[at], shares: moved(design.stages[at].shares) })) };
  }

  function add() {
    if (design.stages.length >= mostStages) return;
    const { channels, kernel } = design.stages.at(-1);
    change({ ...design, stages: [...design.stages, { channels, kernel, dilation: 1, stride: 1, shares: null }] });
  }

  return { show, add };
}

/** Earlier stages whose weights a stage could reuse: those with weights of their own and the same kernel and channels. */
function ownersFor({ stem_channels: stem, stages }, index) {
  const inputs = stages.map((_, at) => (at ? stages[at - 1].channels : stem));
  const { channels, kernel, branches = [] } = stages[index];
  return stages.flatMap((stage, at) =>
    at < index && (stage.branches ?? []).length === branches.length && stage.shares === null && stage.kernel === kernel && stage.channels === channels && inputs[at] === inputs[index] ? [at] : [],
  );
}

/** The stages, without weights that can no longer be shared. */
function settled(design) {
  const stages = [];
  design.stages.forEach((stage, index) => {
    const soFar = { ...design, stages: [...stages, stage] };
    stages.push({ ...stage, shares: ownersFor(soFar, index).includes(stage.shares) ? stage.shares : null });
  });
  return stages;
}

function makeButton(action, text, name, act) {
  const button = Object.assign(node("button"), { type: "button", textContent: text, ariaLabel: name, title: name });
  button.dataset.do = action;
  button.addEventListener("click", act);
  return button;
}
