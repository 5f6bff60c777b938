// A saved page: one drawing, one network, the engine; no server, and no request to any.

import { mount as mountCanvas } from "../canvas/canvas.js";
import { Engine } from "../engine/source.js";
import { offerNetworks } from "../kept/networks.js";
import { speak } from "../language/language.js";
import { mount as mountLayers } from "../layers/layers.js";
import { fromBase64 } from "../page/bytes.js";
import { answerFirst } from "../page/reader.js";
import { set } from "../page/state.js";
import { mount as mountReading } from "../reading/reading.js";

const PARTS = ["layers", "breaks", "several"]; // what answers here consist of: ui/saved_page.py leaves out the scripts of all others
const CANNOT = "This browser cannot compute the network; a newer one, with WebAssembly and SIMD, can.";

/**
 * `network` is its name, `told` its file and check, `structure` its layers, as describe_structure tells of them, but for
 * their weights; `kernels` is the WebAssembly in base64; `chinese` is the table of Chinese texts, or null for a page in English.
 */
export async function open({ network, told, structure, kernels, drawing, canvas, chinese }) {
  followTheme();
  speak(chinese ? "zh" : "en", chinese);
  offerNetworks({ offered: [network], first: network });
  let ready = null; // the network, where this browser can compute it
  try {
    const engine = new Engine(await WebAssembly.compile(fromBase64(kernels)), () => told);
    [ready] = await Promise.all([...engine.prepare([network]), engine.fetchParts(PARTS)]);
    answerFirst(engine.read, engine.foresee);
  } catch (error) {
    console.error(error);
  }
  const weightsOf = (layer) => ready?.tensors.get(`${ready.layers.find(({ name }) => name === layer).weights}.weight`);
  const described = ({ weights, ...layer }) => (weights ? { ...layer, weights: weightsOf(layer.layer)?.values } : layer);
  const server = {
    read: async ({ sequence }) => ({ sequence, error: CANNOT }),
    describe_structure: async () => ({ ...structure, layers: structure.layers.map(described) }),
    async describe_kernels({ layer, channel }) {
      const { values, shape } = weightsOf(layer);
      const size = values.length / shape[0];
      return { weights: values.subarray(channel * size, (channel + 1) * size) };
    },
  };
  const element = (name) => document.getElementById(name);
  set({ drawing });
  mountCanvas({ element: element("canvas"), server, props: canvas });
  mountReading({ element: element("reading") });
  mountLayers({ element: element("layers"), server });
  set({ network });
}

function followTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.body.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
