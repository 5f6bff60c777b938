"""Ask a network: probabilities, and the response of every layer to one image."""

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from model.network import IMAGE_SIZE, DigitNet


class Reading(NamedTuple):
    """What a network says of N images.

    Attributes:
        probabilities: float32 (N, classes), calibrated; every row sums to 1.
        familiar: bool (N,), whether the image is like those that the network learned from.
    """

    probabilities: np.ndarray
    familiar: np.ndarray


def read(net: DigitNet, images: np.ndarray | Tensor) -> Reading:
    """Probabilities, and whether they are worth anything.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.

    Raises:
        ValueError: the images are of another type or shape.
    """
    with torch.inference_mode():
        logits = net(_batch(images))  # (N, classes)
        familiar = logits.logsumexp(1) >= net.familiar_energy
        return Reading((logits / net.temperature).softmax(1).numpy(), familiar.numpy())


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
    """What every layer answers to one image.

    Args:
        net: in eval mode.
        image: uint8 (28, 28), ink 255 on 0.

    Returns:
        The name of every layer (`stem`, `stem_norm`, `stages.0.depthwise`, ..., `stages.0`, ..., `head`), in the order
        in which they run, with its output as float32 (C, H, W). A convolution's output is its own, before the norm and
        the activation that follow; `stages.N` is what the whole stage hands on. Vectors have H = W = 1.

    Raises:
        ValueError: the image is of another type or shape.
    """
    batch = _batch(image[None])
    responses: OrderedDict[str, np.ndarray] = OrderedDict()

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            responses[name] = output[0].reshape(*output.shape[1:], *[1] * (4 - output.ndim)).numpy().copy()

        return hook

    layers = [(name, module) for name, module in net.named_modules() if name and not isinstance(module, nn.ModuleList)]
    hooks = [module.register_forward_hook(keep(name)) for name, module in layers]
    try:
        with torch.inference_mode():
            net(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return responses


def _batch(images: np.ndarray | Tensor) -> Tensor:
    images = torch.as_tensor(images)
    if images.dtype != torch.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"The images are {images.dtype} of shape {tuple(images.shape)}; "
            f"expected uint8 of shape (N, {IMAGE_SIZE}, {IMAGE_SIZE})."
        )
    return images[:, None].contiguous(memory_format=torch.channels_last)  # (N, 1, 28, 28)
