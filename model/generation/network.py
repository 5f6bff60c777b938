"""The network that draws: separable dilated stages that say what an image was before noise was laid over it.

    noisy image, known image, mask (3, 28, 28)
      -> stem -> stages (C, 14, 14) -> down -> middle stages (M, 7, 7) -> up, + what went down -> stages (C, 14, 14)
      -> head -> clean image (1, 28, 28)

    stage:  depthwise k x k, dilation d -> norm -> scale, shift -> pointwise -> SiLU -> project -> + input

It is a small U-Net (Ronneberger et al. 2015): cells of two pixels for the pen's line, cells of four for the digit's
shape. How much noise there is and which digit is wanted reach every stage as a scale and a shift of each channel (Perez
et al., "FiLM", AAAI 2018). The norm is taken over the channels of one place (as in Liu et al., "A ConvNet for the
2020s", CVPR 2022, section 2.6), never over places: a cell knows nothing that its receptive field does not contain.
"""

import math
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.checks import check_whole
from model.depthwise import DepthwiseConv2d
from model.drawing.strokes import IMAGE_SIZE
from model.network import DIGITS, MAX_CHANNELS, MAX_CLASSES, MAX_DILATION, MAX_KERNEL, MAX_STAGES

PATCH = 2  # pixels a side that a cell of the outer stages stands for, and of these cells one of the middle
STEM_KERNEL = 4
HEAD_KERNEL = 3
INPUTS = 3  # noisy image, known image, mask
FREQUENCIES = 16  # of the sines and cosines that stand for the time
FASTEST = 200.0  # half turns of the fastest from noise to image
DILATIONS = ("descending", "middle", "ascending")  # fields of the configuration


@dataclass(frozen=True)
class GeneratorConfig:
    """Everything that the shape of a generator depends on. Checked when it is made.

    Attributes:
        channels: of the stem and of the outer stages.
        middle_channels: of the middle stages.
        kernel: side k of the depthwise kernels, odd.
        descending: dilations of the outer stages before the middle, in cells of two pixels.
        middle: dilations of the middle stages, in cells of four pixels.
        ascending: dilations of the outer stages after the middle, in cells of two pixels.
        condition: numbers that stand for time and class.
        classes: names of what it can be asked for.

    Raises:
        ValueError: names the field and says what is allowed.
    """

    channels: int = 48
    middle_channels: int = 128
    kernel: int = 3
    descending: tuple[int, ...] = (1, 2)
    middle: tuple[int, ...] = (1, 2, 3)
    ascending: tuple[int, ...] = (2, 1)
    condition: int = 32
    classes: tuple[str, ...] = DIGITS

    def __post_init__(self) -> None:
        for name in ("channels", "middle_channels", "condition"):
            check_whole(name, getattr(self, name), 1, MAX_CHANNELS)
        if check_whole("kernel", self.kernel, 1, MAX_KERNEL) % 2 == 0:
            raise ValueError(f"kernel is {self.kernel}; expected an odd number, so that fields stay centred.")
        for name in DILATIONS:
            if len(getattr(self, name)) > MAX_STAGES:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries; expected at most {MAX_STAGES}.")
            for index, dilation in enumerate(getattr(self, name)):
                check_whole(f"{name}[{index}]", dilation, 1, MAX_DILATION)
        if not 1 <= len(self.classes) <= MAX_CLASSES or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes has to name 1 to {MAX_CLASSES} different classes.")
        if not all(isinstance(name, str) and name for name in self.classes):
            raise ValueError("classes has to name every class with text.")

    def undilated(self) -> "GeneratorConfig":
        """The same network, of the same size, with every dilation 1."""
        parts = self.descending, self.middle, self.ascending
        descending, middle, ascending = ((1,) * len(part) for part in parts)
        return replace(self, descending=descending, middle=middle, ascending=ascending)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "GeneratorConfig":
        """The inverse of `to_dict`.

        Raises:
            ValueError: a field is unknown or out of its range.
        """
        try:
            return cls(**values | {name: tuple(values[name]) for name in (*DILATIONS, "classes")})
        except (TypeError, KeyError) as error:
            raise ValueError(f"Not a valid generator configuration: {error}.") from error


class GeneratorStage(nn.Module):
    """Depthwise -> norm -> scale, shift -> pointwise -> SiLU -> project -> + input."""

    def __init__(self, config: GeneratorConfig, channels: int, dilation: int) -> None:
        super().__init__()
        self.depthwise = DepthwiseConv2d(channels, config.kernel, dilation)
        self.norm = ChannelNorm(channels)
        self.modulation = nn.Linear(config.condition, 2 * channels)
        self.pointwise = nn.Conv2d(channels, channels, 1)
        self.project = nn.Conv2d(channels, channels, 1)
        for layer in (self.modulation, self.project):  # at first a stage passes on what it reads
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    @property
    def dilation(self) -> int:
        """Distance of neighbouring taps, in cells."""
        return self.depthwise.dilation[0]

    @property
    def kernel(self) -> int:
        """Side of the depthwise kernel, in taps."""
        return self.depthwise.kernel_size[0]

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x (N, C, H, W), condition (N, E) -> (N, C, H, W)."""
        scale, shift = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)  # (N, C, 1, 1) each
        y = torch.addcmul(shift, self.norm(self.depthwise(x)), 1 + scale)
        return x + self.project(F.silu(self.pointwise(y)))


class ChannelNorm(nn.Module):
    """Mean 0 and deviation 1 over the channels of each place; scale and shift are left to whoever follows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape; nothing is moved where the channels lie last in memory."""
        return F.layer_norm(x.permute(0, 2, 3, 1), (self.channels,)).permute(0, 3, 1, 2)


class DigitGenerator(nn.Module):
    """Says what a noisy image was before the noise.

    Attributes:
        config: its shape.
        classes: what it can be asked for.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        channels, condition = config.channels, config.condition
        self.time = nn.Linear(2 * FREQUENCIES, condition)
        self.digit = nn.Embedding(len(config.classes) + 1, condition)  # the last stands for any digit
        self.mix = nn.Linear(condition, condition)
        self.stem = nn.Conv2d(INPUTS, channels, STEM_KERNEL, PATCH, (STEM_KERNEL - PATCH) // 2)
        outer, middle = config.channels, config.middle_channels
        widths = [outer] * len(config.descending) + [middle] * len(config.middle) + [outer] * len(config.ascending)
        dilations = config.descending + config.middle + config.ascending
        self.stages = nn.ModuleList(map(partial(GeneratorStage, config), widths, dilations))
        self.down = nn.Conv2d(outer, middle, PATCH, PATCH)
        self.up = nn.Conv2d(middle, outer, 1)
        self.norm = ChannelNorm(channels)
        self.head = nn.Conv2d(channels, PATCH**2, HEAD_KERNEL, padding=HEAD_KERNEL // 2)
        nn.init.zeros_(self.head.weight)

    @property
    def classes(self) -> list[str]:
        """Names of what it can be asked for, in the order of `forward`'s digits."""
        return list(self.config.classes)

    def forward(self, images: Tensor, times: Tensor, digits: Tensor) -> Tensor:
        """What the images were before the noise.

        Args:
            images: (N, 3, 28, 28): the noisy image, the known image (0 where nothing is known) and the mask (1 where it
                is known); ink 1 on paper -1.
            times: (N,) from 0, noise alone, to 1, none.
            digits: int64 (N,), indices of classes, `len(classes)` for any; or float (N, len(classes) + 1), shares of
                each, for what lies between two.

        Returns:
            (N, 1, 28, 28), ink 1 on paper -1.
        """
        x, condition = self.stem(images), self.condition(times, digits)  # (N, C, 14, 14), (N, E)
        first, last = len(self.config.descending), len(self.stages) - len(self.config.ascending)
        for stage in self.stages[:first]:
            x = stage(x, condition)
        y = self.down(x)  # (N, M, 7, 7)
        for stage in self.stages[first:last]:
            y = stage(y, condition)
        x = x + F.interpolate(self.up(y), scale_factor=PATCH, mode="nearest")  # (N, C, 14, 14)
        for stage in self.stages[last:]:
            x = stage(x, condition)
        return F.pixel_shuffle(self.head(F.silu(self.norm(x))), PATCH)

    def condition(self, times: Tensor, digits: Tensor) -> Tensor:
        """Times and digits, as in `forward`, as the vectors (N, E) that scales and shifts are made of."""
        turns = torch.linspace(0, math.log(FASTEST), FREQUENCIES, device=times.device).exp() * math.pi
        angles = times[:, None] * turns  # (N, F)
        waves = torch.cat([angles.sin(), angles.cos()], dim=1)
        wanted = digits @ self.digit.weight if digits.is_floating_point() else self.digit(digits)
        return F.silu(self.mix(F.silu(self.time(waves) + wanted)))


def blank_input(count: int) -> Tensor:
    """Inputs of the right shape: (N, 3, 28, 28), nothing known."""
    return torch.zeros(count, INPUTS, IMAGE_SIZE, IMAGE_SIZE)
