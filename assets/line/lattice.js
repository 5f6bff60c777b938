// Which pixels of a strip a cell of a layer reads, over how many paths: from the description of the layers alone, borders and
// residual paths included, as model/fields/tap_lattice.py counts them.

const IMAGE = "image";

/** Cells along an axis of the map of a layer that reads `count`: windows have "same" padding. */
const sizeAfter = ({ stride }, count) => Math.ceil(count / stride);

/** The sizes [height, width] of the maps of all layers on a strip of such a size, by name. */
function mapSizes(layers, size) {
  const sizes = new Map([[IMAGE, size]]);
  for (const layer of layers) {
    const [read] = layer.reads;
    sizes.set(layer.layer, sizes.get(read).map((count) => sizeAfter(layer, count)));
  }
  return sizes;
}

/** Float64Array of height * width counts: over how many paths the cell (y, x) of a layer reads each pixel of a strip. */
export function latticeOf(layers, name, [y, x], size) {
  const sizes = mapSizes(layers, size);
  const paths = new Map([...sizes].map(([layer, [height, width]]) => [layer, new Float64Array(height * width)]));
  const last = layers.findIndex(({ layer }) => layer === name);
  paths.get(name)[y * sizes.get(name)[1] + x] = 1;
  for (const layer of layers.slice(0, last + 1).reverse()) {
    const counts = paths.get(layer.layer);
    if (!counts.some(Boolean)) continue;
    if (layer.residual) add(counts, paths.get(layer.residual));
    for (const read of layer.reads) add(spread(layer, counts, sizes.get(layer.layer), sizes.get(read)), paths.get(read));
  }
  return paths.get(IMAGE);
}

function add(from, to) {
  from.forEach((count, at) => { to[at] += count; });
}

/** From the cells of a layer to those that their windows have taps on: along the rows, then along the columns. */
function spread(layer, counts, [height, width], [high, wide]) {
  const across = new Float64Array(height * wide);
  along(layer, width, wide, (window, cell) => {
    for (let row = 0; row < height; row += 1) across[row * wide + cell] += counts[row * width + window];
  });
  const all = new Float64Array(high * wide);
  along(layer, height, high, (window, cell) => {
    for (let column = 0; column < wide; column += 1) all[cell * wide + column] += across[window * wide + column];
  });
  return all;
}

function along({ kernel, stride, dilation }, windows, cells, reach) {
  for (let window = 0; window < windows; window += 1) {
    for (let tap = 0; tap < kernel; tap += 1) {
      const cell = window * stride + dilation * (tap - (kernel >> 1));
      if (cell >= 0 && cell < cells) reach(window, cell);
    }
  }
}
