// How samples are read by this browser, so that they stay in it until they are taught.

import { readHere } from "../page/reader.js";

const STRONGEST = 3; // classes told of a sample, as in ui/teach/teaching.py
const PATIENCE = 5000; // milliseconds in which the engine, or another network, comes to hand
const TICK = 100;

const beyond = new Set(); // networks that this browser was waited for in vain with

/**
 * What a network reads drawings as, for each { classes, reading }: the likeliest classes with their probabilities. Null
 * where the server has to read them: this browser has no engine, or the network is too costly for it.
 */
export async function readBySelf(drawings, network) {
  const told = [];
  for (const drawing of drawings) {
    const answer = await answerTo(drawing, network);
    if (!answer) return null;
    told.push({ classes: answer.classes, reading: strongest(answer) });
  }
  return told;
}

async function answerTo(drawing, network) {
  const isOff = new URLSearchParams(location.search).get("engine") === "off";
  const until = performance.now() + (isOff || beyond.has(network) ? 0 : PATIENCE);
  for (;;) {
    const answer = await readHere(drawing, network);
    if (answer) return answer.error ? null : answer; // what is no drawing, the server says so
    if (performance.now() >= until) break;
    await new Promise((resolve) => { setTimeout(resolve, TICK); });
  }
  beyond.add(network);
  return null;
}

function strongest({ classes, probabilities }) {
  const each = classes.map((name, index) => [name, probabilities[index]]);
  return each.sort((one, other) => other[1] - one[1]).slice(0, STRONGEST);
}
