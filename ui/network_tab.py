"""The tab that says what the chosen network is made of: how its fields grow, what they look at, every layer's cost."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, complexity, load_checkpoint, receptive_field
from model.cost.complexity import LayerComplexity
from model.fields.mean_fields import MeanField, compute_mean_fields, load_mean_fields
from model.fields.receptive_field import ReceptiveField
from model.layers import coverage
from model.network import IMAGE_SIZE
from ui.serving.answers import to_base64
from ui.serving.networks import Networks
from ui.serving.view import given, view

IMAGE = (IMAGE_SIZE, IMAGE_SIZE)
PIXEL = ReceptiveField((1, 1), (1, 1), (0, 0), IMAGE, IMAGE)  # what a pixel sees of itself
DESCRIBED = 64  # networks whose description is kept

_one_at_a_time = threading.Lock()  # nobody is to have the same fields computed twice at once


def architecture(networks: Networks) -> gr.HTML:
    """The figure that grows, the mean effective fields, and the table of all layers."""
    return view("network/architecture", given(describe_architecture, networks))


def describe_architecture(networks: Networks, name: object) -> dict[str, Any]:
    """Everything that the tab shows of a network, as JSON values.

    Raises:
        CheckpointError: no such network is offered.
    """
    path, title = networks.locate(name), networks.title(name)
    with _one_at_a_time:
        return _describe(path, title)


@lru_cache(DESCRIBED)
def _describe(path: Path, title: str) -> dict[str, Any]:
    net = load_checkpoint(path)  # one of its own: where no fields are kept it takes seconds, and the pens go on
    cost = complexity(net)
    fields = load_mean_fields(net, path) or compute_mean_fields(net)
    return {
        "title": title,
        "steps": growth(net),
        "fields": [_picture(layer, fields[layer]) for layer in _milestones(net)],
        "layers": layer_rows(net, fields),
        "parameters": cost.parameters,
        "multiply_accumulates": cost.multiply_accumulates,
    }


def _milestones(net: DigitNet) -> list[str]:
    """The stem and what every stage hands on."""
    return ["stem", *(f"stages.{index}" for index in range(len(net.stages)))]


def title_of(layer: str) -> str:
    """What a milestone is called in sentences: "Stem", "Stage 1"."""
    return "Stem" if layer == "stem" else f"Stage {int(layer.rpartition('.')[2]) + 1}"


# How the field grows ------------------------------------------------------------------------------------------------


def growth(net: DigitNet) -> list[dict[str, Any]]:
    """The field of the cell in the middle, stage by stage, each made of the fields that its taps read.

    Returns:
        For the stem and every stage: title, sentence, `box` (top, left, bottom, right in pixels of the image, not cut
        at its borders), and `taps`, the same boxes for what its taps read, in rows.
    """
    config = net.config
    fields = [PIXEL, *(receptive_field(net, layer) for layer in _milestones(net))]
    windows = [(config.stem_kernel, 1, config.stem_stride), *((s.kernel, s.dilation, s.stride) for s in config.stages)]
    y, x = (n // 2 for n in fields[-1].map_size)
    steps = []
    for index in reversed(range(len(windows))):
        kernel, dilation, stride = windows[index]
        apart = [dilation * (tap - kernel // 2) for tap in range(kernel)]
        box = _box(fields[index + 1], y, x)
        y, x = y * stride, x * stride
        steps.append(
            {
                "title": title_of(_milestones(net)[index]),
                "sentence": _sentence(net, index, fields[index], fields[index + 1]),
                "box": box,
                "taps": [_box(fields[index], y + down, x + right) for down in apart for right in apart],
            }
        )
    return steps[::-1]


def _box(field: ReceptiveField, y: int, x: int) -> list[int]:
    """Of a cell that may lie in the padding, where no map knows it."""
    top, left = y * field.stride[0] - field.padding[0], x * field.stride[1] - field.padding[1]
    return [top, left, top + field.size[0], left + field.size[1]]


def _sentence(net: DigitNet, index: int, before: ReceptiveField, after: ReceptiveField) -> str:
    config = net.config
    if index == 0:
        apart = "one pixel apart" if config.stem_stride == 1 else f"{config.stem_stride} pixels apart"
        return (
            f"The stem is a {_by(*after.size)} convolution of the image itself: a cell sees {_by(*after.size)} pixels, "
            f"and neighbouring cells look {apart}."
        )
    stage = config.stages[index - 1]
    weights = f"{stage.kernel**2} weights {'a channel' if config.separable else 'for every pair of channels'}"
    if stage.shares is not None:
        weights = f"the same {weights} as stage {stage.shares + 1}"
    sentence = (
        f"Stage {index}, dilation {stage.dilation}: the field grows from {_by(*before.size)} to {_by(*after.size)} "
        f"pixels with {weights}, whose taps lie {stage.dilation * before.stride[0]} pixels apart."
    )
    if max(after.size) > IMAGE_SIZE:
        sentence += " That is more than the image; what lies beyond its border counts as 0."
    return sentence


def _by(height: int, width: int) -> str:
    return f"{height} x {width}"


# What it looks at ---------------------------------------------------------------------------------------------------


def _picture(layer: str, mean: MeanField) -> dict[str, Any]:
    return {
        "title": title_of(layer),
        "field": to_base64(np.rint(mean.field * 255).astype(np.uint8)),
        "region": [mean.region.y[0], mean.region.x[0], mean.region.y[1], mean.region.x[1]],
        "box": [mean.box.y[0], mean.box.x[0], mean.box.y[1], mean.box.x[1]],
        "sentence": f"{_by(*mean.box.size)} of the {_by(*mean.region.size)} on the image, {100 * mean.fraction:.0f} %",
    }


# Layer by layer -----------------------------------------------------------------------------------------------------


def layer_rows(net: DigitNet, fields: dict[str, MeanField]) -> list[dict[str, Any]]:
    """The convolutions and the head, first to last: plain numbers, None where a layer has no such thing."""
    modules = dict(net.named_modules())
    costs = complexity(net).layers
    layers = [layer for layer in costs if not layer.endswith("_norm") and layer != "pool"]
    return [_row(net, layer, modules[layer], costs[layer], fields.get(layer)) for layer in layers]


def _row(net: DigitNet, layer: str, module: Any, cost: LayerComplexity, mean: MeanField | None) -> dict[str, Any]:
    field = receptive_field(net, layer)
    is_window = hasattr(module, "kernel_size")
    read = coverage(net, layer, None if is_window else (0, 0))
    return {
        "layer": layer,
        "kernel": module.kernel_size[0] if is_window else None,
        "dilation": module.dilation[0] if is_window else None,
        "stride": module.stride[0] if is_window else None,
        "map": field.map_size[0],
        "field": field.size[0],
        "pixels_read": read.read,
        "pixels_in_field": read.total,
        "effective_height": mean.box.size[0] if mean else None,
        "effective_width": mean.box.size[1] if mean else None,
        "effective_fraction": round(mean.fraction, 4) if mean else None,
        "parameters": cost.parameters,
        "multiply_accumulates": cost.multiply_accumulates,
    }
