"""What a network answers: probabilities, and what each of its layers makes of one image."""

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.familiarity import is_familiar
from model.forward_pass import check_images, forward_pass, shared_pass
from model.network import DigitNet


class Reading(NamedTuple):
    """A network's answers for N images.

    Attributes:
        probabilities: float32 (N, classes), calibrated; every row sums to 1.
        familiar: bool (N,), whether the image is like those that the network learned from.
    """

    probabilities: np.ndarray
    familiar: np.ndarray


def read(net: DigitNet, images: np.ndarray | Tensor) -> Reading:
    """Probabilities, and whether they can be trusted.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.

    Raises:
        ValueError: the images are of another type or shape.
    """
    with torch.inference_mode():
        logits = _logits(net, images)  # (N, classes)
        familiar = is_familiar(net, logits)
        return Reading((logits / net.temperature).softmax(1).numpy(), familiar.numpy())


def _logits(net: DigitNet, images: np.ndarray | Tensor) -> Tensor:
    shared = shared_pass(net, images)
    if shared is not None:
        return shared.maps()["head"].flatten(1)
    return net(check_images(images)[:, None].contiguous(memory_format=torch.channels_last))


def predict(net: DigitNet, images: np.ndarray | Tensor) -> np.ndarray:
    """Calibrated class probabilities.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.

    Returns:
        float32 (N, len(net.classes)); every row sums to 1.

    Raises:
        ValueError: the images are of another type or shape.
    """
    return read(net, images).probabilities


def layer_responses(net: DigitNet, image: np.ndarray | Tensor) -> "OrderedDict[str, np.ndarray]":
    """The response of every layer to one image.

    Args:
        net: in eval mode.
        image: uint8 (28, 28), ink 255 on 0.

    Returns:
        The name of every layer (`stem`, `stem_norm`, `stages.0.depthwise`, ..., `stages.0`, ..., `head`), in the order
        in which they run, with its output as float32 (C, H, W). A convolution's output is its own, before the norm and
        the activation that follow; `stages.N` is what the whole stage passes on. Vectors have H = W = 1.

    Raises:
        ValueError: the image is of another type or shape.
    """
    outputs = forward_pass(net, image[None]).outputs()
    return OrderedDict((name, output[0].detach().float().cpu().numpy()) for name, output in outputs.items())


def layer_maps(net: DigitNet, image: np.ndarray | Tensor) -> "OrderedDict[str, np.ndarray]":
    """What every layer passes on to the next: its response after the norm, the residual and the ReLU.

    Maps are named after the layers of `model.layers`, so that the map of a pointwise convolution is the output of its
    stage.

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
