// The networks that may read: those that everybody is offered, and those that this visitor made. The server keeps the
// latter under keys; this browser keeps the keys, and nobody else has them.

import { isOwn } from "./link.js";
import { get, set } from "./state.js";
import { keep, onOtherWindow, recall } from "./storage.js";

const MOST = 20; // networks in the list; the oldest leave it

const listeners = new Set();

let own = recall("networks")?.own ?? []; // { key, title, parent, ... }, oldest first
let offered = []; // names of the networks that everybody may choose
let first = null; // the page's own of them

/** The networks of this visitor, oldest first. */
export const ownNetworks = () => own;

/** Names of the networks that everybody may choose. */
export const offeredNetworks = () => offered;

/** Name or key of the network that read last in this browser, where it was the visitor's own; else null. */
export const lastChosen = () => recall("networks")?.chosen ?? null;

/** Whether a network may read. */
export const isThere = (name) => offered.includes(name) || own.some(({ key }) => key === name);

/** Call `listener()` whenever the visitor's list changes, or another of its networks was chosen. */
export const onNetworks = (listener) => listeners.add(listener);

/** Note what the server offers to everybody, and which of it is the page's own. */
export function offerNetworks(props) {
  ({ offered, first } = props);
}

/** Keep what the server still has: `titles` by key, as it knows them. */
export function keepKnown(titles) {
  own = own.filter(({ key }) => key in titles).map((network) => ({ ...network, title: titles[network.key] }));
}

/**
 * Put a network of the visitor's on the list, and let it read. Its `key` and `title` are the server's; its `parent` is
 * the network before it, and its `root` the shipped one that it all began with.
 */
export function addNetwork({ parent = get().network, ...network }) {
  const root = rootOf(parent);
  own = [...own.filter(({ key }) => key !== network.key), { ...network, parent, root }].slice(-MOST);
  chooseNetwork(network.key);
  saveNetworks();
}

/** Note more about a network of the list. */
export function updateNetwork(key, fields) {
  own = own.map((network) => (network.key === key ? { ...network, ...fields } : network));
  saveNetworks();
}

/** What people call a network. */
export const titleOf = (name) => own.find(({ key }) => key === name)?.title ?? name?.split("/").at(-1).replace(".safetensors", "");

/** The shipped network that one began with: itself, where it is one. */
export const rootOf = (name) => own.find(({ key }) => key === name)?.root ?? (offered.includes(name) ? name : first);

/** Let a network read, by its name or key. */
export const chooseNetwork = (name) => set({ network: name, breaks: null });

/** Keep the list in this browser, and which of it reads. */
export function saveNetworks() {
  keep("networks", { own, chosen: isOwn(get().network) ? get().network : null });
  announce();
}

function announce() {
  for (const listener of listeners) listener();
}

onOtherWindow("networks", () => {
  own = recall("networks")?.own ?? [];
  announce();
});
