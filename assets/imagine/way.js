// The way from noise to digits: played, or scrubbed step by step.

import { setText } from "../controls/dom.js";
import { mountPlayer } from "../controls/motion.js";

const PAUSE = 240; // milliseconds that a step stays

/** `moved(step)` hears of the step that is shown. Returns { take(trail), step() }. */
export function mountWay(row, moved) {
  const slider = row.querySelector("input");
  const line = row.querySelector(".time");
  const button = row.querySelector("button");
  let trail = null;

  function go(step) {
    slider.value = step;
    show();
    moved(step);
  }

  function show() {
    const [step, last] = [Number(slider.value), Number(slider.max)];
    const image = trail && Math.round(100 * trail[step].time);
    const words = step === last ? `Finished after ${last} steps` : `Step ${step} of ${last}: ${image}\u00a0% image, ${100 - image}\u00a0% noise`;
    setText(line, trail ? words : "");
  }

  const player = mountPlayer(button, {
    pause: PAUSE,
    words: ["Play", "Stop"],
    titles: ["From noise to digit", "Your system asks for reduced motion: move the slider instead."],
    onStart: () => go(0),
    step() {
      if (!trail || !row.checkVisibility()) return false;
      go(Number(slider.value) + 1);
      return Number(slider.value) < Number(slider.max);
    },
  });
  slider.addEventListener("input", () => { player.stop(); go(Number(slider.value)); });

  return {
    /** Another trail, or null; the step stays, unless there was none. */
    take(next) {
      const atEnd = !trail || slider.value === slider.max;
      trail = next;
      row.inert = !trail;
      if (trail) slider.max = trail.length - 1;
      if (atEnd) slider.value = slider.max;
      if (!trail) player.stop();
      show();
    },
    step: () => Number(slider.value),
  };
}
