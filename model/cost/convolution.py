"""What one convolution costs, standard or separable: by the closed formulas, and counted on torch's own modules.

Biases are left out everywhere: in today's networks a norm, which has its own, follows each of these convolutions.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import conv_flop_count

from model.checks import check_whole
from model.cost.separable import effective_kernel
from model.network import MAX_CHANNELS, MAX_DILATION, MAX_KERNEL

LIMITS = {
    "in_channels": (1, MAX_CHANNELS),
    "out_channels": (1, MAX_CHANNELS),
    "kernel_height": (1, MAX_KERNEL),
    "kernel_width": (1, MAX_KERNEL),
    "dilation": (1, MAX_DILATION),
    "stride": (1, 8),
    "padding": (0, 49),
    "height": (1, 128),
    "width": (1, 128),
}


class Cost(NamedTuple):
    """What one step costs.

    Attributes:
        parameters: weights.
        multiply_accumulates: for one input; those with the padding's zeros count, since they are computed.
    """

    parameters: int
    multiply_accumulates: int

    def __add__(self, other: "Cost") -> "Cost":  # type: ignore[override]  # a sum, where tuples are strung together
        return Cost(self.parameters + other.parameters, self.multiply_accumulates + other.multiply_accumulates)


@dataclass(frozen=True)
class Convolution:
    """The symbols of the formulas. Checked when it is made, within `LIMITS`.

    Attributes:
        in_channels: C_in.
        out_channels: C_out.
        kernel_height: K_h, in taps.
        kernel_width: K_w, in taps.
        dilation: d, distance of neighbouring taps, in cells.
        stride: s, distance of neighbouring outputs, in cells.
        padding: p, zeros before and after each axis; "same" is d (K - 1) / 2 of each.
        height: H of the input, in cells.
        width: W of the input, in cells.

    Raises:
        ValueError: names the field and says what is allowed.
    """

    in_channels: int
    out_channels: int
    kernel_height: int = 3
    kernel_width: int = 3
    dilation: int = 1
    stride: int = 1
    padding: int | str = "same"
    height: int = 28
    width: int = 28

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "padding" or value != "same":
                check_whole(field.name, value, *LIMITS[field.name])
        if self.padding == "same":
            for name in ("kernel_height", "kernel_width"):
                kernel = getattr(self, name)
                if kernel % 2 == 0:
                    raise ValueError(
                        f"{name} is {kernel} and padding is same; expected an odd one, which has a middle."
                    )
        reach, room = self.effective_kernel, self.padded_size
        if reach[0] > room[0] or reach[1] > room[1]:
            raise ValueError(
                f"The kernel reaches over {reach[0]} x {reach[1]} cells and the padded input has {room[0]} x {room[1]};"
                " expected a smaller kernel or dilation, or more padding."
            )

    @property
    def effective_kernel(self) -> tuple[int, int]:
        """Cells (y, x) that the kernel reaches over: d (K - 1) + 1."""
        return effective_kernel(self.kernel_height, self.dilation), effective_kernel(self.kernel_width, self.dilation)

    @property
    def cells_around(self) -> tuple[int, int]:
        """Zeros (y, x) before the first cell of an axis, and after its last one."""
        if isinstance(self.padding, str):
            high, wide = self.effective_kernel
            return (high - 1) // 2, (wide - 1) // 2
        return self.padding, self.padding

    @property
    def padded_size(self) -> tuple[int, int]:
        """Cells (y, x) of the input with its padding."""
        above, left = self.cells_around
        return self.height + 2 * above, self.width + 2 * left

    @property
    def output_size(self) -> tuple[int, int]:
        """Cells (y, x) of the output: floor((H + 2 p - d (K - 1) - 1) / s) + 1."""
        (height, width), (high, wide) = self.padded_size, self.effective_kernel
        return (height - high) // self.stride + 1, (width - wide) // self.stride + 1

    @property
    def ratio(self) -> float:
        """Cost of the separable pair as a fraction of the standard convolution's: 1 / C_out + 1 / (K_h K_w).

        Howard et al. 2017, "MobileNets", section 3.1; the same for parameters and multiply-accumulates.
        """
        return 1 / self.out_channels + 1 / (self.kernel_height * self.kernel_width)

    def costs(self) -> dict[str, Cost]:
        """Costs by the formulas: `standard`, `depthwise`, `pointwise`, and the last two together, `separable`."""
        area = self.kernel_height * self.kernel_width
        weights = {
            "standard": self.in_channels * self.out_channels * area,
            "depthwise": self.in_channels * area,
            "pointwise": self.in_channels * self.out_channels,
        }
        rows, columns = self.output_size
        return _with_separable({name: Cost(count, count * rows * columns) for name, count in weights.items()})

    def counted(self) -> tuple[dict[str, Cost], tuple[int, int]]:
        """The same costs, and the output's size, counted on `torch.nn.Conv2d` modules.

        Parameters are those of the modules; multiply-accumulates are what `torch.utils.flop_counter` counts for their
        shapes; the size is that of the output of a module with one channel. The modules of all channels are on the
        meta device, which has shapes but no numbers: large ones cost nothing.
        """
        window = ((self.kernel_height, self.kernel_width), self.stride, self.cells_around, self.dilation)
        channels, size = self.in_channels, (self.height, self.width)
        with torch.inference_mode():
            output = tuple(nn.Conv2d(1, 1, *window)(torch.zeros(1, 1, *size)).shape[2:])
        with torch.device("meta"):
            modules = {
                "standard": nn.Conv2d(channels, self.out_channels, *window, bias=False),
                "depthwise": nn.Conv2d(channels, channels, *window, groups=channels, bias=False),
                "pointwise": nn.Conv2d(channels, self.out_channels, 1, bias=False),
            }
        read = {"standard": size, "depthwise": size, "pointwise": output}
        return _with_separable({kind: _count(modules[kind], read[kind], output) for kind in modules}), output


def _with_separable(costs: dict[str, Cost]) -> dict[str, Cost]:
    return {**costs, "separable": costs["depthwise"] + costs["pointwise"]}


def _count(module: nn.Conv2d, read: tuple[int, int], output: tuple[int, int]) -> Cost:
    shapes = [1, module.in_channels, *read], list(module.weight.shape), [1, module.out_channels, *output]
    operations = conv_flop_count(*shapes)  # two for each multiply-accumulate
    return Cost(sum(weight.numel() for weight in module.parameters()), operations // 2)
