"""How to choose kernel size, dilation and number of filters: advice, with what was measured here.

Every figure comes from the code that computes it or from the metadata of the trained checkpoints; where those are
missing, what depends on them is left out.
"""

from math import isinf
from statistics import mean, stdev

from model.checkpoint import checkpoint_names, read_metadata
from model.cost.complexity import complexity
from model.cost.convolution import Convolution
from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import receptive_field
from model.layers import milestones
from model.network import PRESETS, DigitNet
from model.study.claims import CLEAR, effect, points
from model.study.networks import STUDY, scores_of

EXAMPLE = "base"
KERNELS = (3, 5, 7)
STANDARD, SEPARABLE = "study-standard-{}", "study-separable-{}"


def advice() -> str:
    """The advice as Markdown, as far as there is evidence for it."""
    paragraphs = (kernel_advice(), dilation_advice(), outside_advice(), filter_advice(), separable_advice())
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def kernel_advice() -> str:
    """What a larger kernel costs a separable stage, compared with a standard one."""
    channels = PRESETS[EXAMPLE].stages[0].channels
    costs = {kernel: Convolution(channels, channels, kernel, kernel).costs() for kernel in KERNELS}
    smallest = costs[KERNELS[0]]
    shares = ", ".join(
        f"{100 * cost['depthwise'].parameters / cost['separable'].parameters:.0f} % at {kernel} x {kernel}"
        for kernel, cost in costs.items()
    )
    grown = costs[KERNELS[1]]["separable"].parameters / smallest["separable"].parameters
    standard = costs[KERNELS[1]]["standard"].parameters / smallest["standard"].parameters
    return (
        f"**Kernel size.** Start with {KERNELS[0]} x {KERNELS[0]}. The kernel's area counts only in the depthwise "
        f"step, which with {channels} channels has {shares} of the pair's weights. From {KERNELS[0]} to {KERNELS[1]}, "
        f"a separable stage grows {grown:.2f}-fold, a standard one {standard:.2f}-fold: if a stage has to see "
        "everything in a wider window, a larger kernel is cheap when separable. Keep it odd so that fields stay "
        "centred."
    )


def dilation_advice() -> str:
    """What dilation brought in the study, at the same cost."""
    found = [_dilated_or_not(kind) for kind in (SEPARABLE, STANDARD)]
    evidence = " ".join(sentence for sentence in found if sentence)
    advice = (
        "**Dilation.** It widens the field without adding weights, so choose it by the field you need: start with 1, "
        "let it grow slowly, and check in the figure above that no column is skipped."
    )
    return f"{advice} {evidence}" if evidence else advice


def _dilated_or_not(pattern: str) -> str:
    dilated, undilated = (scores_of(pattern.format(spread)) for spread in ("dilated", "undilated"))
    if not dilated.test or not undilated.test:
        return ""
    kind = "standard" if pattern == STANDARD else "separable"
    parameters = complexity(DigitNet(STUDY[pattern.format("dilated")])).parameters
    sentence = (
        f"Measured with the {kind} network of the Compare tab, {parameters:,} parameters either way: without dilation "
        f"it reads {spread(undilated.test)} of MNIST's test images correctly, with dilation {spread(dilated.test)}, "
        f"{verdict(dilated.test, undilated.test)}"
    )
    if dilated.pendigits and undilated.pendigits:
        sentence += (
            f"; of people's pen strokes {spread(undilated.pendigits)} and {spread(dilated.pendigits)}, "
            f"{verdict(dilated.pendigits, undilated.pendigits)}"
        )
    return sentence + "."


def outside_advice() -> str:
    """Where dilation does not help on small images: where taps lie in the padding."""
    config = PRESETS[EXAMPLE]
    field = receptive_field(DigitNet(config), milestones(config)[-1].output).size[0]
    size = -(-IMAGE_SIZE // config.stem_stride)
    kernel = config.stages[0].kernel
    shares = ", ".join(f"{100 * share_outside(size, kernel, d):.0f} % at dilation {d}" for d in (1, 2, 3, 5, 7))
    return (
        f"**Where dilation does not help.** An image of {IMAGE_SIZE} x {IMAGE_SIZE} pixels leaves little to reach "
        f"for. After a stem of stride {config.stem_stride} the maps have {size} x {size} cells, and this share of the "
        f"taps of a {kernel} x {kernel} kernel lies in the padding and reads nothing: {shares}. The last stage of "
        f"{EXAMPLE} sees {field} pixels across; whatever lies beyond the image's {IMAGE_SIZE} is padding, too."
    )


def filter_advice() -> str:
    """The accuracy that the presets reach with their numbers of filters."""
    lines = []
    for name, config in PRESETS.items():
        figures = read_metadata(name).get("figures", {}) if name in checkpoint_names() else {}
        if "test" in figures:
            parameters = complexity(DigitNet(config)).parameters
            channels = config.stages[0].channels
            lines.append(f"{channels} filters ({parameters:,} parameters) {100 * figures['test']['accuracy']:.2f} %")
    advice = (
        "**Number of filters.** This determines most of the cost: the pointwise step grows with its square. Double it "
        "as long as accuracy still rises, then stop."
    )
    if not lines:
        return advice
    return (
        f"{advice} The networks of the list, which also differ in depth and training, read this share of MNIST's test "
        f"images correctly: {'; '.join(lines)}."
    )


def separable_advice() -> str:
    """How much accuracy separability cost in the study, and what it saved."""
    standard, separable = (scores_of(pattern.format("dilated")) for pattern in (STANDARD, SEPARABLE))
    if not standard.test or not separable.test:
        return ""
    many, few = (complexity(DigitNet(STUDY[pattern.format("dilated")])) for pattern in (STANDARD, SEPARABLE))
    return (
        f"**Separable or not.** At the same shape the standard network has {many.parameters:,} parameters and takes "
        f"{many.multiply_accumulates:,} multiply-accumulates, the separable one {few.parameters:,} and "
        f"{few.multiply_accumulates:,}. The standard one reads {spread(standard.test)} of MNIST's test images "
        f"correctly, the separable one {spread(separable.test)}, {verdict(separable.test, standard.test)}. Fewer "
        "multiply-accumulates do not always mean less time: the Compare tab measures it on this machine."
    )


def spread(values: tuple[float, ...]) -> str:
    """Mean and standard deviation over the seeds, in percent."""
    if len(values) == 1:
        return f"{100 * values[0]:.2f} % (one seed)"
    return f"{100 * mean(values):.2f} ± {100 * stdev(values):.2f} % ({len(values)} seeds)"


def verdict(one: tuple[float, ...], other: tuple[float, ...]) -> str:
    """By how much the first is better than the second, and whether that stands out from the spread over the seeds."""
    found = effect([(one, other)])
    said = points(mean(one), mean(other))
    if isinf(found.error):
        return f"{said}, with too few seeds to be sure"
    if not found.clear:
        return f"{said}, which may be chance (within {CLEAR} standard errors)"
    return f"{said}, which exceeds {CLEAR} standard errors"


def share_outside(size: int, kernel: int, dilation: int) -> float:
    """The share of all taps of a "same" convolution over a map of size x size cells that lies in the padding."""
    offsets = [dilation * (tap - kernel // 2) for tap in range(kernel)]
    inside = sum(max(0, size - abs(offset)) for offset in offsets) / (size * kernel)
    return 1 - inside**2
