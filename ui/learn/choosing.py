"""How to choose kernel size, dilation and number of filters: advice, each with what was measured here.

Every figure comes from the code that computes it or from the metadata of the checkpoints that were trained; where these
are absent, what rests on them is left out.
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
from model.study.claims import CLEAR, effect
from model.study.networks import STUDY, scores_of

EXAMPLE = "base"
KERNELS = (3, 5, 7)
STANDARD, SEPARABLE = "study-standard-{}", "study-separable-{}"


def advice() -> str:
    """The advice as Markdown, as far as its evidence is at hand."""
    paragraphs = (kernel_advice(), dilation_advice(), outside_advice(), filter_advice(), separable_advice())
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def kernel_advice() -> str:
    """What a larger kernel costs a separable stage, beside a standard one."""
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
        f"**Kernel size.** Begin with {KERNELS[0]} x {KERNELS[0]}. The kernel's area counts in the depthwise step "
        f"alone, which with {channels} channels is {shares} of the pair's weights. From {KERNELS[0]} to {KERNELS[1]} a "
        f"separable stage grows {grown:.2f}-fold, a standard one {standard:.2f}-fold: if a stage has to see everything "
        "in a wider window, a larger kernel is cheap when separable. Keep it odd, so that fields stay centred."
    )


def dilation_advice() -> str:
    """What dilation brought in the study, at the same cost."""
    found = [_dilated_or_not(kind) for kind in (SEPARABLE, STANDARD)]
    evidence = " ".join(sentence for sentence in found if sentence)
    advice = (
        "**Dilation.** It widens the field for no weights, so choose it by the field that is needed: begin with 1, let "
        "it grow slowly, and see in the figure above that no column is left out."
    )
    return f"{advice} {evidence}" if evidence else advice


def _dilated_or_not(pattern: str) -> str:
    dilated, undilated = (scores_of(pattern.format(spread)) for spread in ("dilated", "undilated"))
    if not dilated.test or not undilated.test:
        return ""
    kind = "standard" if pattern == STANDARD else "separable"
    parameters = complexity(DigitNet(STUDY[pattern.format("dilated")])).parameters
    sentence = (
        f"Measured with the {kind} network of the Compare tab, {parameters:,} parameters either way: with dilation "
        f"{spread(dilated.test)} of MNIST's test images are read, without {spread(undilated.test)}, "
        f"{verdict(dilated.test, undilated.test)}"
    )
    if dilated.pendigits and undilated.pendigits:
        sentence += (
            f"; of people's pen strokes {spread(dilated.pendigits)} and {spread(undilated.pendigits)}, "
            f"{verdict(dilated.pendigits, undilated.pendigits)}"
        )
    return sentence + "."


def outside_advice() -> str:
    """Where dilation does not help on small images: taps that lie in the padding."""
    config = PRESETS[EXAMPLE]
    field = receptive_field(DigitNet(config), milestones(config)[-1].output).size[0]
    size = -(-IMAGE_SIZE // config.stem_stride)
    kernel = config.stages[0].kernel
    shares = ", ".join(f"{100 * share_outside(size, kernel, d):.0f} % at dilation {d}" for d in (1, 2, 3, 5, 7))
    return (
        f"**Where dilation does not help.** On images of {IMAGE_SIZE} x {IMAGE_SIZE} pixels there is little to reach "
        f"for. After a stem of stride {config.stem_stride} the maps have {size} x {size} cells, and of the taps of a "
        f"{kernel} x {kernel} kernel so many lie in the padding and read nothing: {shares}. The last stage of "
        f"{EXAMPLE} sees {field} pixels across; what lies beyond the image's {IMAGE_SIZE} is padding, too."
    )


def filter_advice() -> str:
    """What accuracy the presets reach with their numbers of filters."""
    lines = []
    for name, config in PRESETS.items():
        figures = read_metadata(name).get("figures", {}) if name in checkpoint_names() else {}
        if "test" in figures:
            parameters = complexity(DigitNet(config)).parameters
            channels = config.stages[0].channels
            lines.append(f"{channels} filters ({parameters:,} parameters) {100 * figures['test']['accuracy']:.2f} %")
    advice = (
        "**Number of filters.** It is what costs: the pointwise step grows with the square of it. Double it while "
        "accuracy still rises; then stop."
    )
    if not lines:
        return advice
    return (
        f"{advice} The networks on the left, which differ in depth and training as well, read of MNIST's test images: "
        f"{'; '.join(lines)}."
    )


def separable_advice() -> str:
    """What separability cost in accuracy in the study, and what it saved."""
    standard, separable = (scores_of(pattern.format("dilated")) for pattern in (STANDARD, SEPARABLE))
    if not standard.test or not separable.test:
        return ""
    many, few = (complexity(DigitNet(STUDY[pattern.format("dilated")])) for pattern in (STANDARD, SEPARABLE))
    return (
        f"**Separable or not.** At the same shape the standard network has {many.parameters:,} parameters and spends "
        f"{many.multiply_accumulates:,} multiply-accumulates, the separable one {few.parameters:,} and "
        f"{few.multiply_accumulates:,}. They read {spread(standard.test)} and {spread(separable.test)} of MNIST's test "
        f"images, {verdict(separable.test, standard.test)}. Fewer multiply-accumulates are not always less time: the "
        "Compare tab measures it on this machine."
    )


def spread(values: tuple[float, ...]) -> str:
    """Mean and standard deviation over the seeds, in percent."""
    if len(values) == 1:
        return f"{100 * values[0]:.2f} % (one seed)"
    return f"{100 * mean(values):.2f} ± {100 * stdev(values):.2f} % ({len(values)} seeds)"


def verdict(one: tuple[float, ...], other: tuple[float, ...]) -> str:
    """By how much the first is better than the second, and what that is worth beside the spread over the seeds."""
    found = effect([(one, other)])
    said = f"{abs(100 * found.difference):.2f} points {'more' if found.difference > 0 else 'less'}"
    if isinf(found.error):
        return f"{said}, from too few seeds to tell"
    if not found.clear:
        return f"{said}, which chance among the seeds may have brought about"
    return f"{said}, beyond {CLEAR} standard errors"


def share_outside(size: int, kernel: int, dilation: int) -> float:
    """Of all taps of a "same" convolution over a map of size x size cells, those that lie in the padding."""
    offsets = [dilation * (tap - kernel // 2) for tap in range(kernel)]
    inside = sum(max(0, size - abs(offset)) for offset in offsets) / (size * kernel)
    return 1 - inside**2
