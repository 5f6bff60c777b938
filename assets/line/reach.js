// How far a cell of a line's map looks, in a sentence: over one digit, or into its neighbours.

/** About a cell of a layer with its field `box` and the counts `read` on an answer's strip. */
export function reachInWords(layer, { y, x, channel }, box, read, { digits, width }) {
  const pixels = read.reduce((count, paths) => count + (paths > 0), 0);
  const own = digitAt(digits, (box[1] + box[3]) / 2);
  const reached = digits.filter(({ box: [top, left, bottom, right] }) => touches(read, width, top, left, bottom, right));
  const nameOf = ({ label, unlike }) => (unlike ? "something unlike a digit" : `the ${label}`);
  const others = reached.filter((digit) => digit !== own).map(nameOf);
  const what = `${layer.title}, channel ${channel}, cell (${y}, ${x}) reads ${pixels} pixels of a field of ${layer.field} x ${layer.field}`;
  if (!reached.length) return `${what}: paper alone.`;
  if (!others.length) return `${what}: one digit wide, it sees ${nameOf(own)} that it lies on and no other.`;
  if (!own) return `${what}: it lies between digits and sees ${listed(others)}.`;
  return `${what}: it lies on ${nameOf(own)} and reaches into its neighbour${others.length > 1 ? "s" : ""}, ${listed(others)}.`;
}

/** The digit whose box holds a column; of several, the one whose middle is nearest. */
function digitAt(digits, x) {
  const middle = ({ box: [, left,, right] }) => Math.abs((left + right) / 2 - x);
  return digits.filter(({ box: [, left,, right] }) => left <= x && x <= right).sort((one, other) => middle(one) - middle(other))[0];
}

function touches(read, width, top, left, bottom, right) {
  for (let y = Math.floor(top); y < Math.ceil(bottom); y += 1) {
    for (let x = Math.floor(left); x < Math.min(Math.ceil(right), width); x += 1) if (read[y * width + x]) return true;
  }
  return false;
}

const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
