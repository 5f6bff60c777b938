// Numbers and answers as the page writes them.

/** Calibrated probability from which an answer is stated without doubt. */
export const SURE = 0.9;

/** 21826 -> "21,826". */
export const grouped = (value) => value.toLocaleString("en");

/** A number with a true minus sign. */
export const signed = (value, digits) => value.toFixed(digits).replace("-", "\u2212");

/** 0.9931 -> "99.3 %"; a network is never sure to the last: what would round to 0 or 100 says so. No line ends before the sign. */
export function percent(probability) {
  if (probability < 0.0005) return "<\u00a00.1\u00a0%";
  if (probability >= 0.9995) return ">\u00a099.9\u00a0%";
  return accuracy(probability);
}

/** 0.9931 -> "99.3 %" of what was read; null where there was nothing to read. */
export const accuracy = (share) => (share === null ? "unknown" : `${(100 * share).toFixed(1)}\u00a0%`);

/** The likeliest of the classes. */
export const likeliest = ({ classes, probabilities }) => classes[probabilities.indexOf(Math.max(...probabilities))];

/** What an answer says, [state, sentence]. */
export function verdictOf({ classes, probabilities, familiar, several = [] }) {
  const order = probabilities.map((_, index) => index).sort((a, b) => probabilities[b] - probabilities[a]);
  const [first, second] = order;
  const share = (index) => `${classes[index]} (${percent(probabilities[index])})`;
  if (several.length) return ["strange", `More than one digit: ${several.join(", ")}. This sheet is for one.`];
  if (!familiar) return ["strange", `Unlike anything it has learned; the closest is ${share(first)}.`];
  if (probabilities[first] < SURE) return ["unsure", `Not sure: ${share(first)} or ${share(second)}.`];
  return ["sure", `It reads ${share(first)}.`];
}

/** The visitor's time of day, "14:02:31": networks are told apart by it. */
export const clock = () => new Date().toTimeString().slice(0, 8);

/** What a layer of `net.named_modules()` is called in sentences and tables, "Stage 1 depthwise": stages count from 1. */
export function titleOfLayer(name) {
  const [first, index, part] = name.split(".");
  if (first !== "stages") return { stem: "Stem", pool: "Pooled features", head: "Classes" }[name] ?? name;
  const words = part?.replace(/_(\d+)$/, (_, number) => ` ${Number(number) + 1}`);
  return `Stage ${Number(index) + 1}${!words || words === "conv" ? "" : ` ${words}`}`;
}

/** 200 -> "3 min 20 s". */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
