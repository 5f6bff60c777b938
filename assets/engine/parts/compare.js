// One drawing, several networks: what the Compare and Teach tabs ask for beside the network that reads.

import { carryingBox, receptiveField } from "../fields.js";
import { layersOfStage } from "../layers.js";
import { read } from "../reading.js";
import { latticeOf, quantised } from "./cell.js";

/** As `compare_part` of ui/compare.py, of the networks named in the parameters; bytes instead of base64. */
export function comparePart({ image, use, parameters: { stage, y, x, networks } }) {
  return networks.map((name) => {
    const network = use(name);
    const { probabilities } = read(network, image);
    const shown = layersOfStage(network.layers, stage).at(-1);
    if (!shown) throw new Error(`${name} has no stage ${stage}.`);
    const { map } = shown;
    const field = receptiveField(network.layers, map);
    const influence = network.influence(map, [y, x]);
    return {
      name, classes: network.classes, probabilities,
      map: network.levels(shown.name).bytes.slice(), size: [shown.outChannels, ...shown.outSize],
      field: [field.span(y)[0], field.span(x)[0], field.span(y)[1], field.span(x)[1]],
      inside: carryingBox(influence, [field.center(y), field.center(x)]),
      lattice: latticeOf(network, map, y, x).bytes, effective: quantised(influence),
    };
  });
}

/** As `versus_part` of ui/teach/tab.py: what another network says. */
export function versusPart({ image, use, parameters: { network: name } }) {
  const network = use(name);
  return { network: name, classes: network.classes, probabilities: read(network, image).probabilities };
}
