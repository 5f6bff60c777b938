// The networks that the visitor may go back to, as files too, and two of them side by side on the drawing.

import { answered } from "../page/server.js";
import { fromBase64, opens, saveFile, toBase64 } from "../page/files.js";
import { addNetwork, chooseNetwork, offeredNetworks, onNetworks, ownNetworks, rootOf, titleOf } from "../networks/networks.js";
import { accuracy } from "./outcome.js";
import { ask, onAnswer, want } from "../page/reader.js";
import { percent, showBars } from "../reading/reading.js";
import { get, subscribe } from "../page/state.js";
import { clock } from "./teaching.js";

export function mountVersions(section, server, largest) {
  const line = section.querySelector(".note");
  mountList(section.querySelector("ol"));
  mountVersus(section);

  section.querySelector('[data-do="save-network"]').addEventListener("click", async () => {
    const answer = await answered(server.network_file(get().network), "The server does not answer; try again.");
    line.textContent = answer.error ?? `${titleOf(get().network)} is in your downloads.`;
    if (!answer.error) saveFile(answer.name, fromBase64(answer.data), "application/octet-stream");
  });
  opens(section.querySelector('[data-do="open-network"]'), ".safetensors", async (file) => {
    if (file.size > largest) {
      line.textContent = `The file is larger than ${largest / 2 ** 20} MB; a network's file is not.`;
      return;
    }
    const request = { data: await toBase64(file), clock: clock() };
    const answer = await answered(server.open_network(request), "The file could not be sent to the server; try again.");
    line.textContent = answer.error ?? `${answer.title} reads now.`;
    if (answer.error) return;
    addNetwork({ key: answer.key, title: answer.title });
  });
}

// The list ----------------------------------------------------------------------------------------------------------

function mountList(list) {
  function show() {
    const roots = [...new Set([...ownNetworks().map(({ root }) => root), rootOf(get().network)])].filter(Boolean);
    const shipped = roots.map((name) => ({ name, words: "as shipped" }));
    const own = ownNetworks().map((network) => ({ name: network.key, words: words(network) }));
    list.replaceChildren(...[...shipped, ...own].map(makeVersion));
  }

  onNetworks(show);
  subscribe((_, changed) => changed.includes("network") && show());
  show();
}

function makeVersion({ name, words }) {
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: titleOf(name) });
  button.ariaPressed = String(name === get().network);
  button.addEventListener("click", () => chooseNetwork(name));
  item.append(button, Object.assign(document.createElement("span"), { className: "note", textContent: words }));
  return item;
}

function words({ numbers, held }) {
  if (!numbers) return "from a file, or of your own design";
  const turn = ([before, after]) => `${accuracy(before)} \u2192 ${accuracy(after)}`;
  const out = held?.total ? `; held out ${held.before} \u2192 ${held.after} of ${held.total}` : "";
  return `from ${numbers.from}; samples ${turn(numbers.samples)}${out}; old digits ${turn(numbers.replay)}`;
}

// Side by side ------------------------------------------------------------------------------------------------------

function mountVersus(section) {
  const select = section.querySelector("select");
  const [here, there] = section.querySelectorAll(".versus .bars");
  const name = section.querySelector(".name.a");
  const line = section.querySelector(".verdict");

  function fill() {
    const current = get().network;
    const last = select.value;
    const others = [...offeredNetworks(), ...ownNetworks().map(({ key }) => key)].filter((other) => other !== current);
    const own = ownNetworks().find(({ key }) => key === current);
    select.replaceChildren(...others.map((value) => new Option(titleOf(value), value)));
    select.value = [own?.parent, last].find((value) => others.includes(value)) ?? others[0];
    name.textContent = current ? titleOf(current) : "";
    ask();
  }

  function clear() {
    for (const bars of [here, there]) bars.replaceChildren();
    line.textContent = "Draw something to compare two networks on it.";
  }

  want("versus", () => (section.checkVisibility() && select.value && get().drawing.length ? { network: select.value } : null));
  onAnswer((answer) => {
    const other = answer.parts?.versus;
    if (!other || !get().drawing.length) return;
    if (other.error) { line.textContent = other.error; return; }
    if (other.network !== select.value) return;
    showBars(here, answer.classes, answer.probabilities);
    showBars(there, other.classes, other.probabilities);
    const read = ({ classes, probabilities }) => {
      const most = Math.max(...probabilities);
      return `${classes[probabilities.indexOf(most)]} (${percent(most)})`;
    };
    line.textContent = `Of this drawing, ${titleOf(answer.network)} reads ${read(answer)} and ${titleOf(other.network)} ${read(other)}.`;
  });
  select.addEventListener("change", () => ask());
  onNetworks(fill);
  subscribe((state, changed) => {
    if (changed.includes("network")) fill();
    if (changed.includes("drawing") && !state.drawing.length) clear();
  });
  new IntersectionObserver(([entry]) => entry.isIntersecting && ask()).observe(section);
  clear();
  fill();
}
