"""What a network is built of: stages of one depthwise convolution, of several side by side, or of a standard one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.depthwise import DepthwiseConv2d


@dataclass(frozen=True)
class StageConfig:
    """One separable dilated block.

    Attributes:
        channels: output channels.
        kernel: side k of the depthwise kernel, odd.
        dilation: distance of neighbouring taps, in cells of the stage's input.
        stride: distance of neighbouring outputs, in cells of the stage's input.
        shares: index of an earlier stage whose weights this one applies again, or None for its own.
            Each application keeps its own dilation and its own running statistics.
        branches: dilations of further depthwise convolutions beside the first, which make the stage a multi-scale one.
    """

    channels: int
    kernel: int = 3
    dilation: int = 1
    stride: int = 1
    shares: int | None = None
    branches: tuple[int, ...] = ()

    @property
    def dilations(self) -> tuple[int, ...]:
        """Of its depthwise convolutions, side by side: one, or several in a multi-scale stage."""
        return (self.dilation, *self.branches)

    @property
    def written(self) -> str:
        """Its dilations, as people write them: "2", or "1 + 2 + 4" side by side."""
        return " + ".join(map(str, self.dilations))

    @property
    def depthwise_names(self) -> tuple[str, ...]:
        """Of the modules of its depthwise convolutions."""
        if not self.branches:
            return ("depthwise",)
        return tuple(f"depthwise_{index}" for index in range(len(self.dilations)))


_folds: ContextVar[bool] = ContextVar("folds", default=False)


@contextmanager
def folded_norms() -> Iterator[None]:
    """Within this context, norms in eval mode take no time of their own, and their modules are not called.

    A norm that stands still is a scale and a shift of each channel: the filters before it take them in (Jacob et al.,
    "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section
    3.2), and the maps are gone through once less. Gradients reach the same weights.
    """
    token = _folds.set(True)
    try:
        yield
    finally:
        _folds.reset(token)


def rectified(x: Tensor) -> Tensor:
    """max(x, 0); within `folded_norms` it overwrites `x`."""
    return F.relu(x, inplace=_folds.get())


def normed(convolution: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    """A convolution without bias and the norm after it: (N, C_in, H, W) -> (N, C_out, H / s, W / s)."""
    if norm.training or not _folds.get():
        return norm(convolution(x))
    return filtered(convolution, x, *folded(convolution, norm))


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight (C_out, C_in / groups, k, k) and bias (C_out,) of a convolution that takes in the norm after it."""
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    scale = norm.weight * torch.rsqrt(variance + norm.eps)  # (C_out,)
    return convolution.weight * scale[:, None, None, None], norm.bias - mean * scale


def filtered(convolution: nn.Conv2d, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """What a convolution makes of a map with other filters: (N, C_in, H, W) -> (N, C_out, H / s, W / s)."""
    if isinstance(convolution, DepthwiseConv2d):
        return convolution.filtered(x, weight, bias)
    return F.conv2d(x, weight, bias, convolution.stride, convolution.padding, convolution.dilation, convolution.groups)


class SeparableStage(nn.Module):
    """Depthwise k x k with dilation d -> norm -> ReLU -> pointwise 1 x 1 -> norm -> (+ input) -> ReLU."""

    def __init__(self, in_channels: int, config: StageConfig) -> None:
        super().__init__()
        self.config = config
        self.depthwise = DepthwiseConv2d(in_channels, config.kernel, config.dilation, config.stride)
        self.depthwise_norm = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, config.channels, 1, bias=False)
        self.pointwise_norm = nn.BatchNorm2d(config.channels)
        self.residual = config.stride == 1 and in_channels == config.channels

    @property
    def dilation(self) -> int:
        """Distance of neighbouring taps, in cells."""
        return self.config.dilation

    @property
    def kernel(self) -> int:
        """Side of the depthwise kernel, in taps."""
        return self.config.kernel

    def forward(self, x: Tensor) -> Tensor:
        y = rectified(normed(self.depthwise, self.depthwise_norm, x))  # (N, C_in, H / s, W / s)
        y = normed(self.pointwise, self.pointwise_norm, y)  # (N, C_out, H / s, W / s)
        return rectified(x + y if self.residual else y)

    def share(self, owner: nn.Module) -> None:
        """Apply `owner`'s weights: one parameter, two places."""
        for name in ("depthwise", "depthwise_norm", "pointwise", "pointwise_norm"):
            _share_parameters(getattr(self, name), getattr(owner, name))


class Concatenation(nn.Module):
    """Maps of the same size, one after the other: (N, C, H, W) each -> (N, sum of C, H, W)."""

    def forward(self, *maps: Tensor) -> Tensor:
        return torch.cat(maps, 1)


class MultiScaleStage(nn.Module):
    """Several depthwise k x k of different dilations -> norms -> ReLUs -> all maps -> pointwise -> (+ input) -> ReLU.

    Parallel dilations see the same place at several scales, as atrous spatial pyramid pooling does (Chen et al.,
    "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017, section 3.3); the pointwise convolution
    weighs them against each other.
    """

    def __init__(self, in_channels: int, config: StageConfig) -> None:
        super().__init__()
        self.config = config
        self.branches = config.depthwise_names
        for name, dilation in zip(self.branches, config.dilations, strict=True):
            self.add_module(name, DepthwiseConv2d(in_channels, config.kernel, dilation, config.stride))
            self.add_module(f"{name}_norm", nn.BatchNorm2d(in_channels))
        self.concatenation = Concatenation()
        self.pointwise = nn.Conv2d(in_channels * len(self.branches), config.channels, 1, bias=False)
        self.pointwise_norm = nn.BatchNorm2d(config.channels)
        self.residual = config.stride == 1 and in_channels == config.channels

    @property
    def dilation(self) -> int:
        """Distance of neighbouring taps of the branch that reaches farthest, in cells."""
        return max(self.config.dilations)

    kernel = SeparableStage.kernel

    def forward(self, x: Tensor) -> Tensor:
        maps = [rectified(normed(getattr(self, name), getattr(self, f"{name}_norm"), x)) for name in self.branches]
        y = normed(self.pointwise, self.pointwise_norm, self.concatenation(*maps))  # (N, C_out, H / s, W / s)
        return rectified(x + y if self.residual else y)

    def share(self, owner: nn.Module) -> None:
        """Apply `owner`'s weights: one parameter, two places."""
        for name in (*self.branches, "pointwise"):
            _share_parameters(getattr(self, name), getattr(owner, name))
            _share_parameters(getattr(self, f"{name}_norm"), getattr(owner, f"{name}_norm"))


class StandardStage(nn.Module):
    """Standard k x k convolution with dilation d -> norm -> (+ input) -> ReLU, to compare separable stages with."""

    def __init__(self, in_channels: int, config: StageConfig) -> None:
        super().__init__()
        self.config = config
        padding = config.dilation * (config.kernel // 2)
        self.conv = nn.Conv2d(
            in_channels, config.channels, config.kernel, config.stride, padding, config.dilation, bias=False
        )
        self.conv_norm = nn.BatchNorm2d(config.channels)
        self.residual = config.stride == 1 and in_channels == config.channels

    dilation = SeparableStage.dilation
    kernel = SeparableStage.kernel

    def forward(self, x: Tensor) -> Tensor:
        y = normed(self.conv, self.conv_norm, x)  # (N, C_out, H / s, W / s)
        return rectified(x + y if self.residual else y)

    def share(self, owner: nn.Module) -> None:
        """Apply `owner`'s weights: one parameter, two places."""
        for name in ("conv", "conv_norm"):
            _share_parameters(getattr(self, name), getattr(owner, name))


def _share_parameters(module: nn.Module, owner: nn.Module) -> None:
    for name, parameter in owner.named_parameters():
        setattr(module, name, parameter)
