// Before and after: what teaching gained and lost, in numbers, and what changed in the network.

import { heading, node, setText } from "../controls/dom.js";
import { onNetworks, ownNetworks } from "../kept/networks.js";
import { get } from "../page/state.js";
import { live } from "../page/view.js";
import { accuracy, grouped, percent, titleOfLayer } from "../page/words.js";
import { paintDrawing } from "../paint/pen.js";

const ALARM = 0.01; // lost share of a class's held-out digits that is worth an alarm
const MANY = 20; // held-out samples from which the figure is more than a hint

const HUNDRED = 100; // people, or drawings, that a price is named for

const points = (change) => `${change < 0 ? "\u2212" : change > 0 ? "+" : ""}${Math.abs(100 * change).toFixed(1)}`;

/**
 * Returns { show(key, readings), showExample(lesson) }, the former to be called with what was said of each sample;
 * `again(keep, parent)` teaches with the other choice.
 */
export function mountOutcome(section, again) {
  const find = (selector) => section.querySelector(selector);
  const told = new Map(); // key -> what was said of each sample, of this visit

  let example = null; // the outcome of the example lesson, shown until the visitor has taught

  function show() {
    const network = ownNetworks().find(({ key }) => key === get().network) ?? (ownNetworks().length ? null : example);
    section.hidden = !network?.numbers;
    if (section.hidden) return;
    const { numbers, held } = network;
    find(".example").hidden = network !== example;
    setText(find(".sentence"), sentence(network));
    setText(find(".alarm"), alarm(numbers));
    const contests = (numbers.contests ?? []).map((each) => makeContest(each, numbers.keep, (keep) => again(keep, network.parent)));
    find(".contests").replaceChildren(...contests);
    find(".contests").hidden = !contests.length;
    setText(find(".proof"), proofSentence(numbers.proof));
    find(".proof").hidden = !numbers.proof; // of a network that was taught before there was one
    find(".summary tbody").replaceChildren(...summary(numbers, held, network === example ? "its" : "your"));
    find(".kept tbody").replaceChildren(...numbers.classes.filter(({ kept }) => kept).map(keptRow));
    find(".changes tbody").replaceChildren(...changeRows(numbers.layers));
    const readings = told.get(network.key);
    find(".readings").replaceChildren(...(readings ?? []).map(makeReading));
    find(".untold").hidden = Boolean(readings);
    paint();
  }

  function paint() {
    for (const canvas of section.querySelectorAll(".readings canvas")) paintDrawing(canvas, canvas.drawing);
  }

  onNetworks(show);
  live(section, { network: show, seen: paint, theme: show });
  show();
  return {
    show(key, readings) { told.set(key, readings); show(); },
    showExample({ numbers, held, readings }) {
      example = { key: "example", title: "The example\u2019s network", numbers, held, whose: "" };
      told.set(example.key, readings);
      show();
    },
  };
}

function sentence({ title, numbers, held, whose = " of yours" }) {
  const [before, after] = numbers.samples;
  const parts = [`${title} came from ${numbers.from}. It reads ${accuracy(after)} of the samples it was taught with correctly (${accuracy(before)} before)`];
  if (held === undefined || held === "unknown") {
    parts.push(`how well it reads new drawings of yours is ${held ? "unknown: measuring it was not finished" : "being measured"}`);
  } else if (held) {
    parts.push(`of ${held.total} held-out drawings${whose}, ${held.before} were read correctly before and ${held.after} after teaching with the others${held.total < MANY ? " (too few to be certain)" : ""}`);
  } else {
    parts.push("how well it reads new drawings of yours is unknown: measuring that takes at least two samples of every class");
  }
  return `${parts.join("; ")}.`;
}

function alarm({ classes, hands }) {
  return [forgotten(classes), hands && lostStyles(hands), hands?.advice].filter(Boolean).join(" ");
}

function lostStyles({ lost }) {
  if (!lost.length) return "";
  const each = lost.map(([style, before, after, drawings, instead]) => `${style} (${before} \u2192 ${after} of ${drawings}${instead ? `, now ${instead}` : ""})`);
  return `Ways of writing that it now misreads: ${each.join("; ")}.`;
}

function forgotten(classes) {
  const lost = classes.filter(({ kept }) => kept && kept[1] < kept[0] - ALARM - 1e-9);
  if (!lost.length) return "";
  const each = lost.map(({ name, kept }) => `${name} (${points(kept[1] - kept[0])})`).join(", ");
  return `Forgetting: of the old digits, these lost more than one point: ${each}. Undo teaching, or teach with a larger share of old digits.`;
}

/** What a new class that looks like a digit costs, either way, and a button for the other one. */
function makeContest({ name, like, digits, drawings }, keep, again) {
  const box = node("div");
  const read = (choice) => `${Math.round(HUNDRED * choice.read)} of ${HUNDRED} varied drawings of yours are read as ${name}`;
  const lost = (choice) => `${few(HUNDRED * choice.taken)} of ${HUNDRED} ${like}s by other people are taken for it`;
  const ways = { digits: ["Keeping the digits", digits], class: [`Keeping ${name}`, drawings] };
  const same = digits.read === drawings.read && digits.taken === drawings.taken;
  box.append(node("p", "alarm", `${name} looks like ${like} to this network. Give it something that no ${like} has${same ? "" : ", or choose"}.`));
  for (const [way, [words, choice]] of Object.entries(ways)) {
    if (same && way !== keep) continue;
    const row = node("p", "row");
    row.append(node("span", "note", `${words}: ${read(choice)}, and ${lost(choice)}${way === keep ? " (as taught now)" : ""}.`));
    if (way !== keep) {
      const button = Object.assign(node("button", "", way === "class" ? "Teach again, keeping the class" : "Teach again, keeping the digits"), { type: "button" });
      button.addEventListener("click", () => again(way));
      row.append(button);
    }
    box.append(row);
  }
  return box;
}

const share = (value) => `${(100 * value).toFixed(2)}\u00a0%`;
const few = (number) => (number > 0 && number < 1 ? "fewer than 1" : String(Math.round(number)));

/** By what the loss is proved, and how far that can be trusted. */
function proofSentence(proof) {
  if (!proof) return "";
  const { source, rehearsed, chosen, held_out: held, right, lost, least, most } = proof;
  if (!held) return "This network reads no digits that could be forgotten.";
  const counted = `${grouped(lost)} of the ${grouped(right)} that were read correctly before are misread now, ${share(lost / Math.max(right, 1))}`;
  const range = `with 95 % confidence between ${share(least)} and ${share(most)}`;
  const parts = `${grouped(rehearsed)} others were rehearsed, and ${grouped(chosen)} more decided how much of what was learned to keep.`;
  if (source === "MNIST") return `Proved by ${grouped(held)} digits that other people wrote (MNIST): ${counted}, ${range}. ${parts}`;
  if (source === "generated digits") return `Proved by ${grouped(held)} digits that a network drew, as people write them: ${counted}, ${range} if people\u2019s are like these. MNIST makes the proof stronger. ${parts}`;
  return `A weak proof, by ${grouped(held)} variations of one person\u2019s ten digits: ${counted}. Of other people\u2019s digits, many more may be lost. Fetch MNIST and teach again for a proof that counts.`;
}

function summary({ samples, replay, source, hands }, held, whose) {
  const rows = [[`${whose} samples, used for teaching`, ...samples.map(accuracy)]];
  const out = held?.total ? [held.before, held.after].map((count) => `${count} of ${held.total}`) : Array(2).fill(held === null ? "too few" : "unknown");
  rows.push([`${whose} drawings, held out`, ...out]);
  rows.push([`old digits, held out (${source})`, ...replay.map(accuracy)]);
  if (hands?.drawings) rows.push([`other hands (${hands.drawings} drawings in ${hands.styles} ways of writing)`, ...hands.right.map(accuracy)]);
  return rows.map(makeRow);
}

function keptRow({ name, kept: [before, after] }) {
  const row = makeRow([node("bdi", "", name), accuracy(before), accuracy(after), points(after - before)]);
  row.dataset.state = after < before - ALARM - 1e-9 ? "lost" : "";
  return row;
}

function changeRows(layers) {
  const most = Math.max(...Object.values(layers), 1e-9);
  return Object.entries(layers).map(([layer, change]) => {
    const row = makeRow([titleOfLayer(layer), "", `${(100 * change).toFixed(1)} %`]);
    const fill = node("i");
    fill.style.width = `${(100 * change) / most}%`;
    row.children[1].className = "track";
    row.children[1].append(fill);
    return row;
  });
}

function makeRow([head, ...cells]) {
  const row = node("tr");
  const first = heading("");
  first.append(head);
  row.append(first, ...cells.map((text) => node("td", "", text)));
  return row;
}

function makeReading({ label, drawing, before, after }) {
  const item = node("li");
  const picture = Object.assign(node("canvas"), { role: "img", ariaLabel: `A drawing of ${label}`, drawing });
  item.append(picture, makeSide("before", label, before), makeSide("after", label, after));
  return item;
}

function makeSide(when, label, likeliest) {
  const side = node("div");
  side.append(node("p", "", `${when}: ${likeliest[0][0] === label ? "right" : "wrong"}`));
  side.append(...likeliest.map(([text, probability]) => {
    const bar = node("div", text === label ? "bar top" : "bar");
    const [track, fill] = [node("span", "track"), node("span", "fill")];
    track.append(fill);
    fill.style.transform = `scaleX(${probability})`;
    bar.append(Object.assign(node("span", "label", text), { title: text }), track, node("span", "percent", percent(probability)));
    return bar;
  }));
  return side;
}
