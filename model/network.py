"""What the network is: a stem, stages of depthwise-separable dilated convolution, global pooling, a linear head.

    image (1, 28, 28) -> stem -> stage 0 -> ... -> stage n -> pool -> head -> logits

    stage:  depthwise k x k, dilation d -> norm -> ReLU -> pointwise 1 x 1 -> norm -> (+ input) -> ReLU

A depthwise convolution looks at each channel by itself, a pointwise one at all channels of one place. Dilation spreads
the taps of the depthwise kernel d cells apart: the field grows, the number of weights does not.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from model.checks import check_whole
from model.stages import MultiScaleStage, SeparableStage, StageConfig, StandardStage, normed, rectified

DIGITS = tuple("0123456789")

# Pixels are scaled, not shifted: the paper stays 0, so that zero padding goes on with paper, not with a grey frame.
PIXEL_SCALE = 1 / 0.3081  # the standard deviation of MNIST's training pixels, in 0..1

MAX_CHANNELS = 1024
MAX_KERNEL = 15
MAX_DILATION = 14
MAX_STRIDE = 4
MAX_STAGES = 32
MAX_BRANCHES = 4
MAX_CLASSES = 100


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that the shape of a network depends on. Checked when it is made.

    Attributes:
        stem_channels: output channels of the stem, an ordinary convolution of the image.
        stem_kernel: side of the stem's kernel, odd.
        stem_stride: 1 keeps 28 x 28 cells, 2 leaves 14 x 14.
        stages: the blocks, first to last.
        classes: names of the classes, in the order of the logits.
        separable: False puts one standard k x k convolution of the same dilation in the place of each
            depthwise-pointwise pair, for comparison.

    Raises:
        ValueError: names the field and says what is allowed.
    """

    stem_channels: int
    stem_kernel: int = 5
    stem_stride: int = 2
    stages: tuple[StageConfig, ...] = field(default_factory=tuple)
    classes: tuple[str, ...] = DIGITS
    separable: bool = True

    def __post_init__(self) -> None:
        check_whole("stem_channels", self.stem_channels, 1, MAX_CHANNELS)
        _check_kernel("stem_kernel", self.stem_kernel)
        check_whole("stem_stride", self.stem_stride, 1, MAX_STRIDE)
        if not 1 <= len(self.stages) <= MAX_STAGES:
            raise ValueError(f"stages has {len(self.stages)} entries; expected 1 to {MAX_STAGES}.")
        if not 1 <= len(self.classes) <= MAX_CLASSES or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes has to name 1 to {MAX_CLASSES} different classes.")
        if not all(isinstance(name, str) and name for name in self.classes):
            raise ValueError("classes has to name every class with text.")
        if not isinstance(self.separable, bool):
            raise ValueError(f"separable is {self.separable!r}; expected true or false.")
        for index, stage in enumerate(self.stages):
            self._check_stage(index, stage)

    def undilated(self) -> "NetworkConfig":
        """The same network with every dilation 1: as many weights, and a narrower field."""
        ones = (replace(each, dilation=1, branches=(1,) * len(each.branches)) for each in self.stages)
        return replace(self, stages=tuple(ones))

    def _check_stage(self, index: int, stage: StageConfig) -> None:
        name = f"stages[{index}]"
        check_whole(f"{name}.channels", stage.channels, 1, MAX_CHANNELS)
        _check_kernel(f"{name}.kernel", stage.kernel)
        check_whole(f"{name}.dilation", stage.dilation, 1, MAX_DILATION)
        check_whole(f"{name}.stride", stage.stride, 1, MAX_STRIDE)
        self._check_branches(name, stage)
        if stage.shares is None:
            return
        check_whole(f"{name}.shares", stage.shares, 0, index - 1)
        owner = self.stages[stage.shares]
        same = (owner.channels, owner.kernel, len(owner.branches), self.input_channels(stage.shares)) == (
            stage.channels,
            stage.kernel,
            len(stage.branches),
            self.input_channels(index),
        )
        if owner.shares is not None or not same:
            raise ValueError(f"{name}.shares has to name a stage with its own weights of the same kernel and channels.")

    def _check_branches(self, name: str, stage: StageConfig) -> None:
        if not isinstance(stage.branches, tuple) or len(stage.branches) >= MAX_BRANCHES:
            raise ValueError(f"{name}.branches has to list at most {MAX_BRANCHES - 1} further dilations.")
        for dilation in stage.branches:
            check_whole(f"{name}.branches", dilation, 1, MAX_DILATION)
        if stage.branches and not self.separable:
            raise ValueError(f"{name}.branches are depthwise convolutions; a network of standard ones has none.")

    def input_channels(self, index: int) -> int:
        """Channels that stage `index` reads."""
        return self.stem_channels if index == 0 else self.stages[index - 1].channels

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back. Only multi-scale stages list branches."""
        values = asdict(self)
        for stage in values["stages"]:
            if not stage["branches"]:
                del stage["branches"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "NetworkConfig":
        """The inverse of `to_dict`.

        Raises:
            ValueError: a field is missing, unknown or out of its range.
        """
        try:
            stages = tuple(
                StageConfig(**{**stage, "branches": tuple(stage.get("branches", ()))}) for stage in values["stages"]
            )
            return cls(**{**values, "stages": stages, "classes": tuple(values["classes"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"Not a valid network configuration: {error}.") from error


def _check_kernel(name: str, value: object) -> None:
    if check_whole(name, value, 1, MAX_KERNEL) % 2 == 0:
        raise ValueError(f"{name} is {value}; expected an odd number, so that fields stay centred.")


def build_stem(config: NetworkConfig) -> nn.Conv2d:
    """The ordinary convolution of the image, which comes first."""
    return nn.Conv2d(
        1, config.stem_channels, config.stem_kernel, config.stem_stride, config.stem_kernel // 2, bias=False
    )


def build_stages(config: NetworkConfig) -> nn.ModuleList:
    """The stages of a network, first to last, those that share weights sharing them."""
    stages: list[SeparableStage | MultiScaleStage | StandardStage] = []
    for index, stage in enumerate(config.stages):
        kind = (MultiScaleStage if stage.branches else SeparableStage) if config.separable else StandardStage
        stages.append(kind(config.input_channels(index), stage))
        if stage.shares is not None:
            stages[index].share(stages[stage.shares])
    return nn.ModuleList(stages)


class DigitNet(nn.Module):
    """Reads 28 x 28 images of ink on paper.

    Args:
        config: its shape.

    The input is uint8 (N, 1, 28, 28) from 0 (paper) to 255 (ink), or float from 0 to 1; it is normalised here and
    nowhere else. The output is logits (N, classes); `temperature` is what they are divided by before softmax, and
    `familiar_energy` and `familiar_evidence` are the thresholds of `model.familiarity`, below which an image is unlike
    what was learned. `model.metrics.calibrate` sets all three.
    """

    temperature: Tensor
    familiar_energy: Tensor
    familiar_evidence: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = build_stem(config)
        self.stem_norm = nn.BatchNorm2d(config.stem_channels)
        self.stages = build_stages(config)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(config.stages[-1].channels, len(config.classes))
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("familiar_energy", torch.tensor(-1e4))
        self.register_buffer("familiar_evidence", torch.tensor(-1e4))

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the logits."""
        return list(self.config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))  # (N, classes)

    def features(self, x: Tensor) -> Tensor:
        """What the head reads of each image: (N, 1, 28, 28) -> (N, C)."""
        return self.features_from(0, self.maps_before(0, x))

    def maps_before(self, stage: int, x: Tensor) -> Tensor:
        """What a stage reads of each image: (N, 1, 28, 28) -> (N, C, H, W)."""
        if x.dtype == torch.uint8:
            x = x / 255
        x = x * PIXEL_SCALE
        x = rectified(normed(self.stem, self.stem_norm, x))  # (N, C, 28 / s, 28 / s)
        for each in self.stages[:stage]:
            x = each(x)  # (N, C, H, W)
        return x

    def features_from(self, stage: int, maps: Tensor) -> Tensor:
        """What the head reads, from what a stage reads: (N, C, H, W) -> (N, C)."""
        for each in self.stages[stage:]:
            maps = each(maps)  # (N, C, H, W)
        return self.pool(maps).flatten(1)


def count_parameters(net: nn.Module) -> int:
    """Trainable parameters; shared weights count once."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def _stages(channels: int, dilations: str, shares: dict[int, int] | None = None) -> tuple[StageConfig, ...]:
    shares = shares or {}
    return tuple(StageConfig(channels, dilation=int(d), shares=shares.get(index)) for index, d in enumerate(dilations))


PRESETS: dict[str, NetworkConfig] = {
    "nano": NetworkConfig(9, stem_kernel=3, stages=_stages(9, "123123", {1: 0, 2: 0, 4: 3, 5: 3})),
    "tiny": NetworkConfig(16, stages=_stages(16, "123123", {3: 0, 4: 1, 5: 2})),
    "small": NetworkConfig(32, stages=_stages(32, "12312", {4: 1})),
    "base": NetworkConfig(64, stages=_stages(64, "1231")),
    "large": NetworkConfig(96, stages=_stages(96, "12312")),
}
