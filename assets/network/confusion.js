// What the chosen network takes for what, what lies behind each count, and what it calls unlike a digit.

import { ARROWS, clip, heading, node, pictureCanvas, setText } from "../controls/dom.js";
import { IMAGE_SIZE } from "../page/bytes.js";
import { follow as followJob, waiting } from "../page/job.js";
import { keepInAddress } from "../page/link.js";
import { makeQuestion } from "../page/server.js";
import { get } from "../page/state.js";
import { commit } from "../page/undo.js";
import { live } from "../page/view.js";
import { accuracy, grouped } from "../page/words.js";
import { paintImage } from "../paint/ink.js";
import { describing } from "./description.js";

const STRONGEST = 40; // percent of the accent behind the commonest mistake: the count on it stays readable
const WORDS = { test: ["image", "MNIST's test images"], pendigits: ["drawing", "people's pen strokes"] };
const ASK = "Choose a count to see what lies behind it.";

export function mount({ element, server }) {
  const view = element.querySelector(".confusion-view");
  const grid = view.querySelector("[role=grid]");
  const switches = [...view.querySelectorAll("[data-counted]")];
  const behind = view.querySelector(".behind");
  const list = view.querySelector("ul");
  const said = view.querySelector(".sentence");
  const parts = view.querySelectorAll(".counted, section + section"); // what there is to show of a network
  let shown = null; // what the server said of the network
  let counted = "test";
  let cells = []; // rows of cells
  let at = [0, 0]; // label and answer of the cell that the keys are on
  let pictures = []; // [canvas, image] behind the chosen cell

  const follow = describing(view, server.describe_confusion, (answer, network) => {
    view.dataset.state = "shown";
    view.dataset.network = network;
    shown = answer.error ? null : answer;
    for (const part of parts) part.hidden = !shown;
    if (shown) show();
    else setText(said, answer.error);
  });

  function show() {
    const { classes, threshold, rates, title } = shown;
    const counts = shown.counts[counted];
    for (const each of switches) each.ariaPressed = String(each.dataset.counted === counted);
    setText(said, counts ? summary(counts, classes, title) : missing(title));
    grid.hidden = !counts;
    forget(counts ? ASK : "");
    if (counts) fill(counts, classes);
    setText(view.querySelector(".threshold"), threshold);
    view.querySelector(".rates").replaceChildren(...rates.map(rateRow));
    view.querySelector(".scroll").hidden = !rates.length;
    setText(view.querySelector(".measured"), rates.length
      ? "Few digits should be called unlike a digit, but most other drawings should. * Of a kind that was never trained on."
      : `How often ${title} calls drawings unlike a digit has not been measured.`);
  }

  const missing = (title) => `What ${title} makes of ${WORDS[counted][1]} has not been counted; that would need the data.`;

  function summary(counts, classes, title) {
    const mistakes = counts.flatMap((row, label) => row.map((count, answer) => ({ label, answer, count: label === answer ? 0 : count })));
    const wrong = mistakes.reduce((sum, { count }) => sum + count, 0);
    const most = mistakes.reduce((one, other) => (other.count > one.count ? other : one));
    const all = counts.flat().reduce((sum, count) => sum + count, 0);
    const start = `Of ${grouped(all)} of ${WORDS[counted][1]}, ${title} misreads ${grouped(wrong)} (${accuracy(wrong / all)})`;
    return wrong ? `${start}; most often it reads ${classes[most.label]} as ${classes[most.answer]}: ${times(most.count)}.` : `${start}.`;
  }

  // The counts ----------------------------------------------------------------------------------------------------

  function fill(counts, classes) {
    const most = Math.max(1, ...counts.flatMap((row, label) => row.filter((_, answer) => answer !== label)));
    grid.querySelector("thead tr").replaceChildren(node("td"), ...classes.map((name) => headingOf(name, "col")));
    cells = counts.map((row, label) => row.map((count, answer) => {
      const cell = Object.assign(node("td", label === answer ? "right" : "", count ? String(count) : "\u00b7"), { tabIndex: -1 });
      cell.setAttribute("role", "gridcell");
      cell.ariaLabel = `${classes[label]} read as ${classes[answer]}: ${count}`;
      if (label !== answer) cell.style.setProperty("--share", `${(STRONGEST * count) / most}%`);
      cell.addEventListener("focus", () => settle(label, answer));
      cell.addEventListener("click", () => { cell.focus(); look(); });
      return cell;
    }));
    grid.querySelector("tbody").replaceChildren(...cells.map((row, label) => {
      const line = node("tr");
      line.append(headingOf(classes[label]), ...row);
      return line;
    }));
    at = at.map((index) => clip(index, classes.length));
    cells[at[0]][at[1]].tabIndex = 0;
  }

  /** One cell is reached by Tab, the others from there by the arrow keys. */
  function settle(label, answer) {
    cells[at[0]][at[1]].tabIndex = -1;
    at = [label, answer];
    cells[label][answer].tabIndex = 0;
  }

  grid.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") look();
    else if (ARROWS[event.key]) {
      const [label, answer] = at.map((index, axis) => clip(index + ARROWS[event.key][axis], cells.length));
      cells[label][answer].focus();
    } else return;
    event.preventDefault();
  });

  for (const each of switches) {
    each.addEventListener("click", () => {
      counted = each.dataset.counted;
      if (shown) show();
    });
  }

  // What lies behind one ------------------------------------------------------------------------------------------

  const find = (request) => followJob(server.look_behind, request, server.job_progress, (told) => {
    if (!finding.isAsking(request)) return true;
    setText(behind, told.state === "waiting" ? waiting(told) : "Looking for them.");
    return false;
  });
  const finding = makeQuestion(find, "choose the count again to retry", (answer) => {
    if (answer.error) return setText(behind, answer.error);
    const { classes } = shown;
    const [thing] = WORDS[counted];
    const [label, read] = at.map((index) => classes[index]);
    const some = answer.images.length < answer.count ? `; here are the ${answer.images.length} that it is surest of` : "";
    const load = answer.drawings ? " Choose one to put it on the sheet: Layers and Misread show why." : "";
    setText(behind, `${grouped(answer.count)} ${thing}${answer.count === 1 ? "" : "s"} of ${label} read as ${read}${some}.${load}`);
    pictures = answer.images.map((image, index) => [pictureCanvas(IMAGE_SIZE, `${label} read as ${read}, number ${index + 1}`), image]);
    list.replaceChildren(...pictures.map(([canvas], index) => item(canvas, answer.drawings?.[index])));
    paint();
  });

  function look() {
    const [label, answer] = at;
    forget("");
    cells[label][answer].ariaSelected = "true";
    if (shown.counts[counted][label][answer]) return finding.ask({ network: view.dataset.network, counted, label, answer });
    setText(behind, `No ${WORDS[counted][0]} of ${shown.classes[label]} is read as ${shown.classes[answer]}.`);
  }

  function forget(text) {
    finding.drop();
    for (const cell of grid.querySelectorAll("[aria-selected]")) cell.removeAttribute("aria-selected");
    pictures = [];
    list.replaceChildren();
    setText(behind, text);
  }

  function item(canvas, drawing) {
    const place = node("li");
    if (!drawing) {
      place.append(canvas);
      return place;
    }
    const button = Object.assign(node("button"), { type: "button", title: "Put it on the sheet" });
    button.append(canvas);
    button.addEventListener("click", () => {
      commit(drawing);
      keepInAddress(get());
      for (const each of list.querySelectorAll("button")) each.ariaPressed = String(each === button);
    });
    place.append(button);
    return place;
  }

  function paint() {
    for (const [canvas, image] of pictures) paintImage(canvas, image);
  }

  live(view, { network: follow, seen: follow, theme: paint });
}

const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${grouped(count)} times`);

/** The heading of a class, whose name is somebody's own. */
function headingOf(name, scope) {
  const head = heading("", scope);
  head.append(node("bdi", "", name));
  return head;
}

const KINDS = { "digits: hands": "digits: many ways of writing", "more digits": "three to five digits", part: "part of a digit" };

function rateRow([kind, share]) {
  const row = node("tr");
  row.append(heading(KINDS[kind] ?? kind), node("td", "", accuracy(share)));
  return row;
}
