// Which pixels a cell of one of the generator's stages reads, and over how many paths; of the noisy image, the known image
// and the mask alike. Outer stages lie on cells of two pixels, those in the middle on cells of four (model/generation/network.py).

import { IMAGE_SIZE } from "../page/bytes.js";

const PATCH = 2; // cells of the finer grid, along each side, that one of the coarser stands for
const OUTER = IMAGE_SIZE / PATCH; // cells along each side of an outer stage
const STEM = [-1, 3]; // pixels that the stem reads for a cell, from PATCH times its number on

/**
 * Where cell (y, x) of a stage looks: { lattice: bytes (784) of the paths to each pixel, 255 the most; read: how many pixels
 * there are any to; box: [top, left, bottom, right] of the field, which may lie beyond the image; size: its side }.
 * `stages` are { dilation, kernel, side } each, first to last.
 */
export function fieldOf(stages, index, [y, x]) {
  const paths = pathsOf(stages, index, [y, x]);
  const most = Math.max(...paths);
  const [[top, bottom], [left, right]] = [y, x].map((at) => spanOf(stages, index, at));
  return {
    lattice: Uint8Array.from(paths, (count) => count && Math.max(1, Math.round((255 * count) / most))),
    read: paths.filter(Boolean).length,
    box: [top, left, bottom, right],
    size: bottom - top,
  };
}

/** The same stages with every dilation 1. */
export const undilated = (stages) => stages.map((stage) => ({ ...stage, dilation: 1 }));

function pathsOf(stages, index, [y, x]) {
  let paths = blank(stages[index].side);
  paths[y * stages[index].side + x] = 1;
  let past = null; // paths that lead past the middle, by the sum after it
  for (let at = index; at >= 0; at -= 1) {
    const { side } = stages[at];
    const above = at < index ? stages[at + 1].side : side;
    if (side < above) [past, paths] = [paths, gathered(paths, above)];
    if (side > above) paths = sum(spread(paths, above), past);
    paths = through(stages[at], paths);
  }
  return toPixels(stages[0].side < OUTER ? sum(spread(paths, stages[0].side), past) : paths);
}

const blank = (side) => new Float64Array(side * side);

const sum = (paths, others) => (others ? paths.map((count, at) => count + others[at]) : paths);

/** Back through a stage: the cell itself, by its residual path, and the taps around it that lie on the map. */
function through({ side, kernel, dilation }, paths) {
  const read = paths.slice();
  const reach = (dilation * (kernel - 1)) / 2;
  each(paths, side, (count, y, x) => {
    for (let row = y - reach; row <= y + reach; row += dilation) {
      for (let column = x - reach; column <= x + reach; column += dilation) {
        if (row >= 0 && row < side && column >= 0 && column < side) read[row * side + column] += count;
      }
    }
  });
  return read;
}

/** Back through the way up: the four cells of `side` that one of the coarser grid was copied to. */
function gathered(paths, side) {
  const coarse = blank(side / PATCH);
  each(paths, side, (count, y, x) => { coarse[Math.floor(y / PATCH) * (side / PATCH) + Math.floor(x / PATCH)] += count; });
  return coarse;
}

/** Back through the way down: a cell of `side` reads four of the finer grid. */
function spread(paths, side) {
  const fine = blank(side * PATCH);
  each(fine, side * PATCH, (_, y, x) => { fine[y * side * PATCH + x] = paths[Math.floor(y / PATCH) * side + Math.floor(x / PATCH)]; });
  return fine;
}

function toPixels(paths) {
  const pixels = blank(IMAGE_SIZE);
  each(paths, OUTER, (count, y, x) => {
    for (let row = PATCH * y + STEM[0]; row < PATCH * y + STEM[1]; row += 1) {
      for (let column = PATCH * x + STEM[0]; column < PATCH * x + STEM[1]; column += 1) {
        if (row >= 0 && row < IMAGE_SIZE && column >= 0 && column < IMAGE_SIZE) pixels[row * IMAGE_SIZE + column] += count;
      }
    }
  });
  return pixels;
}

function each(values, side, heed) {
  values.forEach((value, at) => heed(value, Math.floor(at / side), at % side));
}

/** Pixels [begin, end) that cells at `at` of a stage look at along one axis, as if no map ended anywhere. */
function spanOf(stages, index, at) {
  let span = [at, at]; // first and last cell
  let past = null;
  const wider = () => { span = past ? [Math.min(span[0], past[0]), Math.max(span[1], past[1])] : span; };
  const down = () => { span = [PATCH * span[0], PATCH * span[1] + PATCH - 1]; wider(); };
  for (let stage = index; stage >= 0; stage -= 1) {
    const { side, kernel, dilation } = stages[stage];
    const above = stage < index ? stages[stage + 1].side : side;
    if (side < above) [past, span] = [span, span.map((cell) => Math.floor(cell / PATCH))];
    if (side > above) down();
    const reach = (dilation * (kernel - 1)) / 2;
    span = [span[0] - reach, span[1] + reach];
  }
  if (stages[0].side < OUTER) down();
  return [PATCH * span[0] + STEM[0], PATCH * span[1] + STEM[1]];
}
