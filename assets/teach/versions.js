// The networks that the visitor can go back to or save as files, and two of them side by side on the drawing.

import { node } from "../controls/dom.js";
import { opens, saveFile } from "../controls/files.js";
import { addNetwork, chooseNetwork, offeredNetworks, onNetworks, ownNetworks, rootOf, titleOf } from "../kept/networks.js";
import { fromBase64, toBase64 } from "../page/bytes.js";
import { follow, waiting } from "../page/job.js";
import { ask } from "../page/reader.js";
import { askServer } from "../page/server.js";
import { get } from "../page/state.js";
import { live } from "../page/view.js";
import { accuracy, clock, likeliest, percent } from "../page/words.js";
import { showBars } from "../paint/bars.js";

export function mountVersions(section, server, largest) {
  const line = section.querySelector(".note");
  mountList(section.querySelector("ol"));
  mountVersus(section);

  section.querySelector('[data-do="save-network"]').addEventListener("click", async () => {
    const answer = await askServer(server.network_file, get().network, "try again");
    line.textContent = answer.error ?? `${titleOf(get().network)} is in your downloads.`;
    if (!answer.error) saveFile(answer.name, fromBase64(answer.data), "application/octet-stream");
  });
  opens(section.querySelector('[data-do="open-network"]'), ".safetensors", async (file) => {
    if (file.size > largest) {
      line.textContent = `The file is larger than ${largest / 2 ** 20} MB; a network file is smaller.`;
      return;
    }
    const request = { data: await toBase64(file), clock: clock() };
    const answer = await follow(server.open_network, request, server.job_progress, (told) => {
      line.textContent = told.state === "waiting" ? waiting(told) : "The file is being read.";
    });
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
  live(list, { network: show });
  show();
}

function makeVersion({ name, words }) {
  const item = node("li");
  const button = Object.assign(node("button", "", titleOf(name)), { type: "button" });
  button.ariaPressed = String(name === get().network);
  button.addEventListener("click", () => chooseNetwork(name));
  item.append(button, node("span", "note", words));
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

  function show(other, answer) {
    if (!other) return clear();
    if (other.error) { line.textContent = other.error; return; }
    if (other.network !== select.value) return;
    showBars(here, answer.classes, answer.probabilities);
    showBars(there, other.classes, other.probabilities);
    const read = (said) => `${likeliest(said)} (${percent(Math.max(...said.probabilities))})`;
    line.textContent = `${titleOf(answer.network)} reads this drawing as ${read(answer)}, ${titleOf(other.network)} as ${read(other)}.`;
  }

  live(section, {
    part: "versus",
    parameters: () => (select.value ? { network: select.value } : null),
    show,
    network: fill,
  });
  select.addEventListener("change", () => ask());
  onNetworks(fill);
  fill();
}
