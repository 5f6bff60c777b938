// The guided path: each step brings the page to its place, says one sentence and one thing to do, and sees from the state of
// the page whether that was done. Where somebody has come is kept in this browser; a link may open any step.

import { ONE_COLUMN } from "../controls/columns.js";
import { node, setText } from "../controls/dom.js";
import { ownNetworks } from "../kept/networks.js";
import { onAnswer } from "../page/reader.js";
import { makeQuestion } from "../page/server.js";
import { get, set, subscribe } from "../page/state.js";
import { keep, recall } from "../page/storage.js";
import { verdictOf } from "../page/words.js";

const COUNT = 6;
const PATIENCE = 3000; // milliseconds within which a tab has what a step is about

// Whether a step was done, by the state of the page, the step and the newest answer.
const DONE = {
  draw: ({ drawing, example }) => drawing.length > 0 && !example,
  cell: ({ cell }, { layer }) => cell?.layer === layer,
  fool: ({ example }, _, answer) => Boolean(answer?.probabilities && !example && isFooled(answer)),
  teach: ({ network }) => ownNetworks().some(({ key, numbers }) => key === network && numbers), // of a lesson
};

const isFooled = (answer) => verdictOf(answer)[0] !== "sure";

export function mount({ element, server, props }) {
  const view = element.querySelector(".path-view");
  const find = (selector) => view.querySelector(selector);
  const whole = element.closest(".contain > *"); // Gradio confines styles to what lies in .contain
  const mark = document.head.appendChild(node("style")); // of what a step is about, which may be built anew at any time
  const kept = recall("path");
  const done = new Set((kept?.done ?? []).filter((step) => step <= COUNT)); // numbers of the steps that were done
  let came = kept?.step ?? 1; // where somebody has come
  let steps = null; // as the server describes them for the network that reads
  let named = null; // that network
  let answer = null; // the newest
  let brought = null; // the step that the page was brought to

  const description = makeQuestion(server.describe_path, "choose the network again to retry", (found, name) => {
    steps = found.steps ?? null;
    named = name;
    if (found.error) setText(find(".says"), found.error);
    follow();
    check();
  });

  const dots = Array.from({ length: COUNT }, (_, index) => {
    const item = node("li");
    const button = Object.assign(node("button", "", String(index + 1)), { type: "button" });
    button.addEventListener("click", () => set({ path: index + 1 }));
    item.append(button);
    return item;
  });
  find("ol").append(...dots);

  function follow() {
    const { path, network } = get();
    find(".step").hidden = !path;
    find(".idle").hidden = Boolean(path);
    whole.classList.toggle("on-path", Boolean(path));
    setText(find('[data-do="begin"]'), done.size || came > 1 ? `Continue the path: step ${came} of ${COUNT}` : `A path in ${COUNT} steps`);
    if (!path) {
      brought = null;
      mark.textContent = "";
      return;
    }
    if (named !== network) {
      named = network;
      steps = null;
      if (network) description.ask(network);
    }
    if (came !== path) remember(path);
    if (steps && brought !== path) bring(path);
    show();
  }

  function remember(step) {
    came = step;
    keep("path", { step: came, done: [...done] });
  }

  function show() {
    const { path } = get();
    dots.forEach((dot, index) => {
      const [button] = dot.children;
      button.ariaCurrent = index + 1 === path ? "step" : "false";
      button.dataset.done = String(done.has(index + 1));
      button.ariaLabel = `Step ${index + 1} of ${COUNT}${done.has(index + 1) ? ", done" : ""}`;
    });
    if (!steps) { // of this network there is no path, or not yet
      setText(find(".task"), "");
      mark.textContent = "";
      return;
    }
    const step = steps[path - 1];
    const isDone = done.has(path);
    view.dataset.done = String(isDone);
    setText(find(".says"), isDone ? step.found : step.sentence);
    setText(find(".task"), isDone ? "" : step.task);
    setText(find('[data-do="next"]'), path === COUNT ? "End" : isDone ? "Next" : "Skip");
    find('[data-do="leave"]').hidden = path === COUNT && isDone; // the end is the way out
    mark.textContent = isDone ? "" : `${step.place} { outline: 3px solid var(--accent); outline-offset: 3px; scroll-margin: ${ONE_COLUMN.matches ? 72 : 16}px; }`;
  }

  /** Open the step's tab, and bring its place into sight if it is not. */
  function bring(path) {
    const { tab, place } = steps[path - 1];
    brought = path;
    set({ question: false, ...(tab && { tab: tab === "Layers" ? null : tab }) });
    const since = performance.now();
    const look = () => {
      if (get().path !== path) return;
      const target = document.querySelector(place);
      if (!target?.checkVisibility()) return performance.now() - since < PATIENCE && requestAnimationFrame(look);
      const { top, bottom, height } = target.getBoundingClientRect();
      const covered = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop); // by the path and the tabs
      const isNarrow = ONE_COLUMN.matches; // where the path and the selected cell stand below
      if (isNarrow || top < covered || bottom > innerHeight - 64) target.scrollIntoView({ block: isNarrow && height < 200 ? "center" : "start" });
    };
    requestAnimationFrame(look);
  }

  function check() {
    const { path } = get();
    if (!path || !steps || done.has(path) || brought !== path) return;
    const step = steps[path - 1];
    if (!DONE[step.check](get(), step, answer)) return;
    done.add(path);
    remember(path);
    show();
  }

  find('[data-do="begin"]').addEventListener("click", () => set({ path: came }));
  find('[data-do="next"]').addEventListener("click", () => {
    const { path } = get();
    if (path < COUNT) return set({ path: path + 1 });
    done.clear(); // the next visitor begins anew
    remember(1);
    set({ path: null });
  });
  find('[data-do="leave"]').addEventListener("click", () => set({ path: null }));
  find('[data-do="ask"]').addEventListener("click", () => {
    set({ tab: null, question: true });
    document.querySelector("#question")?.scrollIntoView({ block: "nearest" });
  });
  subscribe((_, changed) => {
    if (changed.includes("path") || (changed.includes("network") && get().path)) follow();
    check();
  });
  onAnswer((newest) => { answer = newest; check(); });
  new ResizeObserver(([{ target }]) => { // the tabs stay below it, however many lines a step has
    document.documentElement.style.setProperty("--head", `${target.offsetHeight}px`);
  }).observe(element.closest("#head"));
  find('[data-do="ask"]').hidden = !props.question;
  setText(find('[data-do="ask"]'), props.question);
  follow();
}
