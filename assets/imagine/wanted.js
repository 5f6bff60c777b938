// What it should become: any digit, one class, or something between two.

import { mountChoice } from "../controls/choice.js";
import { node, setText } from "../controls/dom.js";

/** `changed()` is called when something else is wanted. Returns { shares, label }. */
export function mountWanted(section, classes, changed) {
  const [from, to] = [section.querySelector(".classes"), section.querySelector("select")];
  const slider = section.querySelector("input");
  let chosen = classes.length; // any

  const buttons = ["Any", ...classes].map((name, index) => {
    const button = Object.assign(node("button", "", name), { type: "button", ariaPressed: String(index === 0) });
    button.dataset.wanted = index ? index - 1 : classes.length;
    return button;
  });
  from.replaceChildren(...buttons);
  to.replaceChildren(...classes.map((name, index) => Object.assign(node("option", "", name), { value: index })));
  to.value = classes.length - 2;

  mountChoice(section, "wanted", (value) => { chosen = Number(value); tell(); });
  to.addEventListener("change", tell);
  slider.addEventListener("input", tell);

  const share = () => Number(slider.value) / Number(slider.max);

  function tell() {
    const part = Math.round(100 * share());
    setText(section.querySelector("output"), part ? `${100 - part}\u00a0% ${nameOf(chosen)}, ${part}\u00a0% ${nameOf(Number(to.value))}` : "");
    changed();
  }

  const nameOf = (index) => classes[index] ?? "any";

  return {
    /**
     * For each of `count` images, how much of each class it should be; the last share is any. Where nothing of an image is
     * known, any is a class by chance, the same for the same seed: the network draws those that it is told more plainly.
     */
    shares(count, isKnown, seed) {
      return Array.from({ length: count }, (_, index) => {
        const shares = new Float32Array(classes.length + 1);
        shares[isKnown || chosen in classes ? chosen : byChance(seed * count + index) % classes.length] += 1 - share();
        shares[Number(to.value)] += share();
        return shares;
      });
    },
    /** The one class that is wanted, or null. */
    label: () => (share() ? null : classes[chosen] ?? null),
  };
}

/** A whole number that looks like chance, of another one (the finaliser of MurmurHash3). */
function byChance(number) {
  let mixed = number;
  for (const factor of [0x85ebca6b, 0xc2b2ae35]) mixed = Math.imul(mixed ^ (mixed >>> 15), factor);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
