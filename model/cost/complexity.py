"""What a network costs: parameters, and multiply-accumulates for one image, by closed formulas.

A k x k convolution from C to C' channels in G groups has k k C C' / G weights and applies each of them once for every
cell of its output, padding included. Norms can be folded into the convolution before them; they, the activations and
the pool count no multiply-accumulates, as in Howard et al., "MobileNets" (2017).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from model.fields.layer_fields import receptive_field_in
from model.layers import layers_of
from model.network import DigitNet, NetworkConfig


@dataclass(frozen=True)
class LayerComplexity:
    """The cost of one layer.

    Attributes:
        parameters: trainable numbers of its own; 0 in a stage that applies an earlier one's.
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
        """Multiply-accumulates of the whole network, for one image."""
        return sum(layer.multiply_accumulates for layer in self.layers.values())


def complexity(net: DigitNet) -> Complexity:
    """Parameters and multiply-accumulates of every layer of a network, for one 28 x 28 image."""
    return complexity_of(net.config)


@lru_cache(maxsize=256)
def complexity_of(config: NetworkConfig) -> Complexity:
    """As `complexity`, without building the network."""
    layers = {}
    for layer in layers_of(config):
        map_size = receptive_field_in(config, layer.name).map_size
        own = layer.owner == layer.name
        biases = layer.channels if layer.kind == "linear" else 0
        cost = LayerComplexity((layer.weights + biases) * own, layer.weights * prod(map_size), map_size)
        if layer.kind != "sum":  # which has no module of its own
            layers[layer.name] = cost
        if layer.norm_name:
            layers[layer.norm_name] = LayerComplexity(2 * layer.channels * own, 0, map_size)
    return Complexity(layers)
