"""The network that reads lines: a stem and separable dilated stages, as for one digit, and heads for every cell.

    strip (1, 28, W) -> stem -> stages -> heads, at every cell of 2 x 2 pixels:
        centre   how likely a digit has its middle here
        box      how far it reaches from here: up, left, down, right, in pixels
        digit    which digit it is, or something unlike any
        pixels   which digit the ink of each of the cell's pixels belongs to

Any width, one pass: nothing is pooled over the strip, so that a cell answers for its own surroundings alone. Detection
is anchor-free: centres as in Zhou, Wang, Krähenbühl, "Objects as Points" (2019), boxes as distances to their sides as
in Tian et al., "FCOS" (ICCV 2019). Paper needs no class among the pixels': where there is no ink, there is paper.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.network import DIGITS, PIXEL_SCALE, NetworkConfig, build_stages, build_stem
from model.stages import StageConfig

UNLIKE_NAME = "unlike"
ANSWERS = (*DIGITS, UNLIKE_NAME)  # of the heads: a digit, or something else
BOX_SCALE = 4.0  # pixels of a box's side for one unit of the head's output
RARE = -4.0  # bias of the centre head at the start: few cells are centres (Lin et al. 2017, section 3.3)


class LineOutput(NamedTuple):
    """What the network says of a batch of strips, cell by cell; Hc = 28 / stride, Wc = W / stride, rounded up.

    Attributes:
        centre: (N, Hc, Wc), logits.
        box: (N, 4, Hc, Wc), distances to the top, left, bottom and right side, in pixels, above 0.
        digit: (N, 11, Hc, Wc), logits of `ANSWERS`.
        pixels: (N, 11, H, W), logits of `ANSWERS` for each pixel.
    """

    centre: Tensor
    box: Tensor
    digit: Tensor
    pixels: Tensor


class LineNet(nn.Module):
    """Reads strips of ink on paper, 28 pixels high and of any width.

    Args:
        config: the shape of its stem and stages; its classes are the ten digits.

    The input is uint8 (N, 1, 28, W), or float from 0 to 1; it is normalised here and nowhere else. `temperature` is
    what the logits of the digits are divided by before softmax.
    """

    temperature: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = build_stem(config)
        self.stem_norm = nn.BatchNorm2d(config.stem_channels)
        self.stages = build_stages(config)
        self.stride = config.stem_stride
        for stage in config.stages:
            self.stride *= stage.stride
        channels, answers = config.stages[-1].channels, len(ANSWERS)
        self.parts = (1, 4, answers, answers * self.stride**2)
        self.head = nn.Conv2d(channels, sum(self.parts), 1)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.head.bias[0] = RARE  # type: ignore[index]
        self.register_buffer("temperature", torch.ones(()))

    @property
    def classes(self) -> list[str]:
        """Names of the digits, in the order of the logits."""
        return list(self.config.classes)

    def forward(self, x: Tensor) -> LineOutput:
        height, width = x.shape[-2:]
        if x.dtype == torch.uint8:
            x = x / 255
        x = F.relu(self.stem_norm(self.stem(x * PIXEL_SCALE)))  # (N, C, H / 2, W / 2)
        for stage in self.stages:
            x = stage(x)  # (N, C, Hc, Wc)
        centre, box, digit, pixels = self.head(x).split(self.parts, 1)
        pixels = F.pixel_shuffle(pixels, self.stride)[..., :height, :width]
        return LineOutput(centre[:, 0], F.softplus(box) * BOX_SCALE, digit, pixels)


def line_config(dilations: str = "1 2 3 1 124 2 1", channels: int = 64, strides: str = "") -> NetworkConfig:
    """The shape of a network for lines.

    Args:
        dilations: of the stages; several digits together make a multi-scale stage of so many branches.
        channels: of the stem and all stages.
        strides: of the stages, a digit each; default: 1 everywhere.
    """
    parts = dilations.split()
    steps = strides or "1" * len(parts)
    return NetworkConfig(
        channels,
        stages=tuple(
            StageConfig(channels, dilation=int(part[0]), stride=int(step), branches=tuple(map(int, part[1:])))
            for part, step in zip(parts, steps, strict=True)
        ),
    )


# The network, and two to compare it with: without dilation, and with stride in its place (more field, fewer cells).
LINES: dict[str, NetworkConfig] = {
    "line": line_config("1 2 3 1 2 4 124 1"),
    "line-undilated": line_config("1 1 1 1 1 1 111 1"),
    "line-strided": line_config("1 1 1 1 1 1 111 1", strides="11211111"),
}
