"""What the figures of the Learn tab show of a drawing: the chosen network's own kernels at work on it.

Each function here is a part of the answer to a movement of the pen; its numbers are computed by the reference
convolutions of `model.separable` and only drawn by the page.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from model import DigitNet
from model.cost.convolution import Convolution
from model.layer_maps import layer_maps, output_name, source_layer
from model.network import SeparableStage
from model.separable import depthwise_conv2d, depthwise_separable_conv2d, effective_kernel
from ui.serving.answers import to_base64

CHANNELS = 3  # that a figure shows side by side
TERMS = 6  # of a pointwise sum that are shown one by one
MAX_DILATION = 9
FARTHEST = 4095  # of what a slider may still point at from the network before

Maps = dict[str, np.ndarray]


def depthwise_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """Some channels of the first stage's depthwise convolution, each with the kernel of its own.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {page, y, x}: which channels, and the output cell that is looked at; the last ones beyond the end.

    Returns:
        `size` (of the output), `kernel`, `dilation`, `stride`, `pages`, `sentence`, and for each channel its number,
        its `input` and `output` map, `weights`, `reads` (None in the padding), `products` and their sum, `value`.

    Raises:
        ValueError: the network has no depthwise convolution, or a parameter is no whole number.
    """
    stage, source = _first_stage(net, image)
    output = _depthwise(stage, source)  # (C, H', W')
    y, x = _cell(parameters, output.shape[1:])
    order = _strongest_kernels(stage)
    pages = -(-len(order) // CHANNELS)
    page = _nearest(parameters, "page", pages - 1)
    shown = order[page * CHANNELS : (page + 1) * CHANNELS]
    weights = stage.depthwise.weight.detach().numpy()[:, 0]  # (C, k, k)
    return {
        **_window(stage),
        "size": output.shape[1:],
        "pages": pages,
        "channels": [
            {
                "channel": channel,
                "input": _floats(source[channel]),
                "output": _floats(output[channel]),
                **_taps(source[channel], weights[channel], stage.dilation, stage.config.stride, (y, x)),
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
        parameters: {output, y, x}: the output channel and the cell that are looked at.

    Returns:
        `size`, `outputs` (how many channels there are), `map` of the output channel, `terms` with the largest weights
        (`channel`, `input` map, `read`, `weight`, `product`), `rest` (how many other channels, and their sum), `value`
        and a `sentence`.

    Raises:
        ValueError: as `depthwise_part`.
    """
    stage = _stage(net, 0)
    source = layer_maps(net, image)["stages.0.depthwise"]  # (C_in, H, W), after norm and ReLU
    weights = stage.pointwise.weight.detach().numpy()[:, :, 0, 0]  # (C_out, C_in)
    channel = _nearest(parameters, "output", len(weights) - 1)
    y, x = _cell(parameters, source.shape[1:])
    output = np.tensordot(weights[channel], source, 1)  # (H, W)
    products = weights[channel] * source[:, y, x]  # (C_in,)
    order = np.argsort(-np.abs(weights[channel]), kind="stable")
    shown, others = order[:TERMS], order[TERMS:]
    return {
        "size": source.shape[1:],
        "outputs": len(weights),
        "map": _floats(output),
        "terms": [
            {
                "channel": int(c),
                "input": _floats(source[c]),
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
    """The first stage's two convolutions in a row, by the reference function, held against torch's own.

    Returns:
        `size` and `input_size`, some maps of `input`, `depthwise` and `pointwise`, and a `sentence`.

    Raises:
        ValueError: the network has no depthwise convolution.
    """
    stage, source = _first_stage(net, image)
    x = torch.from_numpy(source)[None]  # (1, C_in, H, W)
    with torch.inference_mode():
        between = _depthwise(stage, source)
        output = depthwise_separable_conv2d(
            x, stage.depthwise.weight, stage.pointwise.weight, stride=stage.config.stride, dilation=stage.dilation
        )[0]
        apart = float((output - stage.pointwise(stage.depthwise(x))[0]).abs().max())
    costs = convolution_of(net, 0).costs()
    separable, standard = costs["separable"].parameters, costs["standard"].parameters
    channels = [int(channel) for channel in _strongest_kernels(stage)[:CHANNELS]]
    outputs = _strongest_rows(stage)[:CHANNELS]
    return {
        "size": between.shape[1:],
        "input_size": source.shape[1:],
        "input": [_floats(source[channel]) for channel in channels],
        "depthwise": [_floats(between[channel]) for channel in channels],
        "pointwise": [_floats(output[channel].numpy()) for channel in map(int, outputs)],
        "sentence": (
            f"{separable:,} weights do it here; a standard convolution of the same shape takes {standard:,}, "
            f"{standard / separable:.1f} times as many. On this drawing the reference function below and the "
            f"network's own convolutions differ by {apart:.7f} at most."
        ),
    }


def dilation_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """One kernel of the network's first stage on the image itself, with its taps as far apart as one likes.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {kernel, dilation, y, x}: rank of the kernel, from the strongest on, and the cell that is looked at.

    Returns:
        As a channel of `depthwise_part`, with `image`, the number of `kernels` and a `sentence`.

    Raises:
        ValueError: as `depthwise_part`, or a parameter is out of its range.
    """
    stage = _stage(net, 0)
    order = _strongest_kernels(stage)
    channel = int(order[_nearest(parameters, "kernel", len(order) - 1)])
    dilation = _whole(parameters, "dilation", 1, MAX_DILATION)
    y, x = _cell(parameters, image.shape)
    source = np.float32(image) / 255  # (H, W), paper 0, ink 1
    weight = stage.depthwise.weight.detach()[channel]  # (1, k, k)
    output = depthwise_conv2d(torch.from_numpy(source)[None, None], weight[None], dilation=dilation)[0, 0].numpy()
    taps, reach = weight.numel(), effective_kernel(stage.kernel, dilation)
    found = _taps(source, weight[0].numpy(), dilation, 1, (y, x))
    inside = sum(read is not None for read in found["reads"])
    return {
        "size": image.shape,
        "kernel": stage.kernel,
        "dilation": dilation,
        "stride": 1,
        "kernels": len(order),
        "channel": channel,
        "image": to_base64(image),
        "output": _floats(output),
        **found,
        "value": float(output[y, x]),
        "sentence": (
            f"At dilation {dilation} the {taps} weights reach over {reach} x {reach} pixels and read {taps} of these "
            f"{reach**2:,}"
            + (f"; {taps - inside} of them lie in the padding here and read 0." if inside < taps else ".")
        ),
    }


def flowchart_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """One stage from its input to its output, and whether it is dilated.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {stage}, from 0.

    Returns:
        `stages`, `dilated`, `residual`, words about the `reach`, `labels`, `maps` of the strongest channel for `input`,
        `depthwise` and `output`, and a `sentence`.

    Raises:
        ValueError: as `depthwise_part`.
    """
    index = _nearest(parameters, "stage", len(net.stages) - 1)
    stage = _stage(net, index)
    maps = layer_maps(net, image)
    name = f"stages.{index}.depthwise"
    source, between, output = (maps[layer] for layer in (source_layer(net, name), name, f"stages.{index}.pointwise"))
    channel = int(_strongest_kernels(stage)[0])
    last = min(channel, len(output) - 1)
    reach = effective_kernel(stage.kernel, stage.dilation)
    return {
        "stages": len(net.stages),
        "dilated": stage.dilation > 1,
        "residual": stage.residual,
        "maps": {
            "input": _picture(source[channel]),
            "depthwise": _picture(between[channel]),
            "output": _picture(output[last]),
        },
        "reach": [f"d = {stage.dilation}", f"over {reach} x {reach} cells"],
        "labels": {
            "input": _shape(source),
            "depthwise": f"{len(source)} x {stage.kernel**2} weights",
            "pointwise": f"{len(output)} x {len(source)} weights",
            "output": _shape(output),
        },
        "sentence": (
            f"Stage {index + 1}: dilated? {'Yes' if stage.dilation > 1 else 'No'}, d = {stage.dilation}: "
            f"{stage.kernel**2} weights a channel reach over {reach} x {reach} cells. "
            f"Shown is channel {channel} of {output_name(source_layer(net, name))} and what becomes of it."
        ),
    }


def convolution_of(net: DigitNet, index: int) -> Convolution:
    """What the formulas say of a stage's shape."""
    config, stage = net.config, net.config.stages[index]
    return Convolution(
        config.input_channels(index), stage.channels, stage.kernel, stage.kernel, stage.dilation, stage.stride
    )


# What the figures have in common ------------------------------------------------------------------------------------


def _stage(net: DigitNet, index: int) -> SeparableStage:
    if not net.config.separable:
        raise ValueError(
            "The stages of this network are standard convolutions; choose a separable network on the left to see "
            "depthwise kernels at work."
        )
    return net.stages[index]


def _first_stage(net: DigitNet, image: np.ndarray) -> tuple[SeparableStage, np.ndarray]:
    """The stage, and what the stem hands to it: float32 (C, H, W), at least 0."""
    return _stage(net, 0), layer_maps(net, image)["stem"]


def _depthwise(stage: SeparableStage, source: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (C, H', W'), by the reference."""
    weight = stage.depthwise.weight.detach()
    x = torch.from_numpy(source)[None]
    return depthwise_conv2d(x, weight, stride=stage.config.stride, dilation=stage.dilation)[0].numpy()


def _strongest_kernels(stage: SeparableStage) -> np.ndarray:
    """Channels by the norm of their depthwise kernels: an order that stays while the drawing changes."""
    return _by_norm(stage.depthwise.weight)


def _strongest_rows(stage: SeparableStage) -> np.ndarray:
    """Output channels by the norm of their pointwise weights."""
    return _by_norm(stage.pointwise.weight)


def _by_norm(weight: Tensor) -> np.ndarray:
    return np.argsort(-weight.detach().flatten(1).norm(dim=1).numpy(), kind="stable")


def _window(stage: SeparableStage) -> dict[str, int]:
    return {"kernel": stage.kernel, "dilation": stage.dilation, "stride": stage.config.stride}


def _taps(source: np.ndarray, weights: np.ndarray, dilation: int, stride: int, cell: tuple[int, int]) -> dict[str, Any]:
    """What the taps of one output cell read, in reading order."""
    height, width = source.shape
    middle = len(weights) // 2
    reads: list[float | None] = []
    for u, v in np.ndindex(weights.shape):
        row, column = (at * stride + dilation * (tap - middle) for at, tap in zip(cell, (u, v), strict=True))
        reads.append(float(source[row, column]) if 0 <= row < height and 0 <= column < width else None)
    flat = [float(weight) for weight in weights.flat]
    products = [None if read is None else read * weight for read, weight in zip(reads, flat, strict=True)]
    return {"weights": flat, "reads": reads, "products": products}


def _cell(parameters: dict[str, Any], size: tuple[int, ...]) -> tuple[int, int]:
    """The cell that is looked at; the nearest one where the map is smaller than the one that was pointed at."""
    return tuple(_nearest(parameters, name, extent - 1) for name, extent in zip("yx", size, strict=True))


def _nearest(parameters: dict[str, Any], name: str, last: int) -> int:
    """A place from 0 to the last; what lies beyond it was pointed at in a larger network."""
    return min(_whole(parameters, name, 0, FARTHEST), last)


def _whole(parameters: dict[str, Any], name: str, low: int, high: int) -> int:
    value = parameters.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; expected a whole number from {low} to {high}.")
    return value


def _floats(values: np.ndarray) -> str:
    return to_base64(values.astype("<f4"))


def _picture(values: np.ndarray) -> dict[str, Any]:
    return {"size": values.shape, "values": _floats(values)}


def _shape(maps: np.ndarray) -> str:
    channels, height, width = maps.shape
    return f"{channels} maps of {height} x {width}"
