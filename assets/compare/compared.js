// One drawing, four networks: how each reads it, where one cell of each looks, and the maps of one stage.

import { ARROWS, clip, node } from "../controls/dom.js";
import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { ask } from "../page/reader.js";
import { live } from "../page/view.js";
import { likeliest, percent } from "../page/words.js";
import { showBars } from "../paint/bars.js";
import { MARGIN, paintFields } from "../paint/fields.js";
import { fit } from "../paint/frame.js";
import { palette } from "../paint/palette.js";

const CELLS = 14; // along each side of a stage's map
const COLUMNS = 8; // maps beside each other
const SHOW = { field: true, taps: true, influence: true };

export function mountDrawn(section, { networks, stages }) {
  const line = section.querySelector(".sentence");
  const figures = networks.map(makeFigure);
  const chosen = { stage: stages - 1, y: CELLS / 2, x: CELLS / 2 };
  let shown = null; // the newest answer, or null if nothing is drawn
  section.querySelector(".four").replaceChildren(...figures.map(({ element }) => element));

  function choose(changes) {
    Object.assign(chosen, changes);
    for (const button of buttons) button.ariaPressed = String(Number(button.textContent) === chosen.stage + 1);
    ask();
  }

  const buttons = Array.from({ length: stages }, (_, stage) => {
    const button = Object.assign(node("button", "", String(stage + 1)), { type: "button" });
    button.addEventListener("click", () => choose({ stage }));
    return button;
  });
  section.querySelector(".stages").replaceChildren(...buttons);

  for (const { fields } of figures) {
    const point = (event) => {
      const box = fields.getBoundingClientRect();
      const [y, x] = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width]
        .map((share) => clip(Math.floor((share * (IMAGE_SIZE + 2 * MARGIN) - MARGIN) / (IMAGE_SIZE / CELLS)), CELLS));
      if (y !== chosen.y || x !== chosen.x) choose({ y, x });
    };
    fields.addEventListener("pointermove", (event) => event.pointerType !== "touch" && point(event)); // a finger scrolls
    fields.addEventListener("click", point);
    fields.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      const [y, x] = [chosen.y + step[0], chosen.x + step[1]].map((at) => clip(at, CELLS));
      choose({ y, x });
    });
  }

  function show(answer) {
    shown = answer;
    if (!section.checkVisibility()) return;
    figures.forEach((figure, index) => {
      const part = answer?.parts.compare.find(({ name }) => name === networks[index].name) ?? null;
      paint(figure, answer, part);
    });
    line.textContent = answer ? sentence(answer, networks, chosen) : "Draw a digit: all four networks read it at once.";
  }

  const again = () => show(shown);
  live(section, {
    part: "compare",
    parameters: () => ({ ...chosen, networks: networks.map(({ name }) => name) }),
    show: (found, answer) => found?.error || show(answer ?? null),
    theme: again,
    size: again,
    seen: again,
  });
  choose({});
}

function makeFigure({ title }) {
  const element = node("figure");
  const said = node("p", "said");
  const fields = Object.assign(node("canvas", "fields"), { tabIndex: 0, role: "application" });
  fields.ariaLabel = `Where the chosen cell looks: ${title}; the arrow keys move it`;
  const maps = Object.assign(node("canvas", "maps"), { role: "img", ariaLabel: `Maps of the chosen stage: ${title}` });
  const bars = node("div", "bars");
  element.append(node("figcaption", "", title), said, fields, maps, bars);
  return { element, said, fields, maps, bars };
}

function paint({ said, fields, maps, bars }, answer, part) {
  fit(fields);
  paintFields(fields, answer?.image ?? null, part && { ...part, taps: [] }, SHOW); // four kernels of weights are too many
  paintMaps(maps, part);
  if (answer || bars.firstChild) showBars(bars, part?.classes ?? [], part?.probabilities ?? null);
  said.textContent = part ? `reads ${likeliest(part)}, ${percent(Math.max(...part.probabilities))}` : "";
}

/** All maps of a stage, `COLUMNS` in a row, with a hairline between them. */
function paintMaps(canvas, part) {
  const [channels, height, width] = part?.size ?? [24, CELLS, CELLS];
  const [down, right] = [height + 1, width + 1];
  const [wide, high] = [COLUMNS * right - 1, Math.ceil(channels / COLUMNS) * down - 1];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const context = canvas.getContext("2d");
  const picture = context.createImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  const colours = palette();
  pixels.fill(colours.gap);
  const bytes = part ? fromBase64(part.map) : new Uint8Array(channels * height * width);
  bytes.forEach((byte, at) => {
    const [channel, cell] = [Math.floor(at / (height * width)), at % (height * width)];
    const y = Math.floor(channel / COLUMNS) * down + Math.floor(cell / width);
    pixels[y * wide + (channel % COLUMNS) * right + (cell % width)] = colours.scale[byte];
  });
  context.putImageData(picture, 0, 0);
}

/** How the four read the drawing, and how far they look. */
function sentence(answer, networks, { stage, y, x }) {
  const parts = answer.parts.compare;
  const said = parts.map(likeliest);
  const agree = new Set(said).size === 1 ? `All read ${said[0]}.` : `They read ${said.slice(0, -1).join(", ")} and ${said.at(-1)}: they do not agree.`;
  const sizes = [true, false].map((dilated) => parts.find(({ name }) => networks.find((network) => network.name === name).dilated === dilated)?.field);
  const [far, near] = sizes.map((field) => (field ? `${field[2] - field[0]} x ${field[3] - field[1]}` : "no"));
  const looks = far === near ? `${far} pixels in all of them: dilation begins later` : `${far} pixels where there is dilation and at ${near} where there is none`;
  return `${agree} In stage ${stage + 1}, cell (${y}, ${x}) looks at ${looks}, through the same number of weights.`;
}
