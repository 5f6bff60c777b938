// The 28 x 28 image in the ink's colour: by itself, over a whole canvas, and faint under what is painted on it.

import { IMAGE_SIZE, fromBase64 } from "../page/bytes.js";
import { channels } from "./scales.js";
import { token } from "./tokens.js";

const stamp = Object.assign(document.createElement("canvas"), { width: IMAGE_SIZE, height: IMAGE_SIZE });

/** Paint an image, bytes or base64, on a canvas of as many pixels; null is blank paper. */
export const paintImage = (canvas, image) => paint(canvas, image && fromBase64(image), () => 0, ["--ink"]);

/** The same for bytes of an image of which a part is somebody's own: where `own` is 1, or null, ink; else in the accent. */
export const paintShared = (canvas, image, own) => paint(canvas, image, (pixel) => (own && !own[pixel] ? 1 : 0), ["--ink", "--accent"]);

function paint(canvas, bytes, kindOf, names) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(picture.data.buffer);
  const colours = names.map((name) => {
    const [red, green, blue] = channels(token(name));
    return (blue << 16) | (green << 8) | red;
  });
  for (let pixel = 0; pixel < (bytes?.length ?? 0); pixel += 1) {
    words[pixel] = (bytes[pixel] << 24) | colours[kindOf(pixel)];
  }
  context.putImageData(picture, 0, 0);
}

/** Paint an image, or null, in its place on a plane (see frame.js), as strongly as `alpha` says. */
export function paintInk({ context, place, scale }, image, alpha = 1) {
  paintImage(stamp, image);
  context.globalAlpha = alpha;
  context.drawImage(stamp, place(0), place(0), IMAGE_SIZE * scale, IMAGE_SIZE * scale);
  context.globalAlpha = 1;
}
