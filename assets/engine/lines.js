// Lines read in this browser: the strip is drawn here, and the network of line/client.js reads it.

import { answerLinesFirst } from "../page/lines.js";
import { picked } from "./layer_stack.js";
import { drawLine } from "./strip.js";
import { DrawingError, Pen } from "./strokes.js";

const networks = new Map(); // name -> the opened network; null while it is on its way, or where it cannot be opened

/** Read lines before the server does, with a pen of the compiled `kernels`. */
export async function mountLines(kernels) {
  const { openLine } = await import("./line/client.js");
  const pen = new Pen(kernels);

  function opened(name) {
    if (networks.has(name)) return networks.get(name);
    networks.set(name, null);
    openLine(name, kernels).then((network) => networks.set(name, network), (error) => console.info(`The server reads lines with ${name}:`, error.message));
    return null;
  }

  answerLinesFirst(({ sequence, line, network: name, maps }) => {
    const network = opened(name);
    if (!network) return null;
    const begun = performance.now();
    try {
      const drawn = drawLine(line, pen);
      const { digits, mask } = network.read(drawn.strip, drawn.width);
      const found = maps ? chosenMaps(network.maps(drawn.strip, drawn.width), maps) : {};
      return { sequence, network: name, ...drawn, digits, mask, maps: found, took: performance.now() - begun };
    } catch (error) {
      if (error instanceof DrawingError) return { sequence, error: error.message };
      networks.set(name, null); // what failed once is not relied on again
      throw error;
    }
  });
  opened("line");
}

/** Of all maps, the channels that are asked for, as bytes. */
function chosenMaps(maps, wanted) {
  const chosen = maps.filter(({ name }) => name in wanted);
  return Object.fromEntries(chosen.map(({ name, height, width, levels: { bytes, maximum } }) => {
    const [channels, size] = [wanted[name], [height, width]];
    return [name, { channels, size, maximum, values: picked(bytes, channels, size) }];
  }));
}
