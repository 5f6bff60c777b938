// The teaching itself: started, watched as it goes, called off; taken up again after a reload.

import { setText } from "../controls/dom.js";
import { addNetwork, chooseNetwork, onNetworks, ownNetworks, titleOf, updateNetwork } from "../kept/networks.js";
import { getSamples } from "../kept/samples.js";
import { textOf } from "../language/language.js";
import { UNREACHABLE, begin, waiting, watch } from "../page/job.js";
import { askServer } from "../page/server.js";
import { get } from "../page/state.js";
import { keep, recall } from "../page/storage.js";
import { live } from "../page/view.js";
import { accuracy, clock, duration } from "../page/words.js";
import { drawCurves } from "../paint/curves.js";

const PATIENCE = 1000; // milliseconds in line that are worth a word
const LOSS_TOP = 0.5; // what the curve of the loss reaches up to at least

export function mountTeaching(section, server, props, show) {
  const buttons = Object.fromEntries([...section.querySelectorAll("[data-do]")].map((each) => [each.dataset.do, each]));
  const bar = section.querySelector("progress");
  const line = section.querySelector(".sentence");
  const warnings = section.querySelector(".warnings");
  const settings = mountSettings(section.querySelector("details"), props);
  let job = null; // { key, parent, off } of the teaching that goes on; no key while it is being started, off once cancelled
  let steps = []; // its news
  let rounds = 0; // of holding out that are to follow the lesson
  let round = 0; // the one that goes on
  let since = {}; // times of this visit, milliseconds: asked for, running, taught
  const told = new Map(); // key of a network -> { steps, warnings } of the lesson that made it, of this visit
  let example = null; // the example lesson, shown until the visitor has taught

  // Start and stop ----------------------------------------------------------------------------------------------

  async function start() {
    if (!job) resume(); // one that was begun in another window
    if (job) return say("Teaching is already under way; wait for it or cancel it.");
    const problem = settings.problem();
    if (problem) return say(problem);
    const samples = getSamples();
    const parent = get().network;
    job = { key: null, parent };
    since = { asked: performance.now() };
    refresh();
    say("Sending the samples.");
    const request = { network: parent, samples, settings: settings.read(), clock: clock() };
    const own = job;
    const answer = await begin(server.start_teaching, request, "nothing was changed. Press Teach to try again", (told) => heed(told) || own.off);
    warnings.textContent = (answer.warnings ?? []).join(" ");
    if (answer.error) return end(own.off ? stopped() : answer.error);
    job.key = answer.job;
    if (job.off) cancel();
    keep("teaching", { job: answer.job, parent });
    follow();
  }

  /** Follow the job until it ends. */
  async function follow() {
    steps = [];
    rounds = round = 0;
    draw();
    const { state, error, outcome } = await watch(server.job_progress, job.key, heed, () => say(UNREACHABLE));
    if (!state && job.taught) updateNetwork(job.taught, { held: "unknown" });
    if (!state) end(`The server was restarted before teaching finished; ${titleOf(get().network)} is the last finished network.`);
    if (state === "failed") end(error);
    if (state === "cancelled") end(stopped());
    if (state === "done") finish(outcome);
  }

  const stopped = () => `The teaching was stopped; ${titleOf(get().network)} reads as before.`;

  function heed(told) {
    const { state, known, news } = told;
    if (state === "running") since.running ??= performance.now();
    news.forEach(heedOne);
    if (state === "waiting") say(waiting(told));
    if (state === "running" && !known) say("Loading old digits and varying the samples.");
  }

  function heedOne({ step, taught, checking, ...news }) {
    ({ rounds, round } = { rounds, round, ...news });
    if (step) {
      steps.push(step);
      bar.value = step.step / Math.max(step.steps, 1) / (1 + rounds);
      say(`Step ${step.step} of ${step.steps}: ${accuracy(step.samples)} of your samples and ${accuracy(step.replay)} of ${props.watched} old digits read correctly.`);
      draw();
    }
    if (taught) adopt(taught);
    if (checking !== undefined && !job.off) {
      bar.value = (1 + round + checking) / (1 + rounds);
      say(`Taught, and already in use. Now copies are taught with some of your drawings held out, to measure how well it reads new ones: part ${round + 1} of ${rounds}; Cancel skips that.`);
    }
  }

  function adopt({ key, title, readings, ...numbers }) {
    job.taught = key;
    if (ownNetworks().some((network) => network.key === key)) return; // before a reload, or by another window
    example = null;
    since.taught = performance.now();
    told.set(key, { steps, warnings: textOf(warnings) });
    addNetwork({ key, title, parent: job.parent, numbers });
    show(key, readings);
  }

  function finish({ taught, held = "unknown" }) {
    updateNetwork(taught.key, { held });
    const where = get().network === taught.key ? "is now in use" : "is in the list below";
    end(`${spent(taught)}: ${taught.title} ${where}. ${taught.note ?? ""}`.trim(), 1);
  }

  /** What the time went to, as far as it was seen in this visit. */
  function spent({ seconds }) {
    const { asked, running, taught } = since;
    const waited = running - asked > PATIENCE ? `After ${duration((running - asked) / 1000)} in line, taught` : "Taught";
    const checked = rounds && taught ? `, then checked on drawings held out in ${duration((performance.now() - taught) / 1000)}` : "";
    return `${waited} in ${seconds} s${checked}`;
  }

  function end(text, done = 0) {
    job = null;
    since = {};
    keep("teaching", null);
    recallLesson();
    bar.value = done;
    refresh();
    say(text);
  }

  async function cancel() {
    if (!job) return;
    job.off = true;
    if (!job.key) return; // it is called off as soon as it has one
    const { error } = await askServer(server.cancel_teaching, job.key, "press Cancel again");
    if (error) say(error);
  }

  // Networks before this one ------------------------------------------------------------------------------------

  const own = () => ownNetworks().find(({ key }) => key === get().network);

  /** Teach once more from the network before, with the other choice between digits and a class. */
  function again(choice, parent) {
    if (job) return say("Teaching is already under way; wait for it or cancel it.");
    settings.set("keep", choice);
    chooseNetwork(parent);
    section.scrollIntoView({ block: "nearest" });
    return start();
  }

  /** Read with an earlier network again; checks of the current one that are still under way are called off. */
  function goBack(key) {
    if (job?.taught === get().network) cancel();
    chooseNetwork(key);
  }

  function undo() {
    const { parent, root } = own();
    const isThere = ownNetworks().some(({ key }) => key === parent) || parent === root;
    goBack(isThere ? parent : root);
    say(`${titleOf(get().network)} reads again. The later network is in the list below.`);
  }

  function reset() {
    goBack(own().root);
    say(`${titleOf(get().network)} reads again, as it was shipped. Your networks are in the list below.`);
  }

  // What is shown -----------------------------------------------------------------------------------------------

  function say(text) {
    setText(line, text);
  }

  function refresh() {
    buttons.cancel.disabled = !job;
    buttons.teach.ariaDisabled = String(Boolean(job));
    buttons.undo.disabled = buttons.reset.disabled = !own();
  }

  /** Curves and warnings are those of the network that reads, or of the lesson that goes on. */
  function recallLesson() {
    if (job) return;
    ({ steps, warnings: warnings.textContent } = told.get(get().network) ?? { steps: example?.steps ?? [], warnings: "" });
    bar.value = 0;
    draw();
  }

  function draw() {
    section.querySelector(".curves").hidden = !steps.length && !job;
    section.querySelector(".example").hidden = steps !== example?.steps;
    const share = steps.length ? steps.at(-1).step / steps.at(-1).steps : 0;
    const losses = steps.map((step) => step.loss).filter((value) => value !== null); // there is none before a step
    const [loss, right] = section.querySelectorAll(".curves figure");
    drawCurves(loss, [losses], Math.max(LOSS_TOP, ...losses), share);
    drawCurves(right, ["samples", "replay"].map((name) => steps.map((step) => step[name] ?? 0)), 1, share);
    const last = steps.at(-1);
    loss.querySelector("p").textContent = losses.length ? `${losses[0].toFixed(2)} at first, ${losses.at(-1).toFixed(2)} now` : "";
    right.querySelector("p").textContent = last ? `samples ${accuracy(last.samples)}, ${props.watched} of the old digits ${accuracy(last.replay)}` : "";
  }

  for (const [name, action] of Object.entries({ teach: start, cancel, undo, reset })) buttons[name].addEventListener("click", action);
  live(section, { network() { recallLesson(); refresh(); } });
  onNetworks(refresh);
  refresh();
  resume();
  return { again, showExample(lesson) { example = lesson; recallLesson(); } };

  function resume() {
    const kept = recall("teaching");
    if (!kept) return;
    job = { key: kept.job, parent: kept.parent };
    refresh();
    follow();
  }
}

/** Returns { read, problem, set }: the settings as an object for the server, what is wrong with one, and set(name, value); kept in this browser. */
function mountSettings(details, { settings: defaults, limits }) {
  const fields = [...details.querySelectorAll("[name]")];
  const shares = ["replay", "interpolation"]; // shown in per cent

  function show(values) {
    for (const field of fields) {
      const value = values[field.name];
      field.value = value !== null && shares.includes(field.name) ? Math.round(100 * value) : value;
    }
  }

  function read() {
    return Object.fromEntries(fields.map(({ name, value }) => {
      if (name === "layers" || name === "keep") return [name, value];
      if (value === "") return [name, defaults[name]];
      return [name, shares.includes(name) ? Number(value) / 100 : Number(value)];
    }));
  }

  function problem() {
    const field = fields.find((each) => !each.checkValidity());
    if (!field) return null;
    details.open = true;
    field.focus();
    return `${textOf(field.labels[0])}: expected a whole number from ${field.min} to ${field.max}.`;
  }

  for (const field of fields) {
    if (field.name in limits) [field.min, field.max] = limits[field.name];
    field.addEventListener("change", () => keep("settings", read()));
  }
  details.querySelector('[data-do="default-settings"]').addEventListener("click", () => { show(defaults); keep("settings", null); });
  /** Set one of them, as if by hand. */
  function set(name, value) {
    show({ ...read(), [name]: value });
    keep("settings", read());
  }

  show({ ...defaults, ...recall("settings") });
  return { read, problem, set };
}
