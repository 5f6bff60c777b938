// What the Layers tab shows of a drawing: the maps that are on screen, and the cell that is pointed at.

import { windowsOf } from "../broken.js";
import { receptiveField } from "../fields.js";
import { picked } from "../layer_stack.js";
import { orError } from "../reading.js";
import { describeCell } from "./cell.js";

/** As `layers_part` of ui/layers.py; maps and means are arrays instead of base64. Of a broken copy, its `windows` too. */
export function layersPart({ network, breaks = null, parameters: { maps: wanted = {}, cell = null, activity = false } }) {
  checkChannels(network, wanted);
  const answer = { maps: {}, maxima: {}, bright: {} };
  const means = {};
  for (const { name } of network.layers.slice(0, -1)) {
    const { bytes, maximum, bright } = network.levels(name);
    answer.maxima[name] = maximum;
    answer.bright[name] = (maximum * bright) / 255;
    const channels = wanted[name];
    if (channels) answer.maps[name] = { channels, values: picked(bytes, channels, network.map(name).size) };
    if (activity) means[name] = meansOf(network.map(name));
  }
  const head = network.map("head");
  answer.logits = Array.from(head.values.subarray(0, head.channels));
  if (activity) answer.activity = means;
  if (breaks) answer.windows = windowsOf(network, receptiveField);
  if (cell) answer.cell = orError(() => describeCell(network, cell)); // told in its place
  return answer;
}

function checkChannels({ layers }, wanted) {
  const counts = new Map(layers.slice(0, -1).map(({ name, outChannels }) => [name, outChannels]));
  for (const [name, channels] of Object.entries(wanted)) {
    const count = counts.get(name);
    if (!count) throw new Error(`Maps are requested by layer; expected some of ${[...counts.keys()].join(", ")}.`);
    const fits = channels.every((channel) => Number.isInteger(channel) && channel >= 0 && channel < count);
    if (!fits || new Set(channels).size < channels.length) {
      throw new Error(`The channels of ${name} are a list of whole numbers from 0 to ${count - 1}, each once.`);
    }
  }
}

function meansOf({ values, lanes, channels, size }) {
  const cells = size[0] * size[1];
  const means = new Float32Array(channels);
  for (let cell = 0; cell < cells; cell += 1) {
    for (let channel = 0; channel < channels; channel += 1) means[channel] += values[cell * lanes + channel] / cells;
  }
  return means;
}
