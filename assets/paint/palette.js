// The colours of the bytes 0..255, as canvas memory holds them.

import { channels, diverging, sequential } from "./scales.js";
import { token } from "./tokens.js";

const palettes = new Map(); // names of the colours -> what is made of them

/** Colours of the bytes 0..255: `scale`, `heat` (clear where low); those of gaps and marks. */
export function palette(root = document.body) {
  const [gap, mark] = ["--hairline", "--ink-soft"].map((name) => token(name, root));
  const key = [gap, mark, token("--scale-zero", root), token("--scale-full", root)].join();
  if (!palettes.has(key)) palettes.set(key, makePalette(sequential(root), gap, mark));
  return palettes.get(key);
}

/** The same for bytes of signed values, of which 128 stands for 0: `scale`, and the colours of gaps and marks. */
export function signedPalette() {
  const colour = diverging();
  return { ...palette(), scale: Uint32Array.from({ length: 256 }, (_, byte) => word(colour((byte - 128) / 127))) };
}

const word = ([red, green, blue], alpha = 255) => ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;

function makePalette(colour, gap, mark) {
  const named = (hex) => word(channels(hex));
  const each = (make) => Uint32Array.from({ length: 256 }, (_, byte) => make(byte));
  return {
    scale: each((byte) => word(colour(byte / 255))),
    heat: each((byte) => word(colour(0.35 + (0.65 * byte) / 255), Math.min(230, 1.5 * byte))),
    gap: named(gap),
    mark: named(mark),
  };
}
