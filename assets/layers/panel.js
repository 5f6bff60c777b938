// The panel of the selected cell: its field on the image, the maps it reads and belongs to, its arithmetic, and the
// walking kernel.

import { node, setHidden, setLabel, setText } from "../controls/dom.js";
import { mountPlayer } from "../controls/motion.js";
import { signed } from "../page/words.js";
import { paintFields } from "../paint/fields.js";
import { fit } from "../paint/frame.js";
import { paintFrame, paintMap, paintWindow } from "../paint/kernels.js";
import { mountArithmetic } from "./cell.js";
import { layerOf } from "./structure.js";
import { inWords, paintWeights, weightsOf } from "./weighing.js";

const WALK_STEP = 70; // milliseconds that a walking kernel stands on a cell

/**
 * The kernel walks by selecting one cell after the other: title, picture and products follow it. Returns { show, stopWalk,
 * clearOverlay, fields }: which of a cell's fields are painted may be changed in `fields`.
 */
export function mountPanel(view, selection) {
  const find = (selector) => view.querySelector(selector);
  const [panel, input, output] = [find(".cell"), find(".input"), find(".output")];
  const showArithmetic = mountArithmetic(find(".arithmetic"));
  const fields = { field: true, taps: true, influence: true };
  let at = 0; // the cell of the map that the kernel has walked to
  let size = null; // of that map, [height, width]; null if there is none
  let shown = null; // the detail that is shown

  const player = mountPlayer(find('[data-do="walk"]'), {
    pause: WALK_STEP,
    words: ["Play", "Stop"],
    titles: ["Walk the kernel over the map", "Your system asks for reduced motion: use the arrow keys instead."],
    onStart() { at = 0; walk(); },
    step() {
      if (!size || !view.checkVisibility()) return false;
      if (shown && (shown.y !== place()[0] || shown.x !== place()[1])) return true; // the answer is on its way
      at += 1;
      if (at >= size[0] * size[1]) return false;
      return walk();
    },
    onStop: () => selection.walk(null),
  });

  const place = () => [Math.floor(at / size[1]), at % size[1]];

  function walk() {
    const { cell } = selection;
    if (!cell || !size) return false;
    const [y, x] = place();
    selection.walk({ ...cell, y, x });
    return true;
  }

  /**
   * Show `cell` of `structure`: { title, label, isPinned } of it, and its `detail` of the newest answer, which may be on
   * its way. `image` is null while nothing is drawn.
   */
  function show(structure, cell, { title, label, isPinned, image, detail }) {
    const layer = layerOf(structure, cell);
    size = layer && image ? layer.size : null;
    if (!cell) {
      setText(find(".cell .title"), "No cell selected");
      setText(find(".words"), "Choose a cell of a map to see its field, its taps and its influence on the image.");
    } else if (!image) {
      setText(find(".cell .title"), title);
      setText(find(".words"), "Draw a digit to see where this cell looks and how its value is computed.");
    } else if (detail) {
      setText(find(".cell .title"), detail.title + (isPinned ? " (pinned)" : ""));
      setText(find(".words"), `Value ${signed(detail.arithmetic.value, 3)}; ${detail.words}`);
    } else return; // what is shown stays until the answer comes
    paint(image, detail, detail && layer, label, detail && weightsOf(structure, layer));
  }

  function paint(image, detail, layer, label, weights) {
    shown = detail;
    paintFields(find(".seen canvas"), image, detail, fields);
    const over = overlay();
    if (over) paintFields(over, image, detail, fields, { margin: false });
    panel.dataset.empty = String(!detail);
    input.dataset.empty = String(!detail?.input && !weights);
    output.dataset.empty = String(!detail?.map || detail.layer === "pool");
    setText(input.querySelector(".name"), weights ? "Its weights, by area" : detail?.input ? `It reads, \u2264 ${detail.input.maximum.toFixed(2)}` : "");
    setText(output.querySelector(".name"), detail?.map ? `Its map, \u2264 ${detail.map.maximum.toFixed(2)}` : "");
    setLabel(input.querySelector("canvas"), weights ? inWords(weights) : "The map that the kernel reads, with the kernel's taps");
    setLabel(output.querySelector("canvas"), layer ? label : "No cell selected");
    setHidden(find('[data-do="walk"]'), !layer?.kernels);
    setHidden(find('[data-do="unfold"]'), !detail);
    if (detail) {
      paintWalk(detail, layer);
      if (weights) paintWeights(input.querySelector("canvas"), weights);
      showArithmetic(detail);
    }
  }

  /** The map that is read, with the kernel on it, and the map that comes out, as far as the kernel has walked. */
  function paintWalk(detail, layer) {
    const [height, width] = layer.size;
    const { y, x } = detail;
    if (detail.input) {
      const painted = paintMap(input.querySelector("canvas"), detail.input);
      if (layer.kernels) {
        const area = layer.kernel ** 2;
        paintWindow(painted, layer, layer.kernels.subarray(detail.channel * area, (detail.channel + 1) * area), y, x);
      }
    }
    if (detail.map && height * width > 1) {
      const painted = paintMap(output.querySelector("canvas"), detail.map, player.isPlaying() ? y * width + x + 1 : Infinity);
      paintFrame(painted, y, x);
    }
  }

  /** A canvas over the small image on the left, for the same fields. */
  function overlay() {
    const seen = document.querySelector("#reading .seen canvas");
    let over = document.querySelector("#reading .seen .over");
    if (!over && seen) {
      over = Object.assign(node("canvas", "over"), { ariaHidden: "true" });
      seen.after(over);
      fit(over);
    }
    return over;
  }

  find('[data-do="unfold"]').addEventListener("click", ({ target }) => {
    const isUnfolded = panel.classList.toggle("unfolded");
    target.ariaExpanded = String(isUnfolded);
    target.textContent = isUnfolded ? "Hide" : "Show how";
    if (isUnfolded) panel.scrollIntoView();
  });

  function clearOverlay() {
    const over = overlay();
    if (over) clear(over);
  }

  return { show, stopWalk: player.stop, clearOverlay, fields };
}

const clear = (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
