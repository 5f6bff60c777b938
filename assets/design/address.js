// A design as text for a link, such as "separable.16k5s2.64k3d1s2.64k3d1_2_4s1": stem, then stages; d1_2_4 are dilations side
// by side, and w0 shares stage 0's weights.

const STEM = /^(\d{1,5})k(\d{1,3})s(\d{1,3})$/;
const STAGE = /^(\d{1,5})k(\d{1,3})d(\d{1,3}(?:_\d{1,3}){0,9})s(\d{1,3})(?:w(\d{1,3}))?$/;
const MOST = 100; // parts of a link's text that are read

export function encodeDesign({ stem_channels: channels, stem_kernel: kernel, stem_stride: stride, separable, stages }) {
  const shared = ({ shares }) => (shares === null ? "" : `w${shares}`);
  const dilations = ({ dilation, branches = [] }) => [dilation, ...branches].join("_");
  const parts = stages.map((stage) => `${stage.channels}k${stage.kernel}d${dilations(stage)}s${stage.stride}${shared(stage)}`);
  return [separable ? "separable" : "standard", `${channels}k${kernel}s${stride}`, ...parts].join(".");
}

/** Throws an Error with one sentence if the text is not a valid design; the server checks whether its numbers are allowed. */
export function decodeDesign(text) {
  const [kind, stem, ...stages] = text.split(".", MOST);
  const whole = STEM.exec(stem ?? "");
  const parts = stages.map((stage) => STAGE.exec(stage));
  if (!["separable", "standard"].includes(kind) || !whole || parts.includes(null)) {
    throw new Error("This link contains no valid design; your previous design is kept.");
  }
  const [channels, kernel, stride] = whole.slice(1).map(Number);
  return {
    stem_channels: channels,
    stem_kernel: kernel,
    stem_stride: stride,
    separable: kind === "separable",
    stages: parts.map((part) => {
      const [channels, kernel, , stride] = part.slice(1, 5).map(Number);
      const [dilation, ...branches] = part[3].split("_").map(Number);
      const shares = part[5] === undefined ? null : Number(part[5]);
      return { channels, kernel, dilation, stride, shares, ...(branches.length && { branches }) };
    }),
  };
}
