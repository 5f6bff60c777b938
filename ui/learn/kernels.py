"""What the Learn tab's figures share: the kernels of a stage, the taps of a cell, the cell that a request selects."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from model import DigitNet
from model.checks import check_whole
from model.cost.separable import depthwise_conv2d
from model.inference import layer_maps
from model.layers import milestones
from model.stages import MultiScaleStage, SeparableStage
from ui.serving.answers import to_base64

FARTHEST = 4095  # the largest index that a request may name: a slider may still be set for the previous network


def separable_stage(net: DigitNet, index: int) -> SeparableStage:
    """One stage of a network.

    Raises:
        ValueError: its convolutions are not separable.
    """
    stage = net.stages[index]
    if isinstance(stage, MultiScaleStage):
        raise ValueError(
            "The stages of this network have several dilations side by side; choose a network with one per stage under "
            "the drawing to see its depthwise kernels at work."
        )
    if not isinstance(stage, SeparableStage):
        raise ValueError(
            "The stages of this network are standard convolutions; choose a separable network under the drawing to see "
            "depthwise kernels at work."
        )
    return stage


def first_stage(net: DigitNet, image: np.ndarray) -> tuple[SeparableStage, np.ndarray]:
    """The stage, and the stem's output that it reads: float32 (C, H, W), at least 0."""
    return separable_stage(net, 0), layer_maps(net, image)[milestones(net.config)[0].name]


def depthwise_by_reference(stage: SeparableStage, source: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (C, H', W'), by the reference."""
    weight = stage.depthwise.weight.detach()
    x = torch.from_numpy(source)[None]
    return depthwise_conv2d(x, weight, stride=stage.config.stride, dilation=stage.dilation)[0].numpy()


def strongest_kernels(stage: SeparableStage) -> np.ndarray:
    """Channels by the norm of their depthwise kernels, strongest first."""
    return by_norm(stage.depthwise.weight)


def by_norm(weight: Tensor) -> np.ndarray:
    """Filters by the norm of their weights, strongest first: an order that does not change with the drawing."""
    return np.argsort(-weight.detach().flatten(1).norm(dim=1).numpy(), kind="stable")


def window(stage: SeparableStage) -> dict[str, int]:
    """The shape of a stage's depthwise kernels."""
    return {"kernel": stage.kernel, "dilation": stage.dilation, "stride": stage.config.stride}


def taps_of(
    source: np.ndarray, weights: np.ndarray, dilation: int, stride: int, cell: tuple[int, int]
) -> dict[str, Any]:
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


def cell_in(parameters: dict[str, Any], size: tuple[int, ...]) -> tuple[int, int]:
    """The cell to look at; the nearest one where the map is smaller than the one that was pointed at."""
    return tuple(nearest(parameters, name, extent - 1) for name, extent in zip("yx", size, strict=True))


def nearest(parameters: dict[str, Any], name: str, last: int) -> int:
    """An index from 0 to the last; a larger one was chosen in a larger network, and becomes the last."""
    return min(whole(parameters, name, 0, FARTHEST), last)


def whole(parameters: dict[str, Any], name: str, low: int, high: int) -> int:
    """A whole number of a request.

    Raises:
        ValueError: it is not a whole number, or out of range.
    """
    return check_whole(name, parameters.get(name), low, high)


def floats(values: np.ndarray) -> str:
    """Numbers as float32, in base64."""
    return to_base64(values.astype("<f4"))
