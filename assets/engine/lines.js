// Lines read in this browser: the strip is drawn here, and the network of line/client.js reads it.

import { answerLinesFirst } from "../page/lines.js";
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
  return Object.fromEntries(maps.filter(({ name }) => name in wanted).map(({ name, height, width, values }) => {
    const area = height * width;
    const maximum = values.reduce((most, value) => Math.max(most, value), 0);
    const bytes = new Uint8Array(wanted[name].length * area);
    wanted[name].forEach((channel, index) => {
      for (let at = 0; at < area; at += 1) {
        const value = values[channel * area + at];
        if (value > 0) bytes[index * area + at] = Math.max(1, Math.round((value * 255) / maximum)); // what is above 0 stays so
      }
    });
    return [name, { channels: wanted[name], size: [height, width], maximum, values: bytes }];
  }));
}
