// Finds the Chinese for an English text in a table of texts with places in them:
//
//   {#name}  a number
//   {=name}  a size, "3 x 3"
//   {name}   whatever stands there, as it is: what people have named, lists of numbers
//   {+name}  a part of the sentence that the table translates on its own, or a list of such parts
//   {*name}  whole sentences that the table translates on their own
//
// Numbers change with every movement of the pen and sentences seldom do. So what is searched for, and remembered, is the
// text with its numbers taken out; a number is then put back where its like stands in the Chinese.

const FIRST = 0xe000; // private characters stand for the first number of a text, the second, and so on
const ANY = "[\ue000-\uf8ff]";
const NUMBER = /\d+(?:[.,:]\d+)*/g;
const PLACE = /\{([#=+*]?)(\w*)\}/g;
const WITHIN = "((?:(?![.?!](?: |$)).)+?)"; // not beyond the end of a sentence
const KINDS = { "#": `(${ANY})`, "=": `(${ANY} x ${ANY})`, "": WITHIN, "+": WITHIN, "*": "(.+)" };
const MOST = 5000; // texts that are remembered
const ARTICLE = /^(?:with )?an? /;
const ENGLISH = /[A-WYZa-wyz]|[A-Za-z]{2}/; // more than the x of a size

const plain = (text) => text.replace(/[\s\u00a0]+/g, " ").replaceAll("\u2019", "'").trim();

/** Returns find(text): the Chinese for it, or null where the table has none. */
export function makeLookup(table) {
  const whole = new Map(); // texts without places
  const patterns = [];
  for (const texts of Object.values(table)) {
    for (const [english, chinese] of Object.entries(texts)) {
      const key = plain(english);
      if (/[{\d]/.test(key)) patterns.push(makePattern(key, chinese));
      else whole.set(key, chinese);
    }
  }
  patterns.sort((one, other) => other.weight - one.weight); // what says most comes first
  const remembered = new Map(); // text without its numbers -> Chinese without its numbers, or null

  /** The Chinese for one text of the table. */
  function single(shape) {
    if (whole.has(shape)) return whole.get(shape);
    for (const { expression, chinese, names } of patterns) {
      const found = expression.exec(shape);
      if (!found) continue;
      const parts = Object.fromEntries(names.map(([name, kind], index) => [name, { kind, text: found[index + 1] }]));
      return chinese.replace(PLACE, (_, __, name) => part(parts[name]));
    }
    return null;
  }

  const part = ({ kind, text }) => (kind === "+" || kind === "*" ? within(text) : text);

  /** The same for a text that may begin in lower case because it follows something, or with an article, which Chinese has not. */
  function either(shape) {
    const bare = shape.replace(ARTICLE, "");
    const begins = /^[a-z]/.test(shape) ? shape[0].toUpperCase() + shape.slice(1) : shape;
    return single(shape) ?? single(begins) ?? (bare === shape ? null : single(bare));
  }

  /** For several sentences in a row, as many together as the table has. */
  function sentences(shape) {
    const parts = shape.split(/(?<=[.?!]) (?=[^a-z])/);
    if (parts.length === 1) return null;
    let out = "";
    let isKnown = false;
    for (let first = 0; first < parts.length;) {
      let last = parts.length;
      let found = null;
      for (; last > first && found === null; last -= 1) found = last - first === parts.length ? null : single(parts.slice(first, last).join(" "));
      if (found === null) {
        out += parts[first];
        first += 1;
      } else {
        isKnown = true;
        out += found;
        first = last + 1;
      }
    }
    return isKnown ? out : null;
  }

  /** For a part of a sentence: translated, or a list of what is; otherwise as it is. */
  function within(text) {
    if (!ENGLISH.test(text)) return text;
    const list = listed(text, /; /, "；") ?? listed(text, /, (?:and )?| and /, "、") ?? listed(text, / or /, "或");
    return list ?? either(text) ?? sentences(text) ?? text;
  }

  function listed(text, between, chinese) {
    const parts = text.split(between);
    const each = parts.map((one) => (ENGLISH.test(one) ? either(one) : one));
    return parts.length > 1 && !each.includes(null) ? each.join(chinese) : null;
  }

  return (text) => {
    const numbers = [];
    const shape = plain(text).replace(NUMBER, (number) => String.fromCharCode(FIRST + numbers.push(number) - 1));
    let found = remembered.get(shape);
    if (found === undefined) {
      if (remembered.size >= MOST) remembered.clear();
      found = either(shape) ?? sentences(shape);
      remembered.set(shape, found);
    }
    return found && found.replace(/[\ue000-\uf8ff]/g, (mark) => numbers[mark.charCodeAt(0) - FIRST]).replaceAll(" %", "\u00a0%").replace(/(\d) x (?=\d)/g, "$1\u00a0x\u00a0");
  };
}

function makePattern(key, chinese) {
  const names = [];
  const literal = (text) => text.split(NUMBER).map((words) => words.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(ANY);
  let source = "";
  let weight = 0;
  let from = 0;
  for (const { 0: place, 1: kind, 2: name, index } of key.matchAll(PLACE)) {
    source += literal(key.slice(from, index)) + KINDS[kind];
    weight += index - from;
    names.push([name, kind]);
    from = index + place.length;
  }
  source += literal(key.slice(from));
  return { expression: new RegExp(`^${source}$`), chinese, names, weight: weight + key.length - from };
}
