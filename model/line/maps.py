"""What the layers of a network for lines make of a strip: its maps, by the one description of its layers."""

from collections import OrderedDict
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model.layers import IMAGE, Layer, layers_of
from model.line.network import LineNet
from model.line.strip import check_strip
from model.network import PIXEL_SCALE, NetworkConfig


@lru_cache(maxsize=16)
def line_layers(config: NetworkConfig) -> tuple[Layer, ...]:
    """The stem and the layers of every stage, first to last: the heads of a network for lines are its own."""
    return tuple(layer for layer in layers_of(config) if layer.has_places)


def line_maps(line: LineNet, strip: np.ndarray) -> "OrderedDict[str, np.ndarray]":
    """The maps of all layers, after norm, residual and activation.

    Args:
        line: in eval mode.
        strip: uint8 (28, W), W from 28 to 560.

    Returns:
        By layer name, in order: float32 (C, Hc, Wc).

    Raises:
        LineError: it is not a strip, or has no ink.
    """
    pixels = torch.from_numpy(np.ascontiguousarray(check_strip(strip)))[None, None] / 255
    maps: dict[str, Tensor] = {IMAGE: pixels * PIXEL_SCALE}
    with torch.inference_mode():
        for layer in line_layers(line.config):
            read = torch.cat([maps[name] for name in layer.reads], dim=1)
            y = read if layer.kind == "concatenation" else line.get_submodule(layer.name)(read)
            if layer.norm_name:
                y = line.get_submodule(layer.norm_name)(y)
            if layer.residual:
                y = y + maps[layer.residual]
            maps[layer.name] = F.relu(y) if layer.rectified else y
    return OrderedDict((layer.name, maps[layer.name][0].numpy()) for layer in line_layers(line.config))
