"""What a network costs: parameters, and multiply-accumulates for one image, by closed formulas.

A k x k convolution from C to C' channels in G groups has k k C C' / G weights and applies each of them once for every
cell of its output, padding included. Norms can be folded into the convolution before them; they, the activations and
the pool count no multiply-accumulates, as in Howard et al., "MobileNets" (2017).
"""

from dataclasses import dataclass
from math import prod

from model.layers import receptive_field
from model.network import DigitNet, NetworkConfig


@dataclass(frozen=True)
class LayerComplexity:
    """The cost of one layer.

    Attributes:
        parameters: trainable numbers of its own; 0 in a stage that applies those of an earlier one.
        multiply_accumulates: for one image.
        map_size: cells (y, x) of its output.
    """

    parameters: int
    multiply_accumulates: int
    map_size: tuple[int, int]


@dataclass(frozen=True)
class Complexity:
    """The cost of a network.

    Shared weights count once as parameters; every application of them counts as multiply-accumulates.

    Attributes:
        layers: by the names of `net.named_modules()` that contain no others, first to last.
    """

    layers: dict[str, LayerComplexity]

    @property
    def parameters(self) -> int:
        """Trainable numbers of the whole network."""
        return sum(layer.parameters for layer in self.layers.values())

    @property
    def multiply_accumulates(self) -> int:
        """Of the whole network, for one image."""
        return sum(layer.multiply_accumulates for layer in self.layers.values())


def complexity(net: DigitNet) -> Complexity:
    """Parameters and multiply-accumulates of every layer of a network, for one 28 x 28 image."""
    config = net.config
    shared = {f"stages.{index}" for index, stage in enumerate(config.stages) if stage.shares is not None}
    layers = {}
    for name, (weights, others) in _weights(config).items():
        map_size = receptive_field(net, name).map_size
        own = 0 if name.rpartition(".")[0] in shared else weights + others
        layers[name] = LayerComplexity(own, weights * prod(map_size), map_size)
    return Complexity(layers)


def stage_weights(in_channels: int, out_channels: int, kernel: int, separable: bool) -> dict[str, int]:
    """Weights of a stage's convolutions; each is applied once for every cell of the output, whatever the dilation.

    Args:
        in_channels: C.
        out_channels: C'.
        kernel: side k.
        separable: depthwise and pointwise, k k C + C C', instead of one standard convolution, k k C C'.
    """
    if separable:
        return {"depthwise": kernel**2 * in_channels, "pointwise": in_channels * out_channels}
    return {"conv": kernel**2 * in_channels * out_channels}


def _weights(config: NetworkConfig) -> dict[str, tuple[int, int]]:
    """By layer: weights that every output cell applies once, and the parameters besides (of norms, biases)."""
    layers = {
        "stem": (config.stem_kernel**2 * config.stem_channels, 0),
        "stem_norm": (0, 2 * config.stem_channels),
    }
    for index, stage in enumerate(config.stages):
        name, channels = f"stages.{index}", config.input_channels(index)
        weights = stage_weights(channels, stage.channels, stage.kernel, config.separable)
        for part, count in weights.items():
            layers[f"{name}.{part}"] = (count, 0)
            layers[f"{name}.{part}_norm"] = (0, 2 * (channels if part == "depthwise" else stage.channels))
    layers["pool"] = (0, 0)
    layers["head"] = (config.stages[-1].channels * len(config.classes), len(config.classes))
    return layers
