"""The tab that shows what the chosen network is made of: how its fields grow, what they look at, each layer's cost."""

import threading
from collections import OrderedDict
from math import prod
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, NetworkConfig, complexity, load_checkpoint, receptive_field
from model.checks import fields_of
from model.cost.budget import WHOLE_FIELD, drawings_for_mean_fields
from model.cost.complexity import LayerComplexity
from model.drawing.examples import example_images
from model.drawing.strokes import IMAGE_SIZE
from model.fields.gridding import windows_of
from model.fields.layer_fields import coverage, receptive_field_in
from model.fields.mean_fields import MeanField, load_mean_fields
from model.fields.receptive_field import ReceptiveField
from model.layers import Layer, layers_of, milestones, parts_of
from ui.apart import measure_fields
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.network_store import is_key
from ui.kept.networks import Networks
from ui.serving.answers import to_base64
from ui.serving.view import view

IMAGE = (IMAGE_SIZE, IMAGE_SIZE)
PIXEL = ReceptiveField((1, 1), (1, 1), (0, 0), IMAGE, IMAGE)  # a pixel, which sees itself
DESCRIBED = 64  # networks whose description is cached


def architecture(networks: Networks, jobs: Jobs, processes: Processes) -> gr.HTML:
    """The figure that grows, the mean effective fields, and the table of all layers."""
    descriptions = Descriptions(networks, jobs, processes)
    return view("network/architecture", descriptions.describe_architecture, jobs.job_progress)


class Descriptions:
    """Everything that the tab shows about networks, as JSON values; arguments as for `architecture`."""

    def __init__(self, networks: Networks, jobs: Jobs, processes: Processes) -> None:
        self._networks, self._jobs, self._processes = networks, jobs, processes
        self._kept: OrderedDict[Path, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def describe_architecture(self, request: object) -> dict[str, Any]:
        """The description of a network, at once where its fields are kept in a file.

        Args:
            request: {network}.

        Returns:
            The description, or `job`, to ask about it with; then it is the job's outcome.

        Raises:
            ValueError: no such network is offered, or too many jobs are waiting.
        """
        (name,) = fields_of(request, "network")
        path, title = self._networks.locate(name), self._networks.title(name)
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return {**self._kept[path], "title": title}
        if not is_key(name):
            net = self._networks.load(name)
            if fields := load_mean_fields(net, path):
                return self._keep(path, _describe(net, title, fields))

        def work(report: Report) -> dict[str, Any]:
            fields = self._processes.run(measure_fields, (path,), report)
            net = load_checkpoint(path)
            return self._keep(path, {**_describe(net, title, fields), "note": _on_drawings(net.config)})

        return {"job": self._jobs.start(work, "mean fields", quick=True)}

    def _keep(self, path: Path, description: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._kept[path] = description
            if len(self._kept) > DESCRIBED:
                self._kept.popitem(last=False)
        return description


def _on_drawings(config: NetworkConfig) -> str:
    """Over how few drawings the fields of a large network were averaged; nothing where it was all of them."""
    every = len(example_images())
    count = drawings_for_mean_fields(config, every)
    if count == every:
        return ""
    return f"This network is large: what its layers look at is averaged over {count} of the {every} example drawings."


def _describe(net: DigitNet, title: str, fields: dict[str, MeanField]) -> dict[str, Any]:
    cost = complexity(net)
    return {
        "title": title,
        "steps": growth(net.config),
        "fields": [_picture(layer.place, fields[layer.output]) for layer in milestones(net.config)],
        "layers": layer_rows(net, fields),
        "parameters": cost.parameters,
        "multiply_accumulates": cost.multiply_accumulates,
    }


# How the field grows ------------------------------------------------------------------------------------------------


def growth(config: NetworkConfig) -> list[dict[str, Any]]:
    """The field of the middle cell, stage by stage, each made up of the fields that its taps read.

    Returns:
        For the stem and every stage: title, sentence, `box` (top, left, bottom, right in pixels of the image, not cut
        at its borders), and `taps`, the same boxes for what its taps read, in rows.
    """
    parts, windows = parts_of(config), windows_of(config)
    layers = [part[-1] for part in parts]
    fields = [PIXEL, *(receptive_field_in(config, layer.output) for layer in layers)]
    y, x = (n // 2 for n in fields[-1].map_size)
    steps = []
    for index in reversed(range(len(windows))):
        stride = windows[index].stride
        box = _box(fields[index + 1], y, x)
        y, x = y * stride, x * stride
        steps.append(
            {
                "title": layers[index].place,
                "sentence": _sentence(config, index, fields[index], fields[index + 1]),
                "box": box,
                "taps": [_box(fields[index], y + down, x + right) for down, right in _taps(parts[index])],
            }
        )
    return steps[::-1]


def _taps(part: list[Layer]) -> list[tuple[int, int]]:
    """Where the taps of the stem or a stage lie from the middle one, those of all dilations side by side."""
    places = {}
    for layer in (layer for layer in part if layer.kernel > 1 or layer is part[0]):
        apart = [layer.dilation * (tap - layer.kernel // 2) for tap in range(layer.kernel)]
        places |= {(down, right): None for down in apart for right in apart}
    return list(places)


def _box(field: ReceptiveField, y: int, x: int) -> list[int]:
    """The field of a cell, which may also lie in the padding, outside the map."""
    top, left = y * field.stride[0] - field.padding[0], x * field.stride[1] - field.padding[1]
    return [top, left, top + field.size[0], left + field.size[1]]


def _sentence(config: NetworkConfig, index: int, before: ReceptiveField, after: ReceptiveField) -> str:
    if index == 0:
        apart = "one pixel apart" if config.stem_stride == 1 else f"{config.stem_stride} pixels apart"
        return (
            f"The stem is a {_by(*after.size)} convolution of the image itself: a cell sees {_by(*after.size)} pixels, "
            f"and neighbouring cells look {apart}."
        )
    stage = config.stages[index - 1]
    if stage.kernel == 1:
        return (
            f"Stage {index} has 1 x 1 kernels, which see no neighbours: the field stays at {_by(*after.size)} pixels."
        )
    weights = f"{stage.kernel**2} weights {'per channel' if config.separable else 'for each pair of channels'}"
    if stage.shares is not None:
        weights = f"the same {weights} as stage {stage.shares + 1}"
    sentence = (
        f"Stage {index}, dilation {stage.written}: the field grows from {_by(*before.size)} to {_by(*after.size)} "
        f"pixels with {weights}{' and dilation' if stage.branches else ''}, whose taps lie "
        f"{' or '.join(str(dilation * before.stride[0]) for dilation in stage.dilations)} pixels apart."
    )
    if max(after.size) > IMAGE_SIZE:
        sentence += " That is more than the image; everything beyond its border counts as 0."
    return sentence


def _by(height: int, width: int) -> str:
    return f"{height} x {width}"


# What it looks at ---------------------------------------------------------------------------------------------------


def _picture(title: str, mean: MeanField) -> dict[str, Any]:
    return {
        "title": title,
        "field": to_base64(np.rint(mean.field * 255).astype(np.uint8)),
        "region": mean.region.corners,
        "box": mean.box.corners,
        "sentence": f"{_by(*mean.box.size)} of {_by(*mean.region.size)} pixels ({100 * mean.fraction:.0f} %)",
    }


# Layer by layer -----------------------------------------------------------------------------------------------------


def layer_rows(net: DigitNet, fields: dict[str, MeanField]) -> list[dict[str, Any]]:
    """The convolutions and the head, first to last: plain numbers, None where one does not apply to a layer."""
    costs = complexity(net).layers
    weighted = (layer for layer in layers_of(net.config) if layer.weights)
    return [_row(net, layer, costs[layer.name], fields.get(layer.output)) for layer in weighted]


def _row(net: DigitNet, layer: Layer, cost: LayerComplexity, mean: MeanField | None) -> dict[str, Any]:
    field = receptive_field(net, layer.name)
    read = _pixels_read(net, layer)
    return {
        "layer": layer.name,
        "kernel": layer.kernel if layer.is_convolution else None,
        "dilation": layer.dilation if layer.is_convolution else None,
        "stride": layer.stride if layer.is_convolution else None,
        "map": field.map_size[0],
        "field": field.size[0],
        "pixels_read": read,
        "pixels_in_field": prod(field.size) if layer.is_convolution else prod(field.region(0, 0).size),
        "effective_height": mean.box.size[0] if mean else None,
        "effective_width": mean.box.size[1] if mean else None,
        "region_height": mean.region.size[0] if mean else None,
        "region_width": mean.region.size[1] if mean else None,
        "effective_fraction": round(mean.fraction, 4) if mean else None,
        "parameters": cost.parameters,
        "multiply_accumulates": cost.multiply_accumulates,
    }


def _pixels_read(net: DigitNet, layer: Layer) -> int | None:
    """How many pixels of its field a cell reads; None where there are too many to count."""
    if not layer.is_convolution:
        return coverage(net, layer.name, (0, 0)).read
    too_many = prod(receptive_field(net, layer.name).size) > WHOLE_FIELD
    return None if too_many else coverage(net, layer.name).read
