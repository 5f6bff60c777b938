// The tab in which a network learns the visitor's handwriting: the samples, the teaching, its result, the way back.

import { ownNetworks } from "../kept/networks.js";
import { onceSeen } from "../page/view.js";
import { mountDigits } from "./digits.js";
import { fetchExample } from "./example.js";
import { mountOutcome } from "./outcome.js";
import { mountBox } from "./samplebox.js";
import { mountTeaching } from "./teaching.js";
import { mountVersions } from "./versions.js";

export function mount({ element, server, props }) {
  const find = (name) => element.querySelector(`.${name}`);
  const box = mountBox(find("box"), server, props.most);
  mountDigits(find("digits"), server);
  const outcome = mountOutcome(find("outcome"), (keep, parent) => teaching.again(keep, parent));
  const teaching = mountTeaching(find("teaching"), server, props, outcome.show);
  mountVersions(find("versions"), server, props.largest);
  onceSeen(element, async () => {
    const example = ownNetworks().length ? null : await fetchExample();
    if (example) for (const part of [box, teaching, outcome]) part.showExample(example);
  });
}
