// The kernels of the selected stage; initially, those of the widest.

import { floatsFromBase64 } from "../page/bytes.js";
import { askServer } from "../page/server.js";
import { paintKernels } from "../paint/kernels.js";
import { token } from "../paint/tokens.js";
import { layerOf } from "./structure.js";

/** Returns show(structure, strips, cell, room): `room` is how many CSS pixels the view is wide. */
export function mountKernels(section, server) {
  const canvas = section.querySelector("canvas");
  let newest = null; // what is shown, for kernels that arrive later

  function show(structure, strips, cell, room) {
    newest = [structure, strips, cell, room];
    const layers = structure.layers.filter(({ kernel }) => kernel);
    section.hidden = !layers.length; // all of them are 1 x 1
    if (!layers.length) return;
    const selected = layerOf(structure, cell);
    const together = ({ stage }) => stage !== null && stage === selected?.stage;
    const widest = layers.reduce((best, layer) => (layer.dilation > best.dilation ? layer : best));
    const layer = layers.find(({ layer: name }) => name === selected?.layer) ?? layers.find(together) ?? widest;
    const channel = cell?.layer === layer.layer ? cell.channel : 0;
    const weights = layer.kernels ?? (layer.whole ? part(layer, channel) : kernelsOf(structure, layer.layer, channel));
    if (!weights) return; // they have been requested
    // A standard convolution has one kernel for each channel it reads, a depthwise one for each of its own channels.
    const source = layer.kernels ? layer : structure.layers[structure.layers.indexOf(layer) - 1];
    const channels = strips.get(source.layer).shown;
    const key = [structure.network, JSON.stringify(structure.breaks), layer.layer, layer.kernels ? "" : channel, channels.join(), room, token("--ink")].join();
    if (section.dataset.key === key || !section.checkVisibility()) return; // while hidden, it has no width to fit kernels into
    section.dataset.key = key;
    describe(layer, channel, channels.length);
    paintKernels(canvas, { ...layer, weights }, channels);
  }

  function describe(layer, channel, count) {
    const taps = layer.kernel ** 2;
    const reach = layer.dilation * (layer.kernel - 1) + 1;
    const whose = layer.kernels ? "" : `, channel ${channel}: one for each channel that it reads`;
    section.querySelector(".title").textContent = `Kernels of ${layer.title.toLowerCase()}, d = ${layer.dilation}${whose}`;
    canvas.ariaLabel = `${count} kernels of ${taps} weights each, spread over ${reach} by ${reach} cells`;
    section.querySelector(".note").textContent =
      `Each kernel has ${taps} weights and reaches over ${reach} x ${reach} cells` +
      `${layer.dilation > 1 ? "; the empty cells between its taps are never read" : ""}. ` +
      `${layer.stride === 1 ? `Zeros around the map, ${layer.dilation * (layer.kernel >> 1)} deep, keep its size. ` : ""}` +
      "The strength of a disc is the weight's size relative to the kernel's largest, + and \u2212 its sign.";
  }

  /** Those of one channel of all kernels of a standard convolution, which a broken network brings. */
  function part({ whole, channels }, channel) {
    const size = whole.length / channels;
    return whole.subarray(channel * size, (channel + 1) * size);
  }

  /** The kernels of one channel of a standard convolution, requested if they are not here yet. */
  function kernelsOf({ network, fetched }, layer, channel) {
    const name = `${layer} ${channel}`;
    if (!fetched.has(name)) {
      fetched.set(name, null);
      fetchKernels(name, fetched, { network, layer, channel });
    }
    return fetched.get(name);
  }

  async function fetchKernels(name, fetched, request) {
    const { weights, error } = await askServer(server.describe_kernels, request, "point at a cell to retry");
    if (error) return fetched.delete(name); // the next selected cell asks again
    fetched.set(name, floatsFromBase64(weights));
    if (newest[0].fetched === fetched) show(...newest);
  }

  return show;
}
