// A network's file, read in the browser: safetensors with Digitscope's metadata, as model/checkpoint.py writes it.

const METADATA_KEY = "digitscope";
const FORMAT_VERSION = 1;
const DAMAGED = "The network's file is damaged or was cut short; expected safetensors with Digitscope's metadata.";

/**
 * The numbers and the metadata of a file (ArrayBuffer): { metadata, tensors }, tensors by name with their `shape` and
 * `values`, an array of its type. What is of no such type (a count of batches) is left out: no answer depends on it.
 * Throws an Error with one sentence where the file is none.
 */
export function readCheckpoint(file, types = { F32: Float32Array }) {
  const { header, begin } = readHeader(file);
  const metadata = parse(header.__metadata__?.[METADATA_KEY]);
  if (!metadata?.config || !(metadata.format >= 1)) throw new Error(DAMAGED);
  if (metadata.format > FORMAT_VERSION) {
    throw new Error(`The network's file has format ${metadata.format}; this page reads up to format ${FORMAT_VERSION}.`);
  }
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (types[entry?.dtype]) tensors.set(name, readTensor(file, begin, name, entry, types[entry.dtype]));
  }
  return { metadata, tensors };
}

function readHeader(file) {
  if (file.byteLength < 8) throw new Error(DAMAGED);
  const length = Number(new DataView(file).getBigUint64(0, true));
  if (length > file.byteLength - 8) throw new Error(DAMAGED);
  const header = parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
  if (!header || typeof header !== "object") throw new Error(DAMAGED);
  return { header, begin: 8 + length };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readTensor(file, begin, name, { shape, data_offsets: offsets }, Numbers) {
  const [from, to] = offsets ?? [];
  const count = Array.isArray(shape) ? shape.reduce((product, extent) => product * extent, 1) : -1;
  const fits = from >= 0 && to - from === Numbers.BYTES_PER_ELEMENT * count && begin + to <= file.byteLength;
  if (!fits) throw new Error(DAMAGED);
  const values = new Numbers(file.slice(begin + from, begin + to)); // a copy: it may begin at any byte
  if (!values.every(Number.isFinite)) throw new Error(`The network's ${name} has values that are not finite numbers.`);
  return { shape, values };
}
