// A training as it runs: curves, kernels, what the network looks at, what it still misreads; stopped, resumed, kept.

import { node, pictureCanvas, setText } from "../controls/dom.js";
import { addNetwork } from "../kept/networks.js";
import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { UNREACHABLE, begin as beginJob, follow as followJob, waiting, watch } from "../page/job.js";
import { askServer, fetchJson } from "../page/server.js";
import { keep, recall } from "../page/storage.js";
import { live, onceSeen } from "../page/view.js";
import { accuracy, clock, duration, grouped } from "../page/words.js";
import { drawCurves } from "../paint/curves.js";
import { layOver } from "../paint/frame.js";
import { paintImage } from "../paint/ink.js";
import { paintKernels } from "../paint/kernels.js";
import { paintValues, sequential } from "../paint/scales.js";
import { encodeDesign } from "./address.js";

const MISREAD = 12; // places for misread images
const PACES = 30; // news from which the time left is measured
const LOWEST = 0.9; // accuracy at the foot of its curve
const BEFORE = "Resume continues the training last watched here, if it was stopped; its curves start over.";
const AGAIN = "press the button to try again";
const EXAMPLE = new URL("example.json", import.meta.url); // a finished training, until there is one of the visitor's own

/** `designed()` is the design to train, or null while it is not allowed. Returns { refresh }, for when that changes. */
export function mountTraining(section, server, epochs, designed) {
  const button = (name) => section.querySelector(`[data-do="${name}"]`);
  const figure = (name) => section.querySelector(`[data-figure="${name}"]`);
  const line = section.querySelector(".sentence");
  const slider = button("epochs");
  const layers = button("kernels");
  const curves = section.querySelectorAll(".curves figure");
  const before = recall("training");
  let training = before?.design ? before : null; // { training, design, job } of the last one, or null; its job may have ended
  let job = null; // key of the job that runs
  let keeping = false; // whether the network is being kept, to draw with
  let news = [];
  let look = null; // the newest
  let example = null; // its { design, epochs, news }
  let paces = []; // the newest news with the time they came, milliseconds

  // Start, watch, stop ----------------------------------------------------------------------------------------------

  async function start() {
    const design = designed();
    if (!design || job) return;
    await begin(server.start_training, { design, epochs: Number(slider.value) }, (answer) => {
      training = { training: answer.training, design };
      news = [];
      look = null;
      paint();
    });
  }

  const resume = () => begin(server.resume_training, { training: training.training }, () => {});

  async function begin(call, request, begun) {
    job = "wanted";
    paces = [];
    refresh();
    say("Starting the training.");
    const answer = await beginJob(call, request, AGAIN, heed);
    job = answer.job ?? null;
    if (answer.error) say(answer.error);
    else begun(answer);
    if (job) keep("training", { ...training, job });
    refresh();
    if (job) follow();
  }

  /** Follow the job to its end; what it has learned by then is kept. `unknown` is said where the server knows no such job. */
  async function follow(unknown) {
    const last = await watch(server.job_progress, job, heed, () => say(UNREACHABLE));
    end(last.state ? (last.error ?? ended()) : (unknown ?? last.error));
  }

  /** One that went on when the page was left, or ended meanwhile, as far as the server still knows of it. */
  function takeUp() {
    job = training.job;
    refresh();
    follow(BEFORE);
  }

  function heed(told) {
    const { state, news: more } = told;
    news.push(...more);
    if (more.length) paces = [...paces, { ...more.at(-1), at: performance.now() }].slice(-PACES);
    look = news.findLast((each) => each.look)?.look ?? null;
    if (state === "waiting") say(waiting(told));
    if (state === "running") say(news.length ? going() : "Reading the images.");
    paint();
    refresh();
  }

  function end(sentence) {
    job = null;
    say(sentence);
    paint();
    refresh();
  }

  const going = () => `${seen()}${left()}; ${look ? `${accuracy(look.accuracy)} of ${grouped(look.watched)} validation images read correctly` : "the first measurement is still to come"}.`;
  /** The time left, from how fast the newest images were seen, pauses included. */
  function left() {
    const [first, last] = [paces[0], paces.at(-1)];
    if (!last || last.images === first.images) return "";
    return `, about ${duration(((last.total - last.images) * (last.at - first.at)) / (last.images - first.images) / 1000)} left`;
  }
  const seen = () => `${grouped(news.at(-1).images)} images in ${news.at(-1).seconds.toFixed(1)} s`;

  function ended() {
    if (!news.length) return "Stopped before it began; Resume starts it.";
    const reads = look ? ` It reads ${accuracy(look.accuracy)} of the watched validation images.` : "";
    return `${isFinished() ? "Finished" : "Stopped"}: ${seen()}.${reads}${isFinished() ? "" : " Resume goes on from here."}`;
  }

  const isFinished = () => news.length > 0 && news.at(-1).images === news.at(-1).total;

  async function stop() {
    button("stop").disabled = true;
    const { error } = await askServer(server.stop_training, { job }, AGAIN);
    if (error) say(error);
  }

  async function drawWithIt() {
    const told = section.querySelector(".kept");
    keeping = true;
    refresh();
    setText(told, "Calibrating its probabilities.");
    const request = { training: training.training, clock: clock() };
    const answer = await followJob(server.keep_training, request, server.job_progress, (job) => job.state === "waiting" && setText(told, waiting(job)));
    setText(told, answer.error ?? answer.sentence);
    if (!answer.error) addNetwork({ key: answer.key, title: answer.title });
    keeping = false;
    refresh();
  }

  function say(text) {
    setText(line, text);
  }

  function refresh() {
    button("train").disabled = Boolean(job) || !designed();
    button("stop").disabled = !job || job === "wanted";
    button("resume").disabled = Boolean(job) || !training || isFinished();
    button("keep").disabled = keeping || !training || (Boolean(job) && !look);
    setText(section.querySelector(".which"), isAnother() ? "What is trained is the design as it was when you pressed Train, not as it stands above now." : "");
  }

  /** Whether the design above is another one than what was trained. */
  const isAnother = () => training && designed() && encodeDesign(designed()) !== encodeDesign(training.design);

  // Showing ---------------------------------------------------------------------------------------------------------

  function paint() {
    const last = news.at(-1);
    section.querySelector("progress").value = last ? last.images / last.total : 0;
    const share = last ? last.images / last.total : 0;
    const looks = news.filter((each) => each.look);
    const lookShare = looks.length ? looks.at(-1).images / last.total : 0;
    drawCurves(curves[0], [looks.map((each) => each.look.accuracy - LOWEST)], 1 - LOWEST, lookShare);
    drawCurves(curves[1], [news.map(({ loss }) => loss)], 1, share);
    figure("accuracy").textContent = look ? accuracy(look.accuracy) : "";
    figure("loss").textContent = last ? last.loss.toFixed(3) : "";
    if (!section.checkVisibility()) return;
    paintField();
    paintKernelsOf();
    paintMisread();
  }

  function paintField() {
    const values = look ? [...fromBase64(look.field)].map((byte) => byte / 255) : new Array(IMAGE_SIZE ** 2).fill(0);
    paintValues(section.querySelector(".picture canvas"), values, sequential());
    for (const kind of ["region", "box"]) {
      const frame = section.querySelector(`.picture .${kind}`);
      frame.hidden = !look;
      if (look) layOver(frame, look[kind]);
    }
    const side = ([top, left, bottom, right]) => `${bottom - top} x ${right - left}`;
    const nothing = training ? "It will be shown again once training continues." : "Nothing has been trained yet.";
    section.querySelector(".looked").textContent = look ? `95 % of the influence lies inside ${side(look.box)} of ${side(look.region)} pixels.` : nothing;
  }

  function paintKernelsOf() {
    const kernels = look?.kernels ?? [];
    const canvas = section.querySelector(".kernels canvas");
    canvas.hidden = !kernels.length;
    if (layers.length !== kernels.length) {
      layers.replaceChildren(...kernels.map((_, index) => new Option(index ? `stage ${index}` : "the stem", index)));
    }
    layers.disabled = !kernels.length;
    if (!kernels.length) return;
    const index = Number(layers.value);
    const { side, weights } = kernels[index];
    const values = Float32Array.from(new Int8Array(fromBase64(weights).buffer));
    const channels = Array.from({ length: values.length / side ** 2 }, (_, channel) => channel);
    paintKernels(canvas, { kernel: side, dilation: index ? (training ?? example).design.stages[index - 1].dilation : 1, weights: values }, channels);
  }

  function paintMisread() {
    const places = [...section.querySelectorAll(".misread figure")];
    places.forEach((place, index) => {
      const sample = look?.misread[index];
      paintImage(place.querySelector("canvas"), sample?.image ?? null);
      place.querySelector("figcaption").textContent = sample ? `${sample.label} read as ${sample.answer}` : "";
    });
  }

  slider.max = epochs.most;
  slider.value = epochs.default;
  const count = () => { section.querySelector("output").textContent = slider.value; };
  slider.addEventListener("input", count);
  count();
  button("train").addEventListener("click", start);
  button("stop").addEventListener("click", stop);
  button("resume").addEventListener("click", resume);
  button("keep").addEventListener("click", drawWithIt);
  layers.addEventListener("change", paint);
  section.querySelector(".misread").append(...Array.from({ length: MISREAD }, makePlace));
  live(section, { theme: paint, size: paint });
  say(training ? BEFORE : "The time left is estimated while it trains; you can go on drawing meanwhile.");
  paint();
  refresh();
  if (training?.job) takeUp();
  else if (!training) onceSeen(section, showExample);
  return { refresh };

  async function showExample() {
    const found = await fetchJson(EXAMPLE, AGAIN);
    if (found.error || training || job) return;
    example = found;
    news = example.news;
    look = news.findLast((each) => each.look).look;
    say(`An example, trained for ${example.epochs} epochs: ${seen()}. It reads ${accuracy(look.accuracy)} of the watched validation images. Press Train, and yours takes its place.`);
    paint();
  }
}

function makePlace() {
  const place = node("figure");
  place.append(pictureCanvas(IMAGE_SIZE, "A validation image that is misread"), node("figcaption"));
  return place;
}
