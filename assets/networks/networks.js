// The choice of the network that reads: a link's comes before the one that read last, and that before the page's own.

import { isOwn, networkInLink } from "../page/link.js";
import {
  chooseNetwork, isThere, keepKnown, lastChosen, offerNetworks, offeredNetworks, onNetworks, ownNetworks, saveNetworks, titleOf,
} from "../page/networks.js";
import { askServer } from "../page/server.js";
import { get, set, subscribe } from "../page/state.js";

let chosen = null; // what the choice on the left shows
let told = null; // what it was last told to show
let listed = "[]"; // the visitor's networks that it was told of last
let tell = null; // events of the view

/** The choice on the left shows what it was told to; if another network was chosen meanwhile, it is told again. */
export function heedShown(name) {
  chosen = name;
  if (told !== get().network) offer();
}

/** The choice on the left was used. */
export function follow(name) {
  chosen = name;
  chooseNetwork(name);
}

export function mount({ element, server, props, events }) {
  tell = events;
  chosen = props.first;
  offerNetworks(props);
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
  onNetworks(() => list() !== listed && offer());
  subscribe((state, changed) => {
    if (!changed.includes("network")) return;
    saveNetworks();
    if (state.network !== chosen) offer();
  });
  set({ network: isThere(wanted) ? wanted : first });
}

const list = () => JSON.stringify(ownNetworks().map(({ key, title }) => [key, title]));

/** Have the choice on the left show the visitor's networks too, and the one that reads. */
function offer() {
  chosen = told = get().network;
  listed = list();
  tell.offer({ own: ownNetworks().map(({ key }) => key), chosen });
}
