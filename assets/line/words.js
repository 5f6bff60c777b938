// What a line's reading says, in sentences.

import { SURE, percent } from "../page/words.js";

const UNLIKE = "unlike";

/** How an answer is called beside others. */
export const nameOf = (label) => (label === UNLIKE ? "none" : label);

/** One sentence or two about digits { label, probability, second, unlike }, left to right. */
export function inWords(digits) {
  if (!digits.length) return "There is no digit in this ink.";
  const read = digits.filter(({ unlike }) => !unlike);
  const strange = digits.length - read.length;
  if (!read.length) return strange === 1 ? "This is unlike any digit." : `All ${strange} are unlike any digit.`;
  const unsure = digits.flatMap((digit, index) => (!digit.unlike && digit.probability < SURE ? [[digit, index]] : []));
  const doubts = unsure.map(([{ label, probability, second }, index]) =>
    `${digits.length > 1 ? `digit ${index + 1} is ` : ""}${label} (${percent(probability)}) or ${nameOf(second.label)} (${percent(second.probability)})`);
  const left = strange ? ` ${strange === 1 ? "One thing is" : `${strange} things are`} unlike any digit and left out.` : "";
  if (doubts.length) return `Not sure: ${doubts.join("; ")}.${left}`;
  const least = Math.min(...read.map(({ probability }) => probability));
  if (read.length === 1) return `It reads one digit, ${read[0].label} (${percent(least)}).${left}`;
  return `It reads ${read.length} digits, each with ${percent(least)} or more.${left}`;
}
