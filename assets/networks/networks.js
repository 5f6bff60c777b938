// The choice of the network that reads: a link's comes before the one that read last, and that before the page's own.

import { isOwn, networkInLink } from "../page/link.js";
import {
  chooseNetwork, isThere, keepKnown, lastChosen, offerNetworks, offeredNetworks, onNetworks, ownNetworks, saveNetworks, titleOf,
} from "../kept/networks.js";
import { askServer } from "../page/server.js";
import { get, set, subscribe } from "../page/state.js";

export function mount({ element, server, props }) {
  const select = element.querySelector("select");
  let listed = ""; // the choices that are shown

  function list() {
    const choices = [...props.choices, ...ownNetworks().map(({ key, title }) => [title, key])];
    if (listed !== (listed = JSON.stringify(choices))) {
      select.replaceChildren(...choices.map((choice) => new Option(...choice)));
    }
    select.value = get().network;
  }

  offerNetworks(props);
  list();
  select.addEventListener("change", () => chooseNetwork(select.value));
  onNetworks(list);
  subscribe((state, changed) => {
    if (!changed.includes("network")) return;
    saveNetworks();
    list();
  });
  open(element.querySelector(".note"), server, props.first);
}

async function open(line, server, first) {
  const linked = networkInLink();
  const wanted = offeredNetworks().includes(linked) ? linked : lastChosen();
  if (ownNetworks().length) {
    const titles = await askServer(server.known_networks, ownNetworks().map(({ key }) => key), "load the page again");
    if (!titles.error) keepKnown(titles); // otherwise what it has is unknown
  }
  if (linked && !isOwn(linked) && !offeredNetworks().includes(linked)) {
    line.textContent = `There is no network ${linked} here, so ${titleOf(isThere(wanted) ? wanted : first)} is used.`;
  }
  if (isOwn(wanted) && !isThere(wanted)) {
    line.textContent = `The network used last is no longer kept here, so ${first} is used. Your samples are still here: teach it again.`;
  }
  set({ network: isThere(wanted) ? wanted : first });
}
