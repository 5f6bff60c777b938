// Bytes and numbers as answers and files carry them: as text in base64, or as arrays where this browser computed them.

/** Pixels along each side of the image that the network reads: a byte each, ink 255 on 0, row by row. */
export const IMAGE_SIZE = 28;

/** The bytes of a file in base64. */
export async function toBase64(file) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

/** Some bytes, a Uint8Array of up to a few thousand, in base64. */
export const bytesToBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** Bytes from base64 or an array of them; into `bytes`, where they are given. */
export function fromBase64(text, bytes) {
  if (typeof text !== "string") {
    bytes?.set(text);
    return bytes ?? text;
  }
  const binary = atob(text);
  bytes ??= new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/**
 * The first `count` bytes of a text in base64 that has one bit per byte for where they are not 0, then those bytes; or of an
 * array, as they are.
 */
export function unpackBytes(text, bytes, count) {
  if (typeof text !== "string") {
    bytes.set(text);
    return bytes;
  }
  const binary = atob(text);
  let next = Math.ceil(count / 8);
  for (let at = 0; at < count; at += 1) {
    const on = binary.charCodeAt(at >> 3) & (128 >> (at & 7));
    bytes[at] = on ? binary.charCodeAt(next) : 0;
    if (on) next += 1;
  }
  return bytes;
}

/** Numbers of float32 from base64, or an array of them. */
export const floatsFromBase64 = (text) => (typeof text === "string" ? new Float32Array(fromBase64(text).buffer) : text);
