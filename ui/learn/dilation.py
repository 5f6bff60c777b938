"""Dilation on the Learn tab: a kernel whose taps can be spread as far as you like, and a whole dilated stage."""

from typing import Any

import numpy as np
import torch

from model import DigitNet
from model.cost.separable import depthwise_conv2d, effective_kernel
from model.inference import layer_maps
from model.layers import layer_named, parts_of
from ui.learn.kernels import cell_in, floats, nearest, separable_stage, strongest_kernels, taps_of, whole
from ui.serving.answers import to_base64

WIDEST_DILATION = 9  # the largest that this tab's sliders offer; networks may have more


def dilation_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """One kernel of the network's first stage on the image itself, with its taps as far apart as you like.

    Args:
        net: the network that reads.
        image: uint8 (28, 28).
        parameters: {kernel, dilation, y, x}: rank of the kernel, strongest first, and the cell to look at.

    Returns:
        As a channel of `depthwise_part`, with `image`, the number of `kernels` and a `sentence`.

    Raises:
        ValueError: as `depthwise_part`, or a parameter is out of its range.
    """
    stage = separable_stage(net, 0)
    order = strongest_kernels(stage)
    channel = int(order[nearest(parameters, "kernel", len(order) - 1)])
    dilation = whole(parameters, "dilation", 1, WIDEST_DILATION)
    y, x = cell_in(parameters, image.shape)
    source = np.float32(image) / 255  # (H, W), paper 0, ink 1
    weight = stage.depthwise.weight.detach()[channel]  # (1, k, k)
    output = depthwise_conv2d(torch.from_numpy(source)[None, None], weight[None], dilation=dilation)[0, 0].numpy()
    taps, reach = weight.numel(), effective_kernel(stage.kernel, dilation)
    found = taps_of(source, weight[0].numpy(), dilation, 1, (y, x))
    inside = sum(read is not None for read in found["reads"])
    return {
        "size": image.shape,
        "kernel": stage.kernel,
        "dilation": dilation,
        "stride": 1,
        "kernels": len(order),
        "channel": channel,
        "image": to_base64(image),
        "output": floats(output),
        **found,
        "value": float(output[y, x]),
        "sentence": (
            f"At dilation {dilation} the {taps} weights reach over {reach} x {reach} pixels and read {taps} of these "
            f"{reach**2:,}"
            + (f"; {taps - inside} of them lie in the padding here and read 0." if inside < taps else ".")
        ),
    }


def flowchart_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """One stage from input to output, and whether it is dilated.

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
    index = nearest(parameters, "stage", len(net.stages) - 1)
    stage = separable_stage(net, index)
    maps = layer_maps(net, image)
    depthwise, pointwise = parts_of(net.config)[1 + index]
    read = layer_named(net.config, depthwise.reads[0])
    source, between, output = (maps[layer.name] for layer in (read, depthwise, pointwise))
    channel = int(strongest_kernels(stage)[0])
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
            f"Stage {index + 1}: dilated? {'Yes' if stage.dilation > 1 else 'No'}, d = {stage.dilation}. "
            f"Its {stage.kernel**2} weights per channel reach over {reach} x {reach} cells. "
            f"Shown: channel {channel} of {read.place.lower()} and what becomes of it."
        ),
    }


def _picture(values: np.ndarray) -> dict[str, Any]:
    return {"size": values.shape, "values": floats(values)}


def _shape(maps: np.ndarray) -> str:
    channels, height, width = maps.shape
    return f"{channels} maps of {height} x {width}"
