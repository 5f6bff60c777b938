"""How the value of one cell comes about, number by number.

Whatever the layer, a cell is max(0, scale * (sum of inputs times weights) + shift + residual). Depthwise, pointwise and
standard convolution differ in which inputs they read. Scale and shift are the norm, folded: with running mean m and
variance v, gamma (s - m) / sqrt(v + eps) + beta is scale * s + shift for scale = gamma / sqrt(v + eps) and
shift = beta - m * scale (Ioffe and Szegedy 2015, algorithm 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from model.fields.receptive_field import Cell
from model.layer_maps import map_layers, source_layer
from model.layers import receptive_field
from model.network import DigitNet


@dataclass(frozen=True, eq=False)
class CellArithmetic:
    """One cell's value, taken apart. All numbers are float64.

    Attributes:
        inputs: (C, k, k) what each weight is multiplied with; 0 where a tap lies in the padding.
        weights: (C, k, k).
        inside: bool (k, k), the taps that lie on the map rather than in its padding.
        scale: factor of the sum.
        shift: added to the scaled sum; of the head, its bias.
        residual: what the stage read at this cell, where it is added; else None.
        rectified: whether negative values become 0.
    """

    inputs: np.ndarray
    weights: np.ndarray
    inside: np.ndarray
    scale: float = 1.0
    shift: float = 0.0
    residual: float | None = None
    rectified: bool = False

    @property
    def products(self) -> np.ndarray:
        """(C, k, k) inputs times weights."""
        return self.inputs * self.weights

    @property
    def sum(self) -> float:
        """Of all products: the convolution's own output."""
        return float(self.products.sum())

    @property
    def normed(self) -> float:
        """The sum after the norm."""
        return self.scale * self.sum + self.shift

    @property
    def value(self) -> float:
        """What stands in the map."""
        total = self.normed + (self.residual or 0.0)
        return max(0.0, total) if self.rectified else total


def cell_arithmetic(
    net: DigitNet, maps: Mapping[str, np.ndarray], layer: str, cell: Cell, channel: int
) -> CellArithmetic:
    """Take the value of one cell apart.

    Args:
        net: in eval mode.
        maps: as `layer_maps(net, image)` gives them.
        layer: name of a map.
        cell: (y, x) in that map.
        channel: of that map; of the head, the class.

    Raises:
        ValueError: there is no such map or channel, or the cell lies outside the map.
    """
    if layer not in map_layers(net):
        raise ValueError(f"There is no map of a layer {layer!r}; expected one of {', '.join(map_layers(net))}.")
    cell = receptive_field(net, layer).checked(cell)
    channels = len(maps[layer])
    if isinstance(channel, bool) or not isinstance(channel, int) or not 0 <= channel < channels:
        raise ValueError(f"Layer {layer} has no channel {channel!r}; expected one from 0 to {channels - 1}.")
    source = maps[source_layer(net, layer)].astype(np.float64)  # (C, H, W)
    if layer == "pool":
        return _mean(source[channel])
    module = net.get_submodule(layer)
    weights = module.weight[channel].detach().double().cpu().numpy()
    if isinstance(module, nn.Linear):
        bias = float(module.bias[channel].detach())
        return CellArithmetic(source, weights[:, None, None], np.ones((1, 1), bool), shift=bias)
    if layer.endswith(".depthwise"):
        source = source[channel : channel + 1]  # (1, H, W)
    inputs, inside = _patch(source, module, cell)
    scale, shift = _fold(net.get_submodule(f"{layer}_norm"), channel)
    return CellArithmetic(inputs, weights, inside, scale, shift, _residual(net, maps, layer, cell, channel), True)


def _mean(source: np.ndarray) -> CellArithmetic:
    weights = np.full((1, *source.shape), 1 / source.size)
    return CellArithmetic(source[None], weights, np.ones(source.shape, bool))


def _patch(source: np.ndarray, module: nn.Conv2d, cell: Cell) -> tuple[np.ndarray, np.ndarray]:
    """What the taps of one cell read, (C, k, k), and which of them lie on the map, (k, k)."""
    at, on_map = [], []
    for axis, position in enumerate(cell):
        taps = position * module.stride[axis] - module.padding[axis]
        taps = taps + module.dilation[axis] * np.arange(module.kernel_size[axis])
        on_map.append((taps >= 0) & (taps < source.shape[1 + axis]))
        at.append(np.clip(taps, 0, source.shape[1 + axis] - 1))
    inside = np.logical_and.outer(*on_map)
    return source[:, at[0][:, None], at[1]] * inside, inside


def _fold(norm: nn.BatchNorm2d, channel: int) -> tuple[float, float]:
    variance, mean = (float(statistic[channel]) for statistic in (norm.running_var, norm.running_mean))
    scale = float(norm.weight[channel].detach()) / (variance + norm.eps) ** 0.5
    return scale, float(norm.bias[channel].detach()) - mean * scale


def _residual(net: DigitNet, maps: Mapping[str, np.ndarray], layer: str, cell: Cell, channel: int) -> float | None:
    """What the stage itself read at the cell, where it adds that to what it hands on."""
    if not layer.endswith((".pointwise", ".conv")):
        return None
    stage, _, part = layer.rpartition(".")
    if not net.get_submodule(stage).residual:
        return None
    first = f"{stage}.depthwise" if part == "pointwise" else layer
    return float(maps[source_layer(net, first)][(channel, *cell)])
