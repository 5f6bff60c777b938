"""What the figures of the Learn tab show of a drawing: the chosen network's own kernels at work on it.

Each function here is a part of the answer to a movement of the pen; its numbers are computed by the reference
convolutions of `model.cost.separable` and only drawn by the page.
"""

from typing import Any

import numpy as np
import torch

from model import DigitNet
from model.cost.convolution import Convolution
from model.cost.separable import depthwise_separable_conv2d
from model.inference import layer_maps
from model.layers import parts_of
from ui.learn.kernels import (
    by_norm,
    cell_in,
    depthwise_by_reference,
    first_stage,
    floats,
    nearest,
    separable_stage,
    strongest_kernels,
    taps_of,
    window,
)

CHANNELS = 3  # that a figure shows side by side
TERMS = 6  # of a pointwise sum that are shown individually

Maps = dict[str, np.ndarray]


def depthwise_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """Some channels of the first stage's depthwise convolution, each with its own kernel.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {page, y, x}: which channels, and the output cell to look at; beyond the end, the last ones.

    Returns:
        `size` (of the output), `input_size`, `kernel`, `dilation`, `stride`, `pages`, `sentence`, and for each channel
        its number, its `input` and `output` map, `weights`, `reads` (None in the padding), `products` and their sum,
        `value`.

    Raises:
        ValueError: the network has no depthwise convolution, or a parameter is not a whole number.
    """
    stage, source = first_stage(net, image)
    output = depthwise_by_reference(stage, source)  # (C, H', W')
    y, x = cell_in(parameters, output.shape[1:])
    order = strongest_kernels(stage)
    pages = -(-len(order) // CHANNELS)
    page = nearest(parameters, "page", pages - 1)
    shown = order[page * CHANNELS : (page + 1) * CHANNELS]
    weights = stage.depthwise.weight.detach().numpy()[:, 0]  # (C, k, k)
    return {
        **window(stage),
        "size": output.shape[1:],
        "input_size": source.shape[1:],
        "pages": pages,
        "channels": [
            {
                "channel": channel,
                "input": floats(source[channel]),
                "output": floats(output[channel]),
                **taps_of(source[channel], weights[channel], stage.dilation, stage.config.stride, (y, x)),
                "value": float(output[channel, y, x]),
            }
            for channel in map(int, shown)
        ],
        "sentence": (
            f"Cell ({y}, {x}) of each output is the sum of {stage.kernel**2} products of its own channel: "
            f"{len(order)} channels, {weights.size:,} weights, and no channel sees another."
        ),
    }


def pointwise_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """One output channel of the first stage's pointwise convolution at one place.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {output, y, x}: the output channel and the cell to look at.

    Returns:
        `size`, `outputs` (how many channels there are), `map` of the output channel, `terms` with the largest products
        (`channel`, `input` map, `read`, `weight`, `product`), `rest` (how many other channels, and their sum), `value`
        and a `sentence`.

    Raises:
        ValueError: as `depthwise_part`.
    """
    stage = separable_stage(net, 0)
    depthwise, _ = parts_of(net.config)[1]
    source = layer_maps(net, image)[depthwise.name]  # (C_in, H, W), after norm and ReLU
    weights = stage.pointwise.weight.detach().numpy()[:, :, 0, 0]  # (C_out, C_in)
    channel = nearest(parameters, "output", len(weights) - 1)
    y, x = cell_in(parameters, source.shape[1:])
    output = np.tensordot(weights[channel], source, 1)  # (H, W)
    products = weights[channel] * source[:, y, x]  # (C_in,)
    order = np.argsort(-np.abs(products), kind="stable")
    shown, others = order[:TERMS], order[TERMS:]
    return {
        "size": source.shape[1:],
        "outputs": len(weights),
        "map": floats(output),
        "terms": [
            {
                "channel": int(c),
                "input": floats(source[c]),
                "read": float(source[c, y, x]),
                "weight": float(weights[channel, c]),
                "product": float(products[c]),
            }
            for c in shown
        ],
        "rest": [len(others), float(products[others].sum())],
        "value": float(output[y, x]),
        "sentence": (
            f"Output channel {channel} at ({y}, {x}) is the sum of {len(products)} products, one for each channel at "
            f"that one place; {len(weights)} output channels take {weights.size:,} weights."
        ),
    }


def separable_part(net: DigitNet, image: np.ndarray, _parameters: dict[str, Any]) -> dict[str, Any]:
    """The first stage's two convolutions in a row, by the reference function, compared with torch's own.

    Returns:
        `size` and `input_size`, some maps of `input`, `depthwise` and `pointwise`, and a `sentence`.

    Raises:
        ValueError: the network has no depthwise convolution.
    """
    stage, source = first_stage(net, image)
    x = torch.from_numpy(source)[None]  # (1, C_in, H, W)
    with torch.inference_mode():
        between = depthwise_by_reference(stage, source)
        output = depthwise_separable_conv2d(
            x, stage.depthwise.weight, stage.pointwise.weight, stride=stage.config.stride, dilation=stage.dilation
        )[0]
        apart = float((output - stage.pointwise(stage.depthwise(x))[0]).abs().max())
    costs = convolution_of(net, 0).costs()
    separable, standard = costs["separable"].parameters, costs["standard"].parameters
    channels = [int(channel) for channel in strongest_kernels(stage)[:CHANNELS]]
    outputs = by_norm(stage.pointwise.weight)[:CHANNELS]
    return {
        "size": between.shape[1:],
        "input_size": source.shape[1:],
        "input": [floats(source[channel]) for channel in channels],
        "depthwise": [floats(between[channel]) for channel in channels],
        "pointwise": [floats(output[channel].numpy()) for channel in map(int, outputs)],
        "sentence": (
            f"This takes {separable:,} weights; a standard convolution of the same shape takes {standard:,}, "
            f"{standard / separable:.1f} times as many. On this drawing the reference function below and the "
            f"network's own convolutions differ by at most {apart:.7f}."
        ),
    }


def convolution_of(net: DigitNet, index: int) -> Convolution:
    """A stage's shape, as the formulas take it."""
    config, stage = net.config, net.config.stages[index]
    return Convolution(
        config.input_channels(index), stage.channels, stage.kernel, stage.kernel, stage.dilation, stage.stride
    )
