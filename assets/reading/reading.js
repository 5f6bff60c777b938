// What the network sees and reads: its 28 x 28 image, a bar for each class, and one sentence.

import { setHidden, setText } from "../controls/dom.js";
import { openTab } from "../controls/tabs.js";
import { inWords } from "../kept/breaks.js";
import { toChosen, toLine } from "../page/shape.js";
import { get, set, subscribe } from "../page/state.js";
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
  const [asLine, alone] = ["line", "alone"].map((name) => element.querySelector(`[data-do="${name}"]`));
  asLine.addEventListener("click", toLine);
  alone.addEventListener("click", toChosen);
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
    const [state, text] = verdictOf(answer);
    say(state, get().line ? `The chosen digit alone, here and in the tabs: ${text[0].toLowerCase()}${text.slice(1)}` : text);
  }

  function empty() {
    const { classes } = last ?? { classes: [] };
    last = null;
    paintImage(seen, null);
    showBars(bars, classes, null);
    say("empty", get().line ? "The digit of the line that is chosen is read here by itself." : "Draw a digit: the network reads it while the pen moves.");
  }

  function say(state, text) {
    const nothing = ["empty", "error"].includes(state);
    offer.classList.toggle("none", nothing);
    setHidden(asLine, get().line !== null || !last?.several?.length);
    setHidden(alone, get().line === null || nothing);
    verdict.dataset.state = state;
    setText(verdict, text);
    pocket(text);
  }

  subscribe((_, changed) => changed.includes("line") && (last ? show(last) : empty()));
  live(element, {
    answer: (answer) => (answer ? show(answer) : empty()),
    theme: () => last && paintImage(seen, last.image),
  });
}
