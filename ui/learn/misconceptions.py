"""What popular texts get wrong about separable and dilated convolution, and what is true, with computed numbers."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from model.cost.convolution import Convolution
from model.cost.separable import effective_kernel
from model.cost.worked_example import WorkedExample
from model.network import PRESETS
from ui.learn.gridding import columns_read

CHANNELS, KERNEL, DILATION = PRESETS["base"].stages[0].channels, PRESETS["base"].stages[0].kernel, 2


class Misconception(NamedTuple):
    """One entry of the list.

    Attributes:
        claim: as it is commonly made, with formulas in LaTeX.
        truth: a function that returns what is true, with its numbers computed.
    """

    claim: str
    truth: Callable[[], str]


def _depthwise_weights() -> str:
    depthwise = nn.Conv2d(CHANNELS, CHANNELS, KERNEL, groups=CHANNELS, bias=False).weight.numel()
    standard = nn.Conv2d(CHANNELS, CHANNELS, KERNEL, bias=False).weight.numel()
    return (
        rf"It has $C_{{in}} \cdot K \cdot K$: one kernel per channel. With {CHANNELS} channels and $K = {KERNEL}$ "
        f"that is {depthwise:,}, not {standard:,}; the formula is that of a standard convolution."
    )


def _dilated_weights() -> str:
    counts = {d: nn.Conv2d(1, 1, KERNEL, dilation=d, bias=False).weight.numel() for d in (1, 2, 4)}
    said = ", ".join(f"{count} at dilation {dilation}" for dilation, count in counts.items())
    return (
        f"Dilation adds no weights: {said}. What grows is the reach, $d (K - 1) + 1$: "
        f"{', '.join(str(effective_kernel(KERNEL, dilation)) for dilation in counts)} cells."
    )


def _second_step() -> str:
    cell = WorkedExample().cells()[0][0]
    weight = WorkedExample().pointwise[0]
    return (
        "The pointwise step reads the output of the depthwise step, never the input: in the example it gives "
        f"{weight:g} · {cell.depthwise:g} = {cell.pointwise[0]:g}."
    )


def _cheaper() -> str:
    ratios = {channels: Convolution(channels, channels).ratio for channels in (8, CHANNELS, 512)}
    said = ", ".join(f"{1 / ratio:.1f} times with {channels}" for channels, ratio in ratios.items())
    return (
        r"It is $1 / (1 / C_{out} + 1 / K^2)$ times cheaper, which also depends on the number of filters: "
        f"{said} output channels. The factor approaches {KERNEL**2} but never reaches it."
    )


def _reads() -> str:
    reach = effective_kernel(KERNEL, DILATION)
    return (
        f"It reaches over {reach} x {reach} cells but reads only {KERNEL**2} of these {reach**2}. The cells in between "
        "are read only where another layer's taps lead to them."
    )


def _replaces() -> str:
    taps = KERNEL**2
    standard, separable = CHANNELS * CHANNELS * taps, Convolution(CHANNELS, CHANNELS).costs()["separable"].parameters
    return (
        f"Not in general: {separable:,} numbers cannot represent every choice of {standard:,}. Written as one standard "
        "convolution, all kernels that read the same input channel have the same pattern, only scaled differently."
    )


def _more_is_better() -> str:
    wide = (2, 4, 8)
    read = columns_read(wide)
    return (
        f"Without a first layer of dilation 1, doubling leaves holes: dilations {', '.join(map(str, wide))} read "
        f"{read.sum()} of the {read.size} columns of their field; {', '.join(str(d // 2) for d in wide)} read all "
        f"{columns_read([d // 2 for d in wide]).sum()}."
    )


MISCONCEPTIONS = (
    Misconception(r"A depthwise kernel has $C_{in} \cdot C_{out} \cdot K \cdot K$ weights.", _depthwise_weights),
    Misconception("A larger dilation means more weights.", _dilated_weights),
    Misconception("The second step multiplies by the input again.", _second_step),
    Misconception(rf"Separable convolution is $K^2$ times cheaper, {KERNEL**2} times for $K = {KERNEL}$.", _cheaper),
    Misconception(rf"A {KERNEL} x {KERNEL} kernel with dilation {DILATION} is a larger kernel.", _reads),
    Misconception("A separable convolution is just another way to compute a standard one.", _replaces),
    Misconception("If dilations double from layer to layer, the whole field is covered.", _more_is_better),
)


def misconceptions() -> str:
    """The whole list, as Markdown."""
    return "\n\n".join(f"> **Claim:** {each.claim}\n\n**In fact:** {each.truth()}" for each in MISCONCEPTIONS)
