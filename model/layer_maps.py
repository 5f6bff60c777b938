"""What every layer passes on to the next: its response after the norm, the residual and the activation.

Maps are named after the layers of `model.layers`: `stem`, `stages.0.depthwise`, `stages.0.pointwise` (`conv` in a
network that is not separable), ..., `pool`, `head`. The map of a pointwise convolution is the output of its stage.
"""

from collections import OrderedDict

import numpy as np
from torch import Tensor

from model.forward_pass import forward_pass
from model.network import DigitNet


def layer_maps(net: DigitNet, image: np.ndarray | Tensor) -> "OrderedDict[str, np.ndarray]":
    """The maps of one image, all from one pass.

    Args:
        net: in eval mode.
        image: uint8 (28, 28), ink 255 on 0.

    Returns:
        `image`, the normalised pixels (1, 28, 28), then the maps by name, float32 (C, H, W): at least 0 except in
        `head`, whose C logits have H = W = 1.

    Raises:
        ValueError: the image is of another type or shape.
    """
    maps = forward_pass(net, image[None]).maps()
    return OrderedDict((name, values[0].detach().float().cpu().numpy()) for name, values in maps.items())
