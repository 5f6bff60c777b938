// Lays Chinese over a page that is written in English, and takes it away again: over its texts, over sentences with elements
// in them, and over what is said of elements. Whatever a view writes is translated before the next frame is painted.

import { makeLookup } from "./lookup.js";

const SAID = ["title", "aria-label", "aria-valuetext", "placeholder", "alt"];
// What is never translated: what people have named (a class stands in .label or bdi), code, formulas, keys.
const LEFT = "[translate=no], .label, bdi, code, pre, kbd, var, .katex, .cm-editor, script, noscript, style, textarea";
const SENTENCES = "p, li, td, th, h2, h3, figcaption"; // may have elements in the middle of a sentence
const INLINE = "b, strong, em, i, span, a";
const TAG = /<(\/?)([a-z]+)(\/?)>/;

export function makeOverlay(table) {
  const find = makeLookup(table);
  const texts = new WeakMap(); // text node -> { source, shown }
  const attributes = new WeakMap(); // element -> { name: { source, shown } }
  const sentences = new WeakMap(); // element -> [[element, its nodes in English, its nodes in Chinese]], itself first
  let isOn = false;

  const shown = (text) => (isOn && /[A-Za-z]{2}/.test(text) ? (find(text) ?? text) : text);
  const sourceIn = (kept, value) => (kept && kept.shown === value ? kept.source : value);

  // Texts ---------------------------------------------------------------------------------------------------------

  function layText(node) {
    const source = sourceIn(texts.get(node), node.data);
    const words = shown(source);
    const next = words === source ? source : /^\s*/.exec(source)[0] + words + /\s*$/.exec(source)[0];
    texts.set(node, { source, shown: next });
    if (node.data !== next) node.data = next;
  }

  function layAttribute(element, name) {
    const value = element.getAttribute(name);
    if (value === null) return;
    const kept = attributes.get(element) ?? {};
    const source = sourceIn(kept[name], value);
    const next = shown(source);
    attributes.set(element, { ...kept, [name]: { source, shown: next } });
    if (value !== next) element.setAttribute(name, next);
  }

  // Sentences with elements in them -------------------------------------------------------------------------------

  /** The sentence as the table has it, "A <a>depthwise</a> one has <b/> weights", and the elements by their letters. */
  function written(element) {
    const elements = [];
    const write = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return sourceIn(texts.get(node), node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) return "";
      const letter = String.fromCharCode(97 + elements.length);
      elements.push(node);
      return isWhole(node) ? `<${letter}/>` : `<${letter}>${[...node.childNodes].map(write).join("")}</${letter}>`;
    };
    return { text: [...element.childNodes].map(write).join(""), elements };
  }

  /** Whether an element is one thing of its sentence: nothing in it is translated along with the rest. */
  const isWhole = (element) =>
    element.matches(LEFT) || !element.matches(INLINE) || !element.firstChild || (element.childNodes.length === 1 && element.firstElementChild?.matches(LEFT));

  function laySentence(element) {
    takeAway(element);
    if (!isOn) return false;
    const isMixed = element.matches(SENTENCES) && element.firstElementChild && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!isMixed) return false;
    const { text, elements } = written(element);
    const words = elements.length <= 26 ? find(text) : null;
    if (!words) return false;
    const changed = [[element, [...element.childNodes], []]];
    const open = [changed[0][2]];
    for (let rest = words; rest;) {
      const tag = TAG.exec(rest);
      const before = tag ? rest.slice(0, tag.index) : rest;
      if (before) open.at(-1).push(document.createTextNode(before));
      if (!tag) break;
      rest = rest.slice(tag.index + tag[0].length);
      const inner = elements[tag[2].charCodeAt(0) - 97];
      if (tag[1]) open.pop();
      else open.at(-1).push(inner);
      if (tag[1] || tag[3]) continue;
      changed.push([inner, [...inner.childNodes], []]);
      open.push(changed.at(-1)[2]);
    }
    for (const [each, , nodes] of changed) each.replaceChildren(...nodes);
    sentences.set(element, changed);
    for (const each of elements.filter(isWhole)) lay(each);
    return true;
  }

  /** Bring back the English sentence, unless somebody has written another one since. */
  function takeAway(element) {
    const changed = sentences.get(element);
    if (!changed) return;
    sentences.delete(element);
    const [[, , own]] = changed;
    if (own.length !== element.childNodes.length || own.some((node, index) => element.childNodes[index] !== node)) return;
    for (const [each, nodes] of changed) each.replaceChildren(...nodes);
  }

  // Everything ----------------------------------------------------------------------------------------------------

  function lay(node) {
    if (node.nodeType === Node.TEXT_NODE) return layText(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(LEFT)) return;
    for (const name of SAID) if (node.hasAttribute(name)) layAttribute(node, name);
    if (laySentence(node)) return;
    for (const child of node.childNodes) lay(child);
  }

  const isLeft = (node) => !node.isConnected || (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(LEFT);

  function heed({ type, target, attributeName, addedNodes }) {
    if (isLeft(target)) return;
    if (type === "attributes") layAttribute(target, attributeName);
    else if (type === "characterData") layText(target);
    else if (addedNodes.length && !laySentence(target)) for (const node of addedNodes) if (node.parentNode === target) lay(node);
  }

  const observer = new MutationObserver((records) => {
    records.forEach(heed);
    observer.takeRecords(); // of what was done here
  });

  return {
    shown,

    /** The English of a text node or of an element's texts. */
    sourceOf(node) {
      if (node.nodeType === Node.TEXT_NODE) return sourceIn(texts.get(node), node.data);
      const nodes = sentences.get(node)?.[0][1] ?? [...node.childNodes];
      return nodes.map((child) => this.sourceOf(child)).join("");
    },

    attributeOf: (element, name) => sourceIn(attributes.get(element)?.[name], element.getAttribute(name)),

    /** Lay the Chinese over the page, or take it away. */
    lay(on) {
      isOn = on;
      observer.disconnect();
      lay(document.body);
      if (on) observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: SAID });
    },
  };
}
