// The tab in which a network learns the visitor's handwriting: the samples, the teaching, its result, the way back.

import { mountDigits } from "./digits.js";
import { mountOutcome } from "./outcome.js";
import { mountBox } from "./samplebox.js";
import { mountTeaching } from "./teaching.js";
import { mountVersions } from "./versions.js";

export function mount({ element, server, props }) {
  const find = (name) => element.querySelector(`.${name}`);
  mountBox(find("box"), server, props.most);
  mountDigits(find("digits"), server);
  const show = mountOutcome(find("outcome"), (keep, parent) => teaching.again(keep, parent));
  const teaching = mountTeaching(find("teaching"), server, props, show);
  mountVersions(find("versions"), server, props.largest);
}
