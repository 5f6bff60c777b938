"""What the layers of a network for lines make of a strip: its maps, by the one description of its layers."""

from collections import OrderedDict, deque
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from model.forward_pass import run_layers
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
        deque(run_layers(line, line_layers(line.config), maps), maxlen=0)
    return OrderedDict((layer.name, maps[layer.name][0].numpy()) for layer in line_layers(line.config))
