// Which network reads, and the networks that this visitor made. The server keeps those under keys; this browser keeps
// the keys, and nobody else has them.

import { isOwn, networkInLink } from "../page/link.js";
import { keep, onOtherWindow, recall } from "../page/storage.js";
import { get, set, subscribe } from "../page/state.js";

const MOST = 20; // networks in the list; the oldest leave it

const listeners = new Set();

let own = []; // { key, title, parent, ... }, oldest first
let offered = []; // names of the networks that everybody may choose
let first = null; // the page's own of them
let chosen = null; // what the choice on the left shows
let told = null; // what it was told to show last
let tell = null; // events of the view

/** The networks of this visitor, oldest first. */
export const ownNetworks = () => own;

/** Names of the networks that everybody may choose. */
export const offeredNetworks = () => offered;

/** Call `listener()` whenever the list changes. */
export const onNetworks = (listener) => listeners.add(listener);

/**
 * Put a network of the visitor's on the list, and let it read. Its `key` and `title` are the server's; its `parent` is
 * the network before it, and its `root` the shipped one that it all began with.
 */
export function addNetwork({ parent = get().network, ...network }) {
  const root = rootOf(parent);
  own = [...own.filter(({ key }) => key !== network.key), { ...network, parent, root }].slice(-MOST);
  save();
  set({ network: network.key });
  offer();
}

/** Note more about a network of the list. */
export function updateNetwork(key, fields) {
  own = own.map((network) => (network.key === key ? { ...network, ...fields } : network));
  save();
}

/** What people call a network. */
export const titleOf = (name) => own.find(({ key }) => key === name)?.title ?? name?.split("/").at(-1).replace(".safetensors", "");

/** The shipped network that one began with: itself, where it is one. */
export const rootOf = (name) => own.find(({ key }) => key === name)?.root ?? (offered.includes(name) ? name : first);

/** Let a network read, by its name or key. */
export const chooseNetwork = (name) => set({ network: name });

/** The choice on the left shows what it was told to; where another network was chosen meanwhile, it is told anew. */
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
  offered = props.offered;
  chosen = first = props.first;
  own = recall("networks")?.own ?? [];
  open(element.querySelector(".note"), server);
  onOtherWindow("networks", () => {
    own = recall("networks")?.own ?? [];
    announce();
    offer();
  });
}

/** A link's network comes before the one that read last, and that before the page's own. */
async function open(line, server) {
  const linked = networkInLink();
  const last = recall("networks")?.chosen;
  const wanted = offered.includes(linked) ? linked : last;
  if (own.length) own = await stillKept(server);
  const isThere = offered.includes(wanted) || own.some(({ key }) => key === wanted);
  if (linked && !isOwn(linked) && !offered.includes(linked)) {
    line.textContent = `There is no network ${linked} here, so ${titleOf(isThere ? wanted : first)} reads.`;
  }
  if (isOwn(wanted) && !isThere) {
    line.textContent = `The network that read last is no longer kept here, so ${first} reads. Your samples are still here: teach it again.`;
  }
  subscribe((state, changed) => {
    if (!changed.includes("network")) return;
    save();
    if (state.network !== chosen) offer();
  });
  set({ network: isThere ? wanted : first });
  if (own.length) offer();
  announce();
}

/** The networks of the list that the server still has, with the titles that it knows them by. */
async function stillKept(server) {
  try {
    const titles = await server.known_networks(own.map(({ key }) => key));
    return own.filter(({ key }) => key in titles).map((network) => ({ ...network, title: titles[network.key] }));
  } catch {
    return own; // the server does not answer: what it has is not known
  }
}

function save() {
  keep("networks", { own, chosen: isOwn(get().network) ? get().network : null });
  announce();
}

function announce() {
  for (const listener of listeners) listener();
}

/** Have the choice on the left show the visitor's networks too, and the one that reads. */
function offer() {
  chosen = told = get().network;
  tell.offer({ own: own.map(({ key }) => key), chosen });
}
