"""What every layer hands on to the next: its response after the norm, the residual and the activation.

Maps are named after the convolution that they come from: `stem`, `stages.0.depthwise`, `stages.0.pointwise` (`conv` in
a network that is not separable), ..., `pool`, `head`. The map of a pointwise convolution is the output of its stage.
"""

from collections import OrderedDict

import numpy as np
from torch import Tensor

from model.forward_pass import forward_pass
from model.network import PIXEL_SCALE, DigitNet


def map_layers(net: DigitNet) -> list[str]:
    """Names of the maps of a network, in the order in which they come about."""
    parts = ("depthwise", "pointwise") if net.config.separable else ("conv",)
    return ["stem", *(f"stages.{index}.{part}" for index in range(len(net.stages)) for part in parts), "pool", "head"]


def output_name(layer: str) -> str:
    """The module whose output a map is, as far as fields are concerned: `stages.0` for `stages.0.pointwise`."""
    return layer.rpartition(".")[0] if layer.endswith((".pointwise", ".conv")) else layer


def source_layer(net: DigitNet, layer: str) -> str:
    """The map that a layer reads; `image` for the stem."""
    return ["image", *map_layers(net)][map_layers(net).index(layer)]


def layer_maps(net: DigitNet, image: np.ndarray | Tensor) -> "OrderedDict[str, np.ndarray]":
    """The maps of one image, all from one pass.

    Args:
        net: in eval mode.
        image: uint8 (28, 28), ink 255 on 0.

    Returns:
        `image`, the normalised pixels (1, 28, 28), then the maps by name, float32 (C, H, W): at least 0 but for `head`,
        whose C logits have H = W = 1.

    Raises:
        ValueError: the image is of another type or shape.
    """
    outputs = forward_pass(net, image[None]).outputs()
    maps = OrderedDict(image=np.float32(image)[None] / 255 * np.float32(PIXEL_SCALE))
    for layer in map_layers(net):
        rectify = layer == "stem" or layer.endswith(".depthwise")
        values = outputs[f"{layer}_norm" if rectify else output_name(layer)][0].detach().float().cpu().numpy()
        maps[layer] = np.maximum(values, 0) if rectify else values  # (C, H, W)
    return maps
