// The layers of a network, told once: what each reads, how it is computed and which weights it uses. Everything else in
// the engine derives from this list, as everything in model/ does from model/layers.py.

export const IMAGE_SIZE = 28;

// Bounds of model/network.py: [lowest, highest].
const STEM = { stem_channels: [1, 1024], stem_kernel: [1, 15], stem_stride: [1, 4] };
const STAGE = { channels: [1, 1024], kernel: [1, 15], dilation: [1, 14], stride: [1, 4] };
const MOST_STAGES = 32;
const MOST_BRANCHES = 4;
const MOST_CLASSES = 100;

/**
 * The layers of a configuration for images of a size [height, width], first to last, each
 * {
 *   name,                  as of `net.named_modules()`
 *   kind,                  "standard", "depthwise", "pointwise", "concatenation" (of several maps), "pool" or "linear"
 *   stage,                 index of its stage, or null
 *   title, place,          its name in sentences, "Stage 1 depthwise", and where it is, "Stage 1"
 *   hasPlaces,             whether its map has places: pooled features and classes see the whole image, but not where
 *   hasOneKernelAChannel,  whether each channel of its map comes from one kernel on one map
 *   map,                   what fields and gradients call its map: "stages.0" for the last layer of that stage
 *   source, sources,       name of the layer whose map it reads, or "image", and the list of all, if there are several
 *   residual,              name of the layer whose map is added to its own, or null
 *   rectified,             whether negative values become 0
 *   weights, norm,         names of the modules that own them, those of another stage where they are shared
 *   channels, size,        of what it reads; size is [height, width]
 *   outChannels, outSize,  of its map
 *   kernel, stride, dilation, padding
 * }
 * Throws an Error with one sentence where the configuration is not valid.
 */
export function layersOf(config, size = [IMAGE_SIZE, IMAGE_SIZE]) {
  checkConfig(config);
  const layers = [];
  const add = ({ before = layers.at(-1) ?? { name: "image", outChannels: 1, outSize: size }, ...layer }) => {
    const { kernel, stride, dilation, padding } = { kernel: 1, stride: 1, dilation: 1, padding: 0, ...layer };
    const room = 2 * padding - dilation * (kernel - 1) - 1;
    layers.push({
      stage: null, place: layer.title, hasPlaces: !["pool", "linear"].includes(layer.kind),
      hasOneKernelAChannel: layer.kind === "depthwise" || before.name === "image",
      source: before.name, sources: [before.name], residual: null, rectified: true, map: layer.name, weights: layer.name, norm: `${layer.name}_norm`,
      channels: before.outChannels, size: before.outSize, outSize: before.outSize.map((n) => Math.floor((n + room) / stride) + 1),
      kernel, stride, dilation, padding, ...layer,
    });
  };
  const window = ({ kernel, stride, dilation = 1 }) => ({ kernel, stride, dilation, padding: dilation * (kernel >> 1) });

  add({ name: "stem", kind: "standard", title: "Stem", outChannels: config.stem_channels, ...window({ kernel: config.stem_kernel, stride: config.stem_stride }) });
  config.stages.forEach((stage, index) => {
    const name = `stages.${index}`;
    const owner = (part) => `stages.${stage.shares ?? index}.${part}`;
    const before = layers.at(-1);
    const channels = before.outChannels;
    const output = {
      map: name, outChannels: stage.channels, residual: stage.stride === 1 && channels === stage.channels ? before.name : null,
    };
    const place = `Stage ${index + 1}`;
    const dilations = [stage.dilation, ...stage.branches ?? []];
    const part = (own, kind, title, shape) =>
      add({ name: `${name}.${own}`, kind, stage: index, title, place, weights: owner(own), norm: owner(`${own}_norm`), ...shape });
    if (config.separable) {
      dilations.forEach((dilation, branch) => {
        const [own, title] = dilations.length > 1 ? [`depthwise_${branch}`, `${place} depthwise ${branch + 1}`] : ["depthwise", `${place} depthwise`];
        part(own, "depthwise", title, { before, outChannels: channels, ...window({ ...stage, dilation }) });
      });
      if (dilations.length > 1) {
        const sources = layers.slice(-dilations.length).map((layer) => layer.name);
        const all = { channels: channels * sources.length, outChannels: channels * sources.length };
        add({ name: `${name}.concatenation`, kind: "concatenation", stage: index, title: `${place} at every scale`, place, sources, ...all, rectified: false, norm: null });
      }
      part("pointwise", "pointwise", `${place} pointwise`, output);
    } else {
      part("conv", "standard", place, { ...window(stage), ...output });
    }
  });
  add({ name: "pool", kind: "pool", title: "Pooled features", outChannels: layers.at(-1).outChannels, outSize: [1, 1], rectified: false, norm: null });
  add({ name: "head", kind: "linear", title: "Classes", outChannels: config.classes.length, rectified: false, norm: null });
  return layers;
}

/** Multiply-accumulates of one image. */
export function multiplyAccumulates(layers) {
  return layers.reduce((sum, { kind, kernel, channels, outChannels, outSize }) => {
    if (kind === "pool" || kind === "concatenation") return sum;
    const weights = kernel ** 2 * channels * (kind === "depthwise" ? 1 : outChannels);
    return sum + weights * outSize[0] * outSize[1];
  }, 0);
}

/** The layers of one stage, first to last. */
export const layersOfStage = (layers, index) => layers.filter(({ stage }) => stage === index);

function checkConfig(config) {
  checkFields(config, STEM, "");
  const { stages, classes } = config;
  if (!Array.isArray(stages) || !stages.length || stages.length > MOST_STAGES) {
    throw new Error(`The network's configuration has no list of 1 to ${MOST_STAGES} stages.`);
  }
  if (!Array.isArray(classes) || !classes.length || classes.length > MOST_CLASSES) {
    throw new Error(`The network's configuration has no list of 1 to ${MOST_CLASSES} classes.`);
  }
  stages.forEach((stage, index) => {
    checkFields(stage, STAGE, `stages[${index}].`);
    const branches = stage.branches ?? [];
    if (!Array.isArray(branches) || branches.length >= MOST_BRANCHES || (branches.length && !config.separable)) {
      throw new Error(`stages[${index}].branches is no list of at most ${MOST_BRANCHES - 1} further dilations of a separable stage.`);
    }
    branches.forEach((dilation) => checkFields({ branches: dilation }, { branches: STAGE.dilation }, `stages[${index}].`));
    if (stage.shares !== null && !(stages[stage.shares] && stage.shares < index)) {
      throw new Error(`stages[${index}].shares is ${stage.shares}; expected the number of an earlier stage, or none.`);
    }
  });
}

function checkFields(values, bounds, prefix) {
  for (const [name, [low, high]] of Object.entries(bounds)) {
    const value = values?.[name];
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new Error(`${prefix}${name} is ${value}; expected a whole number from ${low} to ${high}.`);
    }
  }
}
