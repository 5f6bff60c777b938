// A generator's file, read in the browser: as the other networks', with numbers of 16 bits.

import { readCheckpoint } from "../safetensors.js";

const EXPONENT = 0x7c00; // its bits

/** As `readCheckpoint`; the `values` are Float32Arrays. */
export function readGenerator(file) {
  const { metadata, tensors } = readCheckpoint(file, { F16: Uint16Array });
  for (const [name, { shape, values }] of tensors) {
    if (values.some((bits) => (bits & EXPONENT) === EXPONENT)) throw new Error(`The network's ${name} has values that are not finite numbers.`);
    tensors.set(name, { shape, values: fromHalves(values) });
  }
  return { metadata, tensors };
}

/** The numbers that 16 bits each stand for: a sign, five bits of exponent, ten of fraction. */
function fromHalves(halves) {
  const numbers = new Float32Array(halves.length);
  const bits = new Uint32Array(numbers.buffer);
  for (let at = 0; at < halves.length; at += 1) {
    const half = halves[at];
    if (half & EXPONENT) bits[at] = ((half & 0x8000) << 16) | (((half & 0x7fff) << 13) + (112 << 23)); // exponents from 15 to 127
    else numbers[at] = (half & 0x8000 ? -1 : 1) * (half & 0x03ff) * 2 ** -24;
  }
  return numbers;
}
