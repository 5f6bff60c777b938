"""The tab that shows what every layer makes of the drawing; `ui.cell` describes the selected cell."""

from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, receptive_field
from model.checks import is_whole
from model.fields.gridding import windows_of
from model.inference import layer_maps
from model.layers import Layer, layers_of, milestones
from ui.cell import describe_cell
from ui.kept.networks import Networks
from ui.serving.answers import to_base64
from ui.serving.packing import packed, quantised
from ui.serving.view import given, view


def layers(networks: Networks) -> gr.HTML:
    """The maps of all layers, the fields and the arithmetic of one cell, the kernels of one stage."""
    return view("layers", given(describe_structure, networks), given(describe_kernels, networks))


# What does not change with the drawing ------------------------------------------------------------------------------


def describe_structure(networks: Networks, name: object) -> dict[str, Any]:
    """The layers of a network: what is shown before any answer arrives.

    Raises:
        CheckpointError: there is no such network.
    """
    with networks.borrow(name) as net:
        return {
            "layers": [_describe(net, layer) for layer in layers_of(net.config)],
            "classes": net.classes,
            "sentence": _comparison(net),
        }


def describe_kernels(networks: Networks, request: object) -> dict[str, Any]:
    """The kernels of one channel of a standard convolution, too many to come with the structure.

    Args:
        networks: the networks that a request may name.
        request: {network, layer, channel}.

    Returns:
        `weights`, float32 (C_in, k, k) in base64: one kernel for each channel it reads.

    Raises:
        ValueError: there is no such network, or it has no such layer or channel.
    """
    if not isinstance(request, dict):
        raise ValueError("A request for kernels needs a network, a layer and a channel.")
    with networks.borrow(request.get("network")) as net:
        layer, channel = request.get("layer"), request.get("channel")
        standard = [each.name for each in layers_of(net.config) if each.kind == "standard" and each.stage is not None]
        if layer not in standard:
            raise ValueError(f"There is no standard convolution {layer!r} in this network.")
        weights = net.get_submodule(layer).weight.detach()  # (C, C_in, k, k)
        if not is_whole(channel, 0, len(weights) - 1):
            raise ValueError(f"Layer {layer} has no channel {channel!r}; expected one from 0 to {len(weights) - 1}.")
        return {"weights": to_base64(weights[channel].float().cpu().numpy())}


def _describe(net: DigitNet, layer: Layer) -> dict[str, Any]:
    field = receptive_field(net, layer.output)
    described = {
        "layer": layer.name,
        "title": layer.title,
        "kind": layer.kind,
        "reads": layer.reads,
        "stage": layer.stage,
        "place": layer.place,
        "channels": layer.channels,
        "size": field.map_size,
        "field": field.size,
    }
    if layer.kernel > 1:
        described |= {"kernel": layer.kernel, "dilation": layer.dilation, "stride": layer.stride}
        if layer.in_channels == layer.groups:  # one kernel per channel; a standard convolution would have C x C
            described["weights"] = to_base64(net.get_submodule(layer.name).weight.detach().float().cpu().numpy())
    return described


def _comparison(net: DigitNet) -> str:
    """Why stages with the same number of weights see differently far, by this network's own numbers; or nothing."""
    stages = net.config.stages
    widest = max(range(len(stages)), key=lambda index: max(stages[index].dilations))
    alike = stages[widest].dilations == stages[0].dilations or stages[widest].kernel != stages[0].kernel
    if alike or any(stage.branches for stage in (stages[0], stages[widest])):
        return ""
    _, *layers = milestones(net.config)
    first, last = (_by(receptive_field(net, layers[index].output).size) for index in (0, widest))
    reach = windows_of(net.config)[1 + widest].reach
    return (
        f"Stage {widest + 1} reads {last} pixels, stage 1 only {first}, each through {stages[0].kernel ** 2} weights "
        f"{'per channel' if net.config.separable else 'for each pair of channels'}: at d = {stages[widest].dilation} "
        f"the taps reach over {reach} x {reach} cells of the map before."
    )


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


# What changes with every movement of the pen ------------------------------------------------------------------------


def layers_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """The maps on screen, and the selected cell.

    Args:
        net: in eval mode.
        image: uint8 (28, 28).
        parameters: `maps`, channels to send by name of the layer; `cell`, {layer, y, x, channel} or None;
            `activity`, whether to report how active every channel is.

    Returns:
        `maps`: by layer, `channels` as asked for and their `values`, bytes (channels, H, W) `packed` and in base64, of
        which 255 stands for the layer's entry in `maxima`; only 0 is sent as 0. `maxima` by layer. `bright` by
        layer, what one cell in a hundred exceeds: a good end for a colour scale. `logits`. `activity`: float32 means
        of all channels by layer, in base64. `cell`: as `describe_cell` gives it.

    Raises:
        ValueError: a parameter is not of this form, or names something the network does not have.
    """
    maps = layer_maps(net, image)
    wanted = _checked_channels(parameters.get("maps") or {}, maps)
    maxima = {layer: float(maps[layer].max()) for layer in maps if layer not in ("image", "head")}
    levels = {layer: quantised(maps[layer], maximum) for layer, maximum in maxima.items()}
    answer = {
        "maps": {
            layer: {"channels": channels, "values": to_base64(packed(levels[layer][channels]))}
            for layer, channels in wanted.items()
        },
        "maxima": {layer: round(maximum, 6) for layer, maximum in maxima.items()},
        "bright": {layer: round(maximum * _bright(levels[layer]) / 255, 6) for layer, maximum in maxima.items()},
        "logits": [round(float(logit), 5) for logit in maps["head"].ravel()],
    }
    if parameters.get("activity"):
        answer["activity"] = {layer: to_base64(maps[layer].mean((1, 2), dtype=np.float32)) for layer in maxima}
    if parameters.get("cell") is not None:
        try:
            answer["cell"] = describe_cell(net, image, maps, parameters["cell"])
        except ValueError as error:
            answer["cell"] = {"error": str(error)}
    return answer


def _bright(quantised: np.ndarray) -> int:
    """The byte that at most one cell in a hundred exceeds."""
    counts = np.bincount(quantised.ravel(), minlength=256)
    return int(np.searchsorted(np.cumsum(counts), 0.99 * quantised.size))


def _are_channels(values: object, last: int) -> bool:
    """Whether these are whole numbers from 0 to `last`, each once; hundreds of them come with every movement."""
    if not isinstance(values, list) or not set(map(type, values)) <= {int}:
        return False
    return len(set(values)) == len(values) and (not values or (min(values) >= 0 and max(values) <= last))


def _checked_channels(wanted: object, maps: dict[str, np.ndarray]) -> dict[str, list[int]]:
    known = [layer for layer in maps if layer not in ("image", "head")]
    if not isinstance(wanted, dict) or not wanted.keys() <= set(known):
        raise ValueError(f"Maps are requested by layer; expected some of {', '.join(known)}.")
    for layer, channels in wanted.items():
        last = len(maps[layer]) - 1
        if not _are_channels(channels, last):
            raise ValueError(f"The channels of {layer} are a list of whole numbers from 0 to {last}, each once.")
    return wanted
