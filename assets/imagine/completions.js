// The images that were drawn, side by side: each a button, and below it what it became.

import { node, rove, setLabel, setText } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { likeliest, percent } from "../page/words.js";
import { paintShared } from "../paint/ink.js";

const PIXELS = IMAGE_SIZE ** 2;

/** The image at `index` of many in a row of bytes. */
export const imageAt = (images, index) => images.subarray(index * PIXELS, (index + 1) * PIXELS);

/**
 * Tiles in `group` for `count` images; `chosen(index)` hears of the one that is pressed. Returns { show, name, choose }.
 */
export function mountCompletions(group, count, chosen) {
  const tiles = Array.from({ length: count }, (_, index) => {
    const tile = Object.assign(node("button", "tile"), { type: "button", ariaPressed: "false" });
    const canvas = Object.assign(node("canvas"), { width: IMAGE_SIZE, height: IMAGE_SIZE });
    tile.append(canvas, node("span"));
    tile.addEventListener("click", () => chosen(index));
    return tile;
  });
  group.replaceChildren(...tiles);
  rove(group);

  return {
    /** Paint images, or null for none; where `keep` is 1 they are somebody's own ink. */
    show(images, keep) {
      tiles.forEach((tile, index) => {
        paintShared(tile.firstChild, images && imageAt(images, index), keep);
        tile.disabled = !images;
      });
    },

    /** Say what a network reads them as, { classes, probabilities } of each; null: nothing is said. */
    name(readings) {
      tiles.forEach((tile, index) => {
        const probabilities = readings?.probabilities[index];
        const label = probabilities && likeliest({ classes: readings.classes, probabilities });
        setText(tile.lastChild, label ? `${label}, ${percent(Math.max(...probabilities))}` : "\u00a0");
        setLabel(tile, `Number ${index + 1}${label ? `: ${tile.lastChild.textContent}` : ""}`);
      });
    },

    choose(index) {
      tiles.forEach((tile, at) => { tile.ariaPressed = String(at === index); });
    },
  };
}
