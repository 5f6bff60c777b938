// What to draw next, so that a lesson helps most.

import { getSamples } from "../kept/samples.js";

const DIGIT = /^\d$/;
const FEW = 5; // samples that are enough to learn a class well

/** What would help most to draw next; `readings` is a Map from drawings to how the network reads them. */
export function suggestion(classes, readings) {
  const samples = getSamples();
  if (!samples.length) return "Draw a digit that is misread, then press the digit that you meant, or name it below.";
  const of = Map.groupBy(samples, ({ label }) => label);
  const misread = ({ label, drawing }) => readings.has(drawing) && readings.get(drawing)[0][0] !== label;
  const each = [...of].map(([label, own]) => ({ label, count: own.length, wrong: own.filter(misread).length }));
  const worst = each.filter(({ count, wrong }) => wrong && count < FEW).sort((a, b) => b.wrong - a.wrong)[0];
  if (worst) return `Draw another ${worst.label}: ${worst.wrong} of ${worst.count} misread.`;
  const young = each.find(({ label, count }) => !classes.includes(label) && count < FEW);
  if (young) return `Draw another ${young.label}: a new class is learned from about ${FEW} drawings; this one has ${young.count}.`;
  const wrong = samples.filter(misread);
  const taken = wrong.map(({ drawing }) => readings.get(drawing)[0][0]).find((answer) => !of.has(answer));
  if (taken) return `Draw some ${taken}s too: your samples of another class are read as ${taken}, and it has to learn how they differ.`;
  if (wrong.length) return `Press Teach: ${wrong.length} of your ${samples.length} samples are misread.`;
  if (!samples.some(({ label }) => DIGIT.test(label))) { // who teaches a sign of their own need not write digits
    return each.every(({ label }) => classes.includes(label)) ? "All of your samples are read correctly." : "Press Teach: a new class is learned from its drawings.";
  }
  const missing = classes.filter((label) => !of.has(label));
  if (missing.length > classes.length / 2) return "All of your samples are read correctly."; // only what was misread is being taught
  if (missing.length) return `Draw a ${missing[0]}: you have not drawn one yet.`;
  return "Every class has samples in your handwriting.";
}
