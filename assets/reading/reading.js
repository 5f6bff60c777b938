// What the network sees and reads: its 28 x 28 image, a bar for each class, and one sentence.

import { inWords } from "../page/breaks.js";
import { setText } from "../page/dom.js";
import { set, subscribe } from "../page/state.js";
import { openTab } from "../page/tabs.js";
import { live } from "../page/view.js";
import { verdictOf } from "../page/words.js";
import { showBars } from "../paint/bars.js";
import { paintImage } from "../paint/ink.js";
import { mountPocket } from "./pocket.js";

export function mount({ element }) {
  const verdict = element.querySelector(".verdict");
  const seen = element.querySelector(".seen canvas");
  const bars = element.querySelector(".bars");
  const offer = element.querySelector(".offer");
  const pocket = mountPocket(element.querySelector(".pocket"));
  let last = null; // the newest answer that is shown

  for (const button of element.querySelectorAll("[data-tab]")) button.addEventListener("click", () => openTab(button.dataset.tab));
  element.querySelector('[data-do="mend"]').addEventListener("click", () => set({ breaks: null }));

  function showBreaks({ breaks }) {
    element.querySelector(".broken").hidden = !breaks;
    setText(element.querySelector(".broken span"), breaks ? `Broken on purpose: ${inWords(breaks)}.` : "");
  }

  subscribe((state, changed) => changed.includes("breaks") && showBreaks(state));

  function show(answer) {
    element.dataset.sequence = answer.sequence;
    if (answer.error) return say("error", answer.error);
    last = answer;
    paintImage(seen, answer.image);
    showBars(bars, answer.classes, answer.probabilities);
    say(...verdictOf(answer));
  }

  function empty() {
    const { classes } = last ?? { classes: [] };
    last = null;
    paintImage(seen, null);
    showBars(bars, classes, null);
    say("empty", "Draw a digit: the network reads it while the pen moves.");
  }

  function say(state, text) {
    offer.classList.toggle("none", ["empty", "error"].includes(state));
    verdict.dataset.state = state;
    setText(verdict, text);
    pocket(text);
  }

  live(element, {
    answer: (answer) => (answer ? show(answer) : empty()),
    theme: () => last && paintImage(seen, last.image),
  });
}
