// Why separable, why dilated: four networks side by side, in figures, on this machine, on this drawing.

import { heading, node } from "../controls/dom.js";
import { askServer } from "../page/server.js";
import { live } from "../page/view.js";
import { grouped } from "../page/words.js";
import { mountDrawn } from "./compared.js";
import { costSentence, plotAccuracy, plotCost } from "./study_plots.js";
import { mountTimes } from "./times.js";

const NONE = "\u2013";

export async function mount({ element, server, props }) {
  const view = element.querySelector(".compare-view");
  const problem = view.querySelector(".problem");
  const study = await askServer(server.describe_study, null, "load the page again");
  problem.textContent = study.error ?? "";
  if (study.error) return;
  delete view.dataset.state;
  showFigures(view, study);
  showClaims(view.querySelector(".claims"), study.claims);
  mountDrawn(view.querySelector(".drawn"), study);
  mountTimes(view.querySelector(".times"), server, study, props, (claims) =>
    showClaims(view.querySelector(".claims"), [...study.claims, ...claims]));
  mountPlots(view, study);
}

// The figures -------------------------------------------------------------------------------------------------------

function showFigures(view, { networks }) {
  view.querySelector(".figures tbody").replaceChildren(...networks.map((network) => {
    const row = node("tr");
    row.append(heading(network.title));
    row.append(...[
      grouped(network.parameters),
      grouped(network.multiply_accumulates),
      `${network.field} x ${network.field}`,
      `${grouped(network.read)} of ${grouped(network.field ** 2)}`,
      network.inside ? `${network.inside} x ${network.inside}` : NONE,
      spread(network.test),
      spread(network.pendigits),
      `${(network.size / 1000).toFixed(0)} kB`,
    ].map((text) => node("td", "", text)));
    return row;
  }));
  const seeds = Math.max(...networks.map((network) => network.seeds));
  view.querySelector(".seeds").textContent =
    `Four networks trained for this comparison, none of which is used elsewhere on this page: the same depth, channels, ` +
    `recipe and seeds (python -m model.train --study). Accuracies are means ± standard ` +
    `deviations over ${seeds} seed${seeds === 1 ? "" : "s"}; pen strokes are by 30 people, none of whom were in the training data. Field, and pixels ` +
    `read in it: of a cell of the last stage far from the border; 95 % inside: the square that carries 95 % of the influence ` +
    `on the middle cell, on the average drawing.`;
}

const spread = (values) =>
  values ? `${values.mean.toFixed(2)}${values.deviation === null ? "" : ` ± ${values.deviation.toFixed(2)}`} %` : NONE;

function showClaims(list, claims) {
  const entries = claims.length ? claims : [{ claim: "Not all four networks are available.", found: "", verdict: "" }];
  list.replaceChildren(...entries.flatMap(({ claim, found, verdict }) => {
    const term = node("dt", "", claim);
    term.append(node("b", "", verdict));
    return [term, node("dd", "", found)];
  }));
}

// The plots ---------------------------------------------------------------------------------------------------------

function mountPlots(view, study) {
  const accuracy = view.querySelector("svg.accuracy");
  const section = view.querySelector(".cost");
  const plots = [...section.querySelectorAll("svg")];
  const { cost } = study;
  const sliders = ["channels", "kernel"].map((name) => section.querySelector(`input.${name}`));
  [cost.channels, cost.kernels].forEach((places, index) => {
    sliders[index].max = places.length - 1;
    sliders[index].value = places.indexOf(cost.chosen[index]);
  });

  function showCost() {
    const [channel, kernel] = sliders.map((slider) => Number(slider.value));
    section.querySelector(".channels-title").textContent = `${cost.channels[channel]} channels`;
    section.querySelector(".kernel-title").textContent = `${cost.kernels[kernel]} x ${cost.kernels[kernel]} kernel`;
    section.querySelector(".sentence").textContent = costSentence(cost, channel, kernel);
    plotCost(plots, cost, channel, kernel);
  }

  for (const slider of sliders) slider.addEventListener("input", showCost);
  live(accuracy, { size: () => { plotAccuracy(accuracy, study); showCost(); } });
}
