"""How the value of one cell is computed, number by number.

Whatever the layer, a cell is max(0, scale * (sum of inputs times weights) + shift + residual). Depthwise, pointwise and
standard convolution differ in which inputs they read. Scale and shift are the norm, folded: with running mean m and
variance v, gamma (s - m) / sqrt(v + eps) + beta is scale * s + shift for scale = gamma / sqrt(v + eps) and
shift = beta - m * scale (Ioffe and Szegedy 2015, algorithm 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from model.checks import is_whole
from model.fields.layer_fields import receptive_field
from model.fields.receptive_field import Cell
from model.layers import JUNCTIONS, Layer, layer_named
from model.network import DigitNet


@dataclass(frozen=True, eq=False)
class CellArithmetic:
    """One cell's value and its parts. All numbers are float64.

    Attributes:
        inputs: (C, k, k), what each weight is multiplied by; 0 where a tap lies in the padding.
        weights: (C, k, k).
        inside: bool (k, k), the taps that lie on the map rather than in its padding.
        scale: factor applied to the sum.
        shift: added to the scaled sum; in the head, its bias.
        residual: what the stage read at this cell, if that is added; else None.
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
        """The sum of all products: the convolution's own output."""
        return float(self.products.sum())

    @property
    def normed(self) -> float:
        """The sum after the norm."""
        return self.scale * self.sum + self.shift

    @property
    def value(self) -> float:
        """The cell's value in the map."""
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
        channel: in that map; for the head, the class.

    Raises:
        ValueError: there is no such map or channel, or the cell lies outside the map.
    """
    described = layer_named(net.config, layer)
    cell = receptive_field(net, layer).checked(cell)
    channels = described.channels
    if not is_whole(channel, 0, channels - 1):
        raise ValueError(f"Layer {layer} has no channel {channel!r}; expected one from 0 to {channels - 1}.")
    if described.kind == "pool":
        return _mean(maps[described.reads[0]][channel].astype(np.float64))
    inputs, weights, inside = _products(net, maps, described, cell, channel)
    if described.kind == "linear":
        return CellArithmetic(
            inputs, weights, inside, shift=float(net.get_parameter(f"{layer}.bias")[channel].detach())
        )
    scale, shift = _fold(net, described.norm_name, channel) if described.norm_name else (1.0, 0.0)
    residual = float(maps[described.residual][(channel, *cell)]) if described.residual else None
    return CellArithmetic(inputs, weights, inside, scale, shift, residual, described.rectified)


def _products(
    net: DigitNet, maps: Mapping[str, np.ndarray], layer: Layer, cell: Cell, channel: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The inputs and weights of a cell, and which of its taps lie on the map."""
    source = np.concatenate([maps[name] for name in layer.reads]).astype(np.float64)  # (C, H, W)
    if layer.kind == "concatenation":
        source = source[channel : channel + 1]
    elif layer.kind == "sum":
        source = source[channel :: layer.channels]  # (maps, H, W)
    if layer.kind in JUNCTIONS:
        inputs = source[:, cell[0], cell[1], None, None]
        return inputs, np.ones_like(inputs), np.ones((1, 1), bool)
    weights = net.get_parameter(f"{layer.name}.weight")[channel].detach().double().cpu().numpy()
    if layer.kind == "linear":
        return source, weights[:, None, None], np.ones((1, 1), bool)
    if layer.kind == "depthwise":
        source = source[channel : channel + 1]  # (1, H, W)
    inputs, inside = _patch(source, layer, cell)
    return inputs, weights, inside


def _mean(source: np.ndarray) -> CellArithmetic:
    weights = np.full((1, *source.shape), 1 / source.size)
    return CellArithmetic(source[None], weights, np.ones(source.shape, bool))


def _patch(source: np.ndarray, window: Layer, cell: Cell) -> tuple[np.ndarray, np.ndarray]:
    """What the taps of one cell read, (C, k, k), and which of them lie on the map, (k, k)."""
    at, on_map = [], []
    for position, size in zip(cell, source.shape[1:], strict=True):
        taps = position * window.stride + window.dilation * (np.arange(window.kernel) - window.kernel // 2)
        on_map.append((taps >= 0) & (taps < size))
        at.append(np.clip(taps, 0, size - 1))
    inside = np.logical_and.outer(*on_map)
    return source[:, at[0][:, None], at[1]] * inside, inside


def _fold(net: DigitNet, name: str, channel: int) -> tuple[float, float]:
    norm = net.get_submodule(name)
    assert isinstance(norm, nn.BatchNorm2d)
    values = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, gamma, beta = (float(value[channel].detach()) for value in values if value is not None)
    scale = gamma / (variance + norm.eps) ** 0.5
    return scale, beta - mean * scale
