// The server's description of a network: its layers, in order, with the kernels of those that have one per channel.

import { floatsFromBase64 } from "../page/bytes.js";

/** The answer about a network, with its kernels as numbers; `fetched` is for those of single channels. */
export function readStructure(answer, network) {
  const layers = answer.layers.map((layer) => ({ ...layer, kernels: layer.weights ? floatsFromBase64(layer.weights) : null }));
  return { ...answer, layers, network, fetched: new Map() };
}

/** A structure with the `windows` that the engine tells of its broken copy; with none, whole again. */
export function withWindows(structure, breaks, windows) {
  const whole = structure.whole ?? structure;
  if (!breaks) return whole;
  const altered = new Map(windows.map((window) => [window.layer, window]));
  return { ...whole, whole, breaks, layers: whole.layers.map((layer) => ({ ...layer, ...altered.get(layer.layer) })) };
}

/** The layer of a cell { layer, y, x, channel }, or of null. */
export const layerOf = (structure, cell) => structure?.layers.find(({ layer }) => layer === cell?.layer);

/** Whether the network has a cell. */
export function hasCell(structure, cell) {
  const layer = layerOf(structure, cell);
  if (!layer) return false;
  const inside = (value, count) => value >= 0 && value < count;
  return inside(cell.y, layer.size[0]) && inside(cell.x, layer.size[1]) && inside(cell.channel, layer.channels);
}

/** Whether two cells, or none, are the same. */
export const sameCell = (one, other) =>
  one === other || Boolean(one && other && ["layer", "y", "x", "channel"].every((field) => one[field] === other[field]));
