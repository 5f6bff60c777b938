// The language that the page speaks. English is what its markup, its scripts and the server say; Chinese is laid over that
// by overlay.js with a table, both of which are fetched only where somebody wants them. An address with ?lang=zh or ?lang=en
// comes before the choice that this browser keeps, and that before the browser's own language.

import { keep, recall } from "../page/storage.js";

const TAGS = { en: "en", zh: "zh-CN" };
const known = (name) => Object.hasOwn(TAGS, name ?? "");
const asked = () => new URLSearchParams(location.search).get("lang");

let chosen = [asked(), recall("language"), navigator.language.slice(0, 2)].find(known) ?? "en";
let fetchTable = () => fetch(new URL("zh.json", import.meta.url)).then((file) => file.json());
let overlay = null; // what lays Chinese over the page, from when it is first wanted

/** "en" or "zh". */
export const language = () => chosen;

/** A text as it is shown, for what is painted on a canvas. */
export const inLanguage = (text) => overlay?.shown(text) ?? text;

/** The English text of an element or a text node, whatever is shown. */
export const textOf = (node) => overlay?.sourceOf(node) ?? node.textContent;

/** The English value of an attribute. */
export const attributeOf = (element, name) => overlay?.attributeOf(element, name) ?? element.getAttribute(name);

/** Speak a language from now on; `table` is given where it cannot be fetched. */
export async function speak(name, table = null) {
  chosen = known(name) ? name : "en";
  if (table) fetchTable = () => table;
  document.documentElement.lang = TAGS[chosen];
  if (chosen === "zh" && !overlay) {
    const [{ makeOverlay }, words] = await Promise.all([import("./overlay.js"), fetchTable()]);
    overlay ??= makeOverlay(words);
  }
  overlay?.lay(chosen === "zh");
  document.body.classList.toggle("chinese", chosen === "zh"); // as when the theme changes, whatever is painted is painted anew
}

export function mount({ element }) {
  const buttons = [...element.querySelectorAll("[data-language]")];
  const show = () => { for (const each of buttons) each.ariaPressed = String(each.dataset.language === chosen); };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      keep("language", button.dataset.language);
      const address = new URL(location.href);
      address.searchParams.delete("lang"); // the choice is newer
      if (asked()) history.replaceState(null, "", address);
      speak(button.dataset.language).catch((error) => console.info("The page stays in English:", error.message));
      show();
    });
  }
  show();
}

const isSaved = import.meta.url.startsWith("blob:"); // a saved page says itself what it speaks
if (!isSaved) speak(chosen).catch((error) => console.info("The page stays in English:", error.message));
