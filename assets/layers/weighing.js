// What a separable stage saves, drawn: the area of a square is its number of weights.

import { inLanguage } from "../language/language.js";
import { grouped } from "../page/words.js";
import { token } from "../paint/tokens.js";

/**
 * The weights of the stage that a pointwise layer belongs to, { depthwise, pointwise, standard }: the last would be those of
 * one standard convolution in the place of both. Null for a layer of another kind, or one that reads several.
 */
export function weightsOf(structure, layer) {
  const before = structure.layers.find((each) => each.layer === layer.reads[0]);
  if (layer.kind !== "pointwise" || layer.reads.length > 1 || before?.kind !== "depthwise") return null;
  const [inputs, outputs, area] = [before.channels, layer.channels, before.kernel ** 2];
  return { depthwise: inputs * area, pointwise: inputs * outputs, standard: inputs * outputs * area };
}

/** What is drawn, in words. */
export const inWords = ({ depthwise, pointwise, standard }) =>
  `Areas: the ${grouped(depthwise)} weights of the depthwise step and the ${grouped(pointwise)} of the pointwise one, before the ` +
  `${grouped(standard)} of a standard convolution`;

/** Draw the weights on a square canvas: both steps, one beside the other, on the square of the standard convolution. */
export function paintWeights(canvas, { depthwise, pointwise, standard }) {
  const context = canvas.getContext("2d");
  const whole = canvas.width;
  const side = (count) => whole * Math.sqrt(count / standard);
  const line = 12 * devicePixelRatio;
  context.clearRect(0, 0, whole, whole);
  context.fillStyle = token("--hairline");
  context.fillRect(0, 0, whole, whole);
  context.fillStyle = token("--accent");
  const [one, other] = [side(pointwise), side(depthwise)];
  context.fillRect(0, whole - one, one, one);
  context.fillRect(one + line / 6, whole - other, other, other);
  context.fillStyle = token("--ink");
  context.font = `${line - devicePixelRatio}px system-ui, sans-serif`;
  context.fillText(inLanguage(`standard ${grouped(standard)}`), line / 3, 1.2 * line);
  context.fillText(inLanguage(`pointwise ${grouped(pointwise)}`), line / 3, whole - one - 1.6 * line);
  context.fillText(inLanguage(`+ depthwise ${grouped(depthwise)}`), line / 3, whole - one - line / 2);
}
