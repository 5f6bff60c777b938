// Where colour scales end: at round values, so that colours do not flicker while somebody draws.

const TOPS = [0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000];

/** The end of a scale for the maps whose bright values these are; with several, for the middle one. */
export function endFor(bright) {
  if (!bright.length) return TOPS[5];
  const middle = bright.toSorted((a, b) => a - b)[Math.floor(bright.length / 2)];
  return TOPS.find((top) => top >= middle) ?? TOPS.at(-1);
}
