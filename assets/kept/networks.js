// The networks to choose from: those that everybody is offered, and those that this visitor made. The server keeps the
// latter under keys; this browser keeps the keys, and nobody else has them.

import { isOwn } from "../page/link.js";
import { get, set } from "../page/state.js";
import { keep, onOtherWindow, recall } from "../page/storage.js";

const MOST = 20; // networks in the list; the oldest leave it

const listeners = new Set();

let own = recall("networks")?.own ?? []; // { key, title, parent, ... }, oldest first
let offered = []; // names of the networks that everybody may choose
let first = null; // the one that the page starts with

/** The networks of this visitor, oldest first. */
export const ownNetworks = () => own;

/** Names of the networks that everybody may choose. */
export const offeredNetworks = () => offered;

/** Key of the network that read last in this browser, if it was the visitor's own; else null. */
export const lastChosen = () => recall("networks")?.chosen ?? null;

/** Whether a network may be chosen. */
export const isThere = (name) => offered.includes(name) || own.some(({ key }) => key === name);

/** Call `listener()` whenever the visitor's list changes, or another network is chosen. */
export const onNetworks = (listener) => listeners.add(listener);

/** Note which networks the server offers to everybody, and which the page starts with. */
export function offerNetworks(props) {
  ({ offered, first } = props);
}

/** Drop networks that the server no longer has: `titles` are those it has, by key. */
export function keepKnown(titles) {
  own = own.filter(({ key }) => key in titles).map((network) => ({ ...network, title: titles[network.key] }));
}

/**
 * Add one of the visitor's networks to the list, and let it read. Its `key` and `title` are the server's; its `parent` is
 * the network before it, and its `root` the shipped one that it was first taught from.
 */
export function addNetwork({ parent = get().network, ...network }) {
  const root = rootOf(parent);
  own = [...own.filter(({ key }) => key !== network.key), { ...network, parent, root }].slice(-MOST);
  chooseNetwork(network.key);
  saveNetworks();
}

/** Add fields to a network on the list. */
export function updateNetwork(key, fields) {
  own = own.map((network) => (network.key === key ? { ...network, ...fields } : network));
  saveNetworks();
}

/** What people call a network. */
export const titleOf = (name) => own.find(({ key }) => key === name)?.title ?? name?.split("/").at(-1).replace(".safetensors", "");

/** The shipped network that one was first taught from; a shipped network itself. */
export const rootOf = (name) => own.find(({ key }) => key === name)?.root ?? (offered.includes(name) ? name : first);

/** Let a network read, by its name or key. */
export const chooseNetwork = (name) => set({ network: name, breaks: null });

/** Keep in this browser the list and which network reads. */
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
