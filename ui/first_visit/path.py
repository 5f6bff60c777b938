"""The guided path: six steps over the live views, in words and numbers of the network that reads."""

from typing import Any

import gradio as gr

from model import receptive_field
from model.cost.convolution import Convolution
from model.cost.separable import effective_kernel
from model.fields.layer_fields import receptive_field_in
from model.layers import Layer, parts_of
from model.network import NetworkConfig
from ui.first_visit.dilated import dilated_stage
from ui.kept.networks import Networks
from ui.serving.view import given, view


def path(networks: Networks, question: str) -> gr.HTML:
    """The line in the page's head that leads through the views, and calls the question back that the page opens with.

    Args:
        networks: that may be named.
        question: its text, or "" where there is none.
    """
    return view("path", given(describe_path, networks), question=question)


def describe_path(networks: Networks, name: object) -> dict[str, Any]:
    """The six steps for a network.

    Returns:
        `steps`, each with its `check`, what it says (`sentence`), what is to be done (`task`), what is said once it is
        done (`found`), the `tab` that it is done on, or None for any, the `place` to bring into sight, as a CSS
        selector, and the `layer` that a cell is to be pinned in, or None.

    Raises:
        ValueError: there is no such network, or it has no undilated and dilated stage that can be compared.
    """
    with networks.borrow(name) as net:
        config = net.config
        widest = dilated_stage(config)
        before = config.stages[: widest or 0]
        near = next((index for index, stage in enumerate(before) if stage.dilation == 1), None)
        if widest is None or near is None:
            raise ValueError(
                "The path needs a separable network with a dilated stage after an undilated one with as many weights: "
                "choose another under the drawing."
            )
        fields = [receptive_field(net, part[-1].output).size[0] for part in parts_of(config)]
    parts = parts_of(config)[1:]
    return {
        "steps": [
            {
                "check": "draw",
                "sentence": "The network reads what you draw while you draw it.",
                "task": "Draw a digit on the sheet.",
                "found": "It read while you drew, and every map on this page kept up.",
                "tab": None,
                "place": "#canvas .sheet",
                "layer": None,
            },
            _window(config, near, parts[near][0], fields),
            _apart(config, widest, parts[widest][0], fields),
            _weigh(config, widest, parts[widest]),
            {
                "check": "fool",
                "sentence": "It knows ink, not digits. Misread shows what it is given, and which step decides.",
                "task": "Change your drawing until it is not sure, or finds it unlike anything it has learned.",
                "found": "Fooled. The steps say what it saw; cover the ink bit by bit to see which stroke decides.",
                "tab": "Misread",
                "place": "#misread .verdict-steps",
                "layer": None,
            },
            {
                "check": "teach",
                "sentence": "A few drawings teach it your handwriting; other people's digits show what that costs.",
                "task": "Keep some drawings under the digit that you mean, then press Teach.",
                "found": "It has learned. Before and after, below, says what it reads now, and what that cost.",
                "tab": "Teach",
                "place": "#teach .box",
                "layer": None,
            },
        ]
    }


def _window(config: NetworkConfig, index: int, layer: Layer, fields: list[int]) -> dict[str, Any]:
    kernel, dilation = config.stages[index].kernel, config.stages[index].dilation
    reach = effective_kernel(kernel, dilation)
    before, after = fields[index : index + 2]
    return {
        "check": "cell",
        "sentence": (
            f"A cell of a depthwise map looks through {kernel**2} weights at {reach} x {reach} cells of the map before "
            f"it: d = {dilation}."
        ),
        "task": f"Pin a cell of the {layer.title.lower()} maps: click or tap one that has colour.",
        "found": (
            f"Each of the {reach} x {reach} cells sees {before} x {before} pixels of your drawing, all of them "
            f"together {after} x {after}: the box in its picture."
        ),
        "tab": "Layers",
        "place": _maps_of(layer),
        "layer": layer.name,
    }


def _apart(config: NetworkConfig, far: int, layer: Layer, fields: list[int]) -> dict[str, Any]:
    stage, twin = config.stages[far], config.undilated()
    reach = effective_kernel(stage.kernel, stage.dilation)
    narrow, wide = receptive_field_in(twin, parts_of(twin)[far + 1][-1].output).size[0], fields[far + 1]
    return {
        "check": "cell",
        "sentence": (
            f"Stage {far + 1} has {stage.kernel**2} weights per channel as well, {stage.dilation} cells apart "
            f"(d = {stage.dilation}): they reach over {reach} x {reach} cells."
        ),
        "task": f"Pin a cell of the {layer.title.lower()} maps that has colour.",
        "found": (
            f"It sees {wide} x {wide} pixels. If no stage were dilated, it would see {narrow} x {narrow} with as many "
            "weights: that is what dilation does."
        ),
        "tab": "Layers",
        "place": _maps_of(layer),
        "layer": layer.name,
    }


def _weigh(config: NetworkConfig, index: int, part: tuple[Layer, ...] | list[Layer]) -> dict[str, Any]:
    stage, layer = config.stages[index], part[-1]
    shape = Convolution(config.input_channels(index), stage.channels, stage.kernel, stage.kernel, stage.dilation)
    costs = shape.costs()
    few, many = costs["separable"].parameters, costs["standard"].parameters
    return {
        "check": "cell",
        "sentence": (
            f"Depthwise looks around in each channel, pointwise mixes all {layer.in_channels}: {few:,} weights, where "
            f"a standard convolution has {many:,}."
        ),
        "task": f"Pin a cell of the {layer.title.lower()} maps that has colour.",
        "found": (
            f"{many / few:.1f} times fewer weights for the same window, drawn to scale in the cell's panel. The price: "
            "a channel is searched for one pattern, which all outputs share."
        ),
        "tab": "Layers",
        "place": _maps_of(layer),
        "layer": layer.name,
    }


def _maps_of(layer: Layer) -> str:
    return f'#layers .strip:has([data-layer="{layer.name}"])'
