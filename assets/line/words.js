// What a line's reading says, in sentences.

import { fromBase64 } from "../page/bytes.js";
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
  return `It reads ${read.length} digits, each with ${whole(least)} or more.${left}`;
}

/** A probability as it stands over a box: in whole percent, none of them more than there is. */
export const whole = (probability) => `${Math.floor(100 * probability)}\u00a0%`;

/** What a network without dilation makes otherwise of a line than the network with it: two answers about one strip. */
export function difference(dilated, undilated) {
  const [one, other] = [dilated, undilated].map(({ digits }) => digits.filter(({ unlike }) => !unlike).map(({ label }) => label).join("") || "nothing");
  const [own, others] = [dilated, undilated].map(({ mask }) => new Int8Array(fromBase64(mask).buffer));
  const ink = own.filter((digit, at) => digit >= 0 || others[at] >= 0).length;
  const moved = own.filter((digit, at) => digit !== others[at]).length;
  const reads = one === other ? `Here it reads ${one}, too` : `Here it reads ${other}, not ${one}`;
  return `${reads}; of ${ink} pixels of ink, ${moved} go to another digit or to none.`;
}
