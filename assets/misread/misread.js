// Why was I misread: what each step of the normalisation shows the network, and which ink its decision depends on.

import { IMAGE_SIZE, floatsFromBase64 } from "../page/bytes.js";
import { follow, waiting } from "../page/job.js";
import { ask } from "../page/reader.js";
import { get, subscribe } from "../page/state.js";
import { live } from "../page/view.js";
import { likeliest, percent } from "../page/words.js";
import { showBars } from "../paint/bars.js";
import { layOver } from "../paint/frame.js";
import { paintImage } from "../paint/ink.js";
import { diverging, paintLegend, paintValues } from "../paint/scales.js";

const FAINTEST = 0.01; // the smallest drop in probability that fills the scale: smaller ones are not exaggerated
const DOES = { boxed: "moving the ink box", scaled: "scaling", centred: "centring" };
const MOVED = ["left", "right", "up", "down"].map((way) => `with its ink two pixels farther ${way}`);
const SLANTED = 3; // degrees from which a drawing is said to be slanted
const UNDONE = { boxed: "where you drew it", scaled: "at the size that you drew it", centred: "with its ink not centred" };

export function mount({ element, server }) {
  const view = element.querySelector(".misread-view");
  mountSteps(view);
  mountOcclusion(view.querySelector(".occlusion"), server);
}

// The steps ---------------------------------------------------------------------------------------------------------

function mountSteps(view) {
  const buttons = [...view.querySelectorAll("[data-step]")];
  const figures = [...view.querySelectorAll(".steps figure")];
  const line = view.querySelector(".verdict-steps");
  const steps = { boxed: true, scaled: true, centred: true };
  let shown = null; // { classes, parts } of the newest answer

  function show(answer) {
    shown = answer;
    const classes = answer?.classes ?? [];
    figures.forEach((figure, index) => {
      const part = answer?.parts.steps.so_far[index];
      paintImage(figure.querySelector("canvas"), part?.image ?? null);
      if (classes.length || figure.querySelector(".bar")) {
        showBars(figure.querySelector(".bars"), classes, part?.probabilities ?? null);
      }
    });
    line.textContent = answer ? sentence(answer, steps) : "Draw a digit to see what happens to it.";
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const name = button.dataset.step;
      steps[name] = !steps[name];
      button.ariaPressed = String(steps[name]);
      button.closest("figure").classList.toggle("left-out", !steps[name]);
      ask();
    });
  }

  live(view, {
    part: "steps",
    parameters: () => ({ drawing: get().drawing, ...steps }),
    show: (found, answer) => found?.error || show(answer ?? null),
    theme: () => show(shown),
  });
}

/**
 * What decides the reading: a step that is left out alone, the slant, or the place of the ink; or else where the reading
 * changes from step to step.
 */
function sentence({ classes, parts, probabilities: said, familiar, several }, steps) {
  if (several?.length) return `Each part of the drawing is a digit by itself: ${several.join(", ")}. Together they are not a digit.`;
  if (!familiar) return strange(likeliest({ classes, probabilities: said }), Math.max(...said));
  const read = parts.steps.so_far.map(({ probabilities }) => likeliest({ classes, probabilities }));
  const without = parts.steps.without.map((probabilities) => likeliest({ classes, probabilities }));
  const taken = Object.keys(steps);
  const { slant, upright, moved } = parts.steps;
  const ifs = [
    ...taken.map((name, index) => [UNDONE[name], without[index]]),
    ...(Math.abs(slant) < SLANTED ? [] : [[`upright, without its slant of ${Math.abs(slant).toFixed(0)}\u00b0`, likeliest({ classes, probabilities: upright })]]),
    ...moved.map((probabilities, index) => [MOVED[index], likeliest({ classes, probabilities })]),
  ];
  const causes = ifs.filter(([, other]) => other !== read[3]).map(([cause, other]) => `${cause}, it would read ${other}`);
  if (causes.length) return `It reads ${read[3]}; ${causes.join("; ")}.`;
  const turns = taken.map((name, index) => (read[index] === read[index + 1] ? null : `${DOES[name]} makes it ${read[index + 1]}`));
  const changes = turns.filter(Boolean);
  if (changes.length) return `As drawn, the network would read ${read[0]}; ${changes.join(", and ")}.`;
  const left = taken.some((name) => !steps[name]) ? "after every step taken" : "after every step";
  return `The network reads ${read[0]} as drawn, and ${left}.`;
}

/** Why a drawing is called unlike a digit. */
function strange(closest, probability) {
  const beside = `${closest}, the closest, has ${percent(probability)}.`;
  if (probability > 0.5) return `It does not take this for a digit, although ${beside} Its logits are unlike those of digits.`;
  return `It does not take this for a digit: ${beside} A network that is shown scribbles and letters in training learns to give every digit the same probability for them.`;
}

// Occlusion ---------------------------------------------------------------------------------------------------------

function mountOcclusion(section, server) {
  const button = section.querySelector("button");
  const line = section.querySelector(".sentence");
  const frame = section.querySelector(".picture i");
  let image = null; // of the drawing
  let drop = null; // Float32Array of what is shown, or null

  function paint() {
    if (!section.checkVisibility()) return;
    const strongest = Math.max(FAINTEST, ...(drop ?? []).map(Math.abs));
    const colour = diverging();
    paintValues(section.querySelector(".heat"), drop ?? new Float32Array(IMAGE_SIZE ** 2), (value) => colour(value / strongest));
    paintImage(section.querySelector(".ink"), image);
    paintLegend(section.querySelector(".legend canvas"), colour, -1);
    const points = (100 * strongest).toFixed(0);
    section.querySelector(".low").textContent = drop ? `\u2212${points}` : "";
    section.querySelector(".high").textContent = drop ? `+${points} points` : "";
    frame.hidden = !drop;
  }

  function forget() {
    drop = null;
    button.disabled = !get().drawing.length;
    line.textContent = "";
    paint();
  }

  async function occlude() {
    button.disabled = true;
    line.textContent = "The network is reading a few hundred images.";
    const { drawing, network } = get();
    const isStale = () => drawing !== get().drawing || network !== get().network;
    const answer = await follow(server.start_explaining, { drawing, network }, server.job_progress, (told) => {
      if (told.state === "waiting" && !isStale()) line.textContent = waiting(told);
      return isStale();
    });
    if (isStale()) return;
    button.disabled = false;
    line.textContent = answer.error ?? answer.sentence;
    if (answer.error) return;
    const [y, x] = answer.strongest;
    const [top, left] = [y, x].map((middle) => middle - answer.window / 2 + 0.5);
    layOver(frame, [top, left, top + answer.window, left + answer.window]);
    drop = floatsFromBase64(answer.drop);
    paint();
  }

  button.addEventListener("click", occlude);
  subscribe((_, changed) => (changed.includes("drawing") || changed.includes("network")) && forget());
  live(section, { image: (bytes) => { image = bytes; paint(); }, theme: paint, seen: paint });
  forget();
}
