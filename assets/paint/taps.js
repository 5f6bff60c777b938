// One tap of a kernel: its sign, and how strong its weight is.

import { diverging } from "./scales.js";
import { token } from "./tokens.js";

/** One tap around (x, y): a disc of `radius` with the sign of `share` (-1..1) on it, as strong as the share. */
export function paintTap(context, x, y, radius, share) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = token("--paper-raised");
  context.fill();
  context.fillStyle = `rgb(${diverging()(share).join(" ")})`;
  context.globalAlpha = 0.9;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = token("--ink-soft");
  context.lineWidth = devicePixelRatio;
  context.stroke();
  context.strokeStyle = Math.abs(share) > 0.55 ? token("--paper-raised") : token("--ink");
  context.lineWidth = Math.max(1, radius / 4);
  context.beginPath();
  context.moveTo(x - radius / 2, y);
  context.lineTo(x + radius / 2, y);
  if (share >= 0) {
    context.moveTo(x, y - radius / 2);
    context.lineTo(x, y + radius / 2);
  }
  context.stroke();
}
