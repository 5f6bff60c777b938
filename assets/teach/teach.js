// The tab in which a network learns the visitor's handwriting: the samples, the teaching, its result, the way back.

import { mountOutcome } from "./outcome.js";
import { mountBox } from "./samplebox.js";
import { mountTeaching } from "./teaching.js";
import { mountVersions } from "./versions.js";

export function mount({ element, server, props }) {
  const find = (name) => element.querySelector(`.${name}`);
  mountBox(find("box"), server, props.most);
  mountTeaching(find("teaching"), server, props, mountOutcome(find("outcome")));
  mountVersions(find("versions"), server, props.largest);
}
