// The question that the page opens with, answered on the drawing that is there: a field that grows stage by stage, beside
// that of the same weights without dilation. The first touch of the pen sees it off; the page's head calls it back.

import { ONE_COLUMN } from "../controls/columns.js";
import { setLabel, setText } from "../controls/dom.js";
import { isStill, mountPlayer } from "../controls/motion.js";
import { get, set, subscribe } from "../page/state.js";
import { live } from "../page/view.js";
import { fit } from "../paint/frame.js";
import { paintGrowth } from "../paint/growth.js";
import { paintImage } from "../paint/ink.js";

const STEP_TIME = 900; // milliseconds that a stage stands while the fields grow
const START = 1300; // milliseconds until they begin to: first the example writes itself

export function mount({ element, props: { asked } }) {
  const view = element.querySelector(".question-view");
  if (!asked) return;
  const find = (selector) => view.querySelector(selector);
  const slider = find("input");
  const figures = [...view.querySelectorAll("figure")].map((figure, index) => ({
    ...asked.pictures[index],
    ink: figure.querySelector(".ink"),
    boxes: figure.querySelector(".boxes"),
    caption: figure.querySelector("figcaption"),
  }));
  const every = figures.flatMap(({ steps }) => steps); // so that both are drawn to one scale
  const last = figures[0].steps.length - 1;
  let image = null;

  setText(find("h2"), asked.question);
  setText(find(".sentence"), asked.answer);
  for (const { title, sentence, caption, boxes } of figures) {
    setText(caption.querySelector("b"), title);
    setLabel(boxes, `${title}: one cell sees ${sentence}`);
  }
  slider.max = last;

  function paint() {
    if (view.hidden) return;
    const step = Number(slider.value);
    setText(find(".title"), figures[0].steps[step].title);
    for (const { steps, ink, boxes, caption } of figures) {
      const [top, left, bottom, right] = steps[step].box;
      setText(caption.querySelector("span"), `${bottom - top} x ${right - left} pixels`);
      fit(boxes);
      paintGrowth(boxes, ink, steps, step, every);
    }
    paintInk();
  }

  function paintInk() {
    if (!view.hidden) for (const { ink } of figures) paintImage(ink, image);
  }

  const player = mountPlayer(find('[data-do="play"]'), {
    pause: STEP_TIME,
    words: ["Play", "Pause"],
    titles: ["", "Your system asks for reduced motion: move the slider instead."],
    onStart() {
      if (Number(slider.value) === last) slider.value = 0;
      paint();
    },
    step() {
      if (Number(slider.value) === last || view.hidden) return false;
      slider.value = Number(slider.value) + 1;
      paint();
      return Number(slider.value) !== last;
    },
  });
  slider.addEventListener("input", () => { player.stop(); paint(); });
  find('[data-do="close"]').addEventListener("click", () => set({ question: false }));
  find('[data-do="path"]').addEventListener("click", () => set({ question: false, path: 1 }));

  /** Over the maps, which wait behind it; in one column at the window's end, as long as the sheet is in sight. */
  function follow() {
    const { question } = get();
    cover();
    if (question === !view.hidden) return;
    view.hidden = !question;
    player.stop();
    if (!question) return;
    slider.value = isStill() ? last : 0;
    paint();
    if (!isStill()) setTimeout(() => !view.hidden && slider.value === "0" && !player.isPlaying() && find('[data-do="play"]').click(), START);
  }

  function cover() {
    const maps = document.querySelector("#layers");
    if (maps) maps.inert = get().question && !ONE_COLUMN.matches;
  }

  function leaveWithSheet(entries) {
    if (!entries.at(-1).isIntersecting && ONE_COLUMN.matches) set({ question: false });
  }

  subscribe((_, changed) => changed.includes("question") && follow());
  ONE_COLUMN.addEventListener("change", cover);
  const sheet = document.querySelector("#canvas .sheet");
  if (sheet) new IntersectionObserver(leaveWithSheet).observe(sheet);
  live(view, { image: (bytes) => { image = bytes; paintInk(); }, theme: paint, size: paint });
  follow();
}
