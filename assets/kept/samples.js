// The box of samples: drawings with labels. They are the data from which everything else can be made again, so they are
// kept in this browser with every change. Samples and drawings are never changed in place.

import { keep, onOtherWindow, recall } from "../page/storage.js";

const MOST_UNDONE = 100; // changes that can be undone

const listeners = new Set();

let samples = recalled(); // { label, drawing }, oldest first
let past = []; // the samples before each change, the last one last, to go back to
let kept = true; // whether this browser could store the last change

/** All samples, oldest first. */
export const getSamples = () => samples;

/** Whether the samples will be there after a reload. */
export const areKept = () => kept;

/** Whether there is a change to undo. */
export const canUndoSamples = () => past.length > 0;

/** Call `listener()` after every change. */
export const onSamples = (listener) => listeners.add(listener);

/** Those of some samples that are not in the box yet, each once. */
export function newSamples(more) {
  const seen = new Set();
  return more.filter((sample) => {
    const text = JSON.stringify([sample.label, sample.drawing]);
    return isNew(sample) && !seen.has(text) && seen.add(text);
  });
}

export function addSamples(more) {
  const added = newSamples(more);
  if (added.length) change([...samples, ...added]);
}

/** Keep one more sample where there are fewer than `most`: whether it is "kept", there is no room ("full"), or it was "known". */
export function keepSample(sample, most) {
  if (samples.length >= most) return "full";
  if (!isNew(sample)) return "known";
  addSamples([sample]);
  return "kept";
}

export const deleteSample = (sample) => change(samples.filter((other) => other !== sample));
export const deleteAllSamples = () => change([]);
export const relabelSample = (sample, label) =>
  change(samples.map((other) => (other === sample ? { ...sample, label } : other)));

/** Undo the last change. */
export function undoSamples() {
  if (!past.length) return;
  take(past.pop());
  announce();
}

/** Names of the classes of the samples. */
export const labels = () => [...new Set(samples.map(({ label }) => label))];

function change(next) {
  past = [...past, samples].slice(-MOST_UNDONE);
  take(next);
  announce();
}

function take(next) {
  samples = next;
  kept = keep("samples", samples);
}

function announce() {
  for (const listener of listeners) listener();
}

/** The samples kept in this browser, without invalid ones: one that cannot be shown would block all others. */
function recalled() {
  const kept = recall("samples");
  return Array.isArray(kept) ? kept.filter(isSample) : [];
}

function isSample(value) {
  const { label, drawing } = value ?? {};
  const isInked = (stroke) => Array.isArray(stroke) && stroke.length > 0;
  return typeof label === "string" && Array.isArray(drawing) && drawing.length > 0 && drawing.every(isInked);
}

function isNew({ label, drawing }) {
  const text = JSON.stringify(drawing);
  return !samples.some((other) => other.label === label && JSON.stringify(other.drawing) === text);
}

onOtherWindow("samples", () => {
  samples = recalled();
  past = [];
  announce();
});
