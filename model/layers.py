"""The one description of a DigitNet's layers: what each reads, how it is computed, and whose weights it applies.

Everything else about layers is derived from this list: receptive fields, costs, maps, tables, names, titles. A new kind
of stage is added to `model.network` and to `_stage` below.

    image -> stem -> stages.0.depthwise -> stages.0.pointwise -> ... -> pool -> head

A layer here is a convolution together with what follows it: norm, residual, ReLU. Its map is what it passes on.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from model.network import NetworkConfig

IMAGE = "image"  # what the first layer reads

CONVOLUTIONS = ("standard", "depthwise", "pointwise")
JUNCTIONS = ("sum", "concatenation")  # which join several maps, without weights


@dataclass(frozen=True)
class Layer:
    """One layer and its map.

    Attributes:
        name: of its module in `net.named_modules()`, and of its map.
        kind: one of `CONVOLUTIONS` or `JUNCTIONS`, "pool" (the mean of each channel) or "linear".
        title: its name in sentences, "Stage 1 depthwise"; stages count from 1, as they do on the page.
        reads: names of the layers whose maps it reads, or `IMAGE`; several for a junction alone.
        in_channels: channels of what it reads.
        channels: channels of its map.
        kernel: side in taps; windows are square, with "same" padding.
        stride: distance of neighbouring cells of its map, in cells of what it reads.
        dilation: distance of neighbouring taps, in cells of what it reads.
        groups: into which the channels are divided; those of one group do not see the others.
        norm: whether a norm follows it: the module with its name and `_norm`.
        residual: name of the layer whose map is added to its own, or `IMAGE`, or None.
        rectified: whether a ReLU comes last.
        owner: name of the layer whose weights it applies: its own, unless it shares another's.
        stage: index of its stage, or None.
        output: name of the module whose output stands for it in gradients and receptive fields: for a stage's last
            layer the stage, `stages.0`; for the others the layer itself, before the norm and the ReLU.
    """

    name: str
    kind: str
    title: str
    reads: tuple[str, ...]
    in_channels: int
    channels: int
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    norm: bool = False
    residual: str | None = None
    rectified: bool = False
    owner: str = ""
    stage: int | None = None
    output: str = ""

    def __post_init__(self) -> None:
        for name in ("owner", "output"):
            object.__setattr__(self, name, getattr(self, name) or self.name)

    @property
    def is_convolution(self) -> bool:
        """Whether a window with weights slides over what it reads."""
        return self.kind in CONVOLUTIONS

    @property
    def has_places(self) -> bool:
        """Whether its map has places: pooled features and classes see the whole image, but not where."""
        return self.kind not in ("pool", "linear")

    @property
    def has_one_kernel_a_channel(self) -> bool:
        """Whether each channel of its map comes from one kernel on one map: a depthwise layer, or one on the image."""
        return self.kind == "depthwise" or self.reads == (IMAGE,)

    @property
    def norm_name(self) -> str | None:
        """The module of its norm, where it has one."""
        return f"{self.name}_norm" if self.norm else None

    @property
    def place(self) -> str:
        """Where it is: "Stage 1", or its title, such as "Stem", if it is not part of a stage."""
        return self.title if self.stage is None else f"Stage {self.stage + 1}"

    @property
    def weights(self) -> int:
        """Weights that go into each cell of its map, all channels together."""
        if self.kind == "linear" or self.is_convolution:
            return self.kernel**2 * (self.in_channels // self.groups) * self.channels
        return 0


@lru_cache(maxsize=256)
def layers_of(config: NetworkConfig) -> tuple[Layer, ...]:
    """The layers of a network, in the order in which they are computed."""
    stem = Layer(
        "stem",
        "standard",
        "Stem",
        (IMAGE,),
        in_channels=1,
        channels=config.stem_channels,
        kernel=config.stem_kernel,
        stride=config.stem_stride,
        norm=True,
        rectified=True,
    )
    layers = [stem]
    for index in range(len(config.stages)):
        layers += _stage(config, index, layers[-1])
    channels, classes = layers[-1].channels, len(config.classes)
    layers.append(Layer("pool", "pool", "Pooled features", (layers[-1].name,), channels, channels))
    layers.append(Layer("head", "linear", "Classes", ("pool",), channels, classes))
    return tuple(layers)


def _stage(config: NetworkConfig, index: int, before: Layer) -> list[Layer]:
    """The layers of one stage; the map of the last one is what the stage passes on."""
    stage, channels = config.stages[index], before.channels
    owner = index if stage.shares is None else stage.shares

    def part(name: str, kind: str, title: str, **fields: Any) -> Layer:
        return Layer(
            f"stages.{index}.{name}",
            kind,
            f"Stage {index + 1}{title}",
            norm=True,
            rectified=True,
            owner=f"stages.{owner}.{name}",
            stage=index,
            **fields,
        )

    def window(name: str, kind: str, title: str, dilation: int, **fields: Any) -> Layer:
        of_stage = {"in_channels": channels, "kernel": stage.kernel, "stride": stage.stride, "dilation": dilation}
        return part(name, kind, title, reads=(before.name,), **of_stage, **fields)

    if config.separable:
        own = {"channels": channels, "groups": channels}
        layers = [
            window(name, "depthwise", f" depthwise{f' {number}' if stage.branches else ''}", dilation, **own)
            for number, (name, dilation) in enumerate(zip(stage.depthwise_names, stage.dilations, strict=True), 1)
        ]
        if stage.branches:
            layers.append(_concatenation(index, layers))
        mixed = {"reads": (layers[-1].name,), "in_channels": layers[-1].channels, "channels": stage.channels}
        layers.append(part("pointwise", "pointwise", " pointwise", **mixed))
    else:
        layers = [window("conv", "standard", "", stage.dilation, channels=stage.channels)]
    residual = before.name if stage.stride == 1 and stage.channels == channels else None
    layers[-1] = replace(layers[-1], output=f"stages.{index}", residual=residual)
    return layers


def _concatenation(index: int, branches: list[Layer]) -> Layer:
    """Joins the maps of a multi-scale stage."""
    channels = sum(branch.channels for branch in branches)
    return Layer(
        f"stages.{index}.concatenation",
        "concatenation",
        f"Stage {index + 1} at every scale",
        tuple(branch.name for branch in branches),
        channels,
        channels,
        stage=index,
    )


def layer_names(config: NetworkConfig) -> list[str]:
    """The names of the layers, and of their maps, in the order in which they are computed."""
    return [layer.name for layer in layers_of(config)]


def layer_named(config: NetworkConfig, name: object) -> Layer:
    """The layer of that name.

    Raises:
        ValueError: there is no such layer.
    """
    for layer in layers_of(config):
        if layer.name == name:
            return layer
    raise ValueError(f"There is no layer {name!r}; expected one of {', '.join(layer_names(config))}.")


def parts_of(config: NetworkConfig) -> list[list[Layer]]:
    """The stem, then every stage, each as the list of its layers."""
    parts: dict[int | None, list[Layer]] = {}
    for layer in layers_of(config):
        if layer.has_places:
            parts.setdefault(layer.stage, []).append(layer)
    return list(parts.values())


def milestones(config: NetworkConfig) -> list[Layer]:
    """The stem and the last layer of every stage: what stages read and pass on."""
    return [part[-1] for part in parts_of(config)]
