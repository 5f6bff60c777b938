"""The tab that shows what every layer makes of the drawing, and where the selected cell looks."""

from functools import lru_cache
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, NetworkConfig, effective_receptive_field, receptive_field
from model.explain.arithmetic import CellArithmetic, cell_arithmetic
from model.fields.effective_field import carrying_box
from model.fields.receptive_field import Cell, Region, count_paths
from model.layer_maps import layer_maps, map_layers, output_name, source_layer
from model.layers import IMAGE, layer_chain
from ui.serving.answers import to_base64
from ui.serving.networks import Networks
from ui.serving.view import given, view

MOST_TERMS = 8  # of a sum over channels, how many are shown by themselves
CELLS_IN_MEMORY = 4096  # lattices of 6 kB each


def layers(networks: Networks) -> gr.HTML:
    """Maps of all layers, the fields and the arithmetic of one cell, the kernels of one stage."""
    return view("layers", given(describe_structure, networks), given(describe_kernels, networks))


# What does not change with the drawing ------------------------------------------------------------------------------


def describe_structure(networks: Networks, name: object) -> dict[str, Any]:
    """The layers of a network: what is drawn before anything is answered.

    Raises:
        CheckpointError: no such network is offered.
    """
    with networks.borrow(name) as net:
        return {
            "layers": [_layer(net, layer) for layer in map_layers(net)],
            "classes": net.classes,
            "sentence": _comparison(net),
        }


def describe_kernels(networks: Networks, request: object) -> dict[str, Any]:
    """The kernels of one channel of a standard convolution, too many to come with the structure.

    Args:
        networks: that may be named.
        request: {network, layer, channel}.

    Returns:
        `weights`, float32 (C_in, k, k) in base64: a kernel for each channel that is read.

    Raises:
        ValueError: no such network is offered, or it has no such layer or channel.
    """
    if not isinstance(request, dict):
        raise ValueError("Kernels are asked for by the names of a network and a layer, and a channel.")
    with networks.borrow(request.get("network")) as net:
        layer, channel = request.get("layer"), request.get("channel")
        if not isinstance(layer, str) or not layer.endswith(".conv") or layer not in map_layers(net):
            raise ValueError(f"There is no standard convolution {layer!r} in this network.")
        weights = net.get_submodule(layer).weight.detach()  # (C, C_in, k, k)
        if not _is_index(channel, len(weights) - 1):
            raise ValueError(f"Layer {layer} has no channel {channel!r}; expected one from 0 to {len(weights) - 1}.")
        return {"weights": to_base64(weights[channel].float().cpu().numpy())}


def _layer(net: DigitNet, layer: str) -> dict[str, Any]:
    module = net.get_submodule(layer)
    field = receptive_field(net, output_name(layer))
    channels = len(net.classes) if layer == "head" else _channels(net, layer)
    described = {
        "layer": layer,
        "title": title_of(layer),
        "channels": channels,
        "size": field.map_size,
        "field": field.size,
    }
    if hasattr(module, "kernel_size") and module.kernel_size != (1, 1):
        described |= {"kernel": module.kernel_size[0], "dilation": module.dilation[0], "stride": module.stride[0]}
        if module.weight.shape[1] == 1:  # one kernel a channel: of a standard convolution there would be C x C
            described["weights"] = to_base64(module.weight.detach().float().cpu().numpy())
    return described


def _channels(net: DigitNet, layer: str) -> int:
    if layer == "stem":
        return net.config.stem_channels
    if layer == "pool":
        return net.config.stages[-1].channels
    index = int(layer.split(".")[1])
    return net.config.input_channels(index) if layer.endswith(".depthwise") else net.config.stages[index].channels


def _comparison(net: DigitNet) -> str:
    """Why stages of as many weights see differently far, by this network's own numbers."""
    stages = net.config.stages
    widest = max(range(len(stages)), key=lambda index: stages[index].dilation)
    first, last = (_by(receptive_field(net, f"stages.{index}").size) for index in (0, widest))
    if stages[widest].dilation == stages[0].dilation or stages[widest].kernel != stages[0].kernel:
        return "Point at a cell of any map to see where on the drawing it looks; click or press Enter to pin it."
    reach = stages[widest].dilation * (stages[widest].kernel - 1) + 1
    return (
        f"Stage {widest + 1} reads {last} pixels and stage 1 {first}, each through {stages[0].kernel ** 2} weights "
        f"{'a channel' if net.config.separable else 'for every pair of channels'}: at d = {stages[widest].dilation} "
        f"the taps reach over {reach} x {reach} cells of the map before. Point at a cell to see where it looks."
    )


def title_of(layer: str) -> str:
    """What a map is called in sentences: "Stage 1 depthwise"; stages count from 1 as they do on the page."""
    if not layer.startswith("stages."):
        return {"image": "Image", "stem": "Stem", "pool": "Pooled features", "head": "Classes"}[layer]
    _, index, part = layer.split(".")
    return f"Stage {int(index) + 1}" + ("" if part == "conv" else f" {part}")


# What changes with every movement of the pen ------------------------------------------------------------------------


def layers_part(net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """The maps that are on screen, and the cell that is pointed at.

    Args:
        net: in eval mode.
        image: uint8 (28, 28).
        parameters: `maps`, channels to send by name of the layer; `cell`, {layer, y, x, channel} or None;
            `activity`, whether to tell how active every channel is.

    Returns:
        `maps`: by layer, `channels` as asked for and their `values`, bytes (channels, H, W) `packed` and in base64, of
        which 255 stands for the layer's entry in `maxima`; only what is 0 is sent as 0. `maxima` by layer. `bright` by
        layer, what one cell in a hundred exceeds: where a colour scale ends well. `logits`. `activity`: float32 means
        of all channels by layer, in base64. `cell`: as `describe_cell` gives it.

    Raises:
        ValueError: a parameter is not of this form, or names what the network does not have.
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


def _checked_channels(wanted: object, maps: dict[str, np.ndarray]) -> dict[str, list[int]]:
    known = [layer for layer in maps if layer not in ("image", "head")]
    if not isinstance(wanted, dict) or not wanted.keys() <= set(known):
        raise ValueError(f"Maps are asked for by the name of their layer; expected some of {', '.join(known)}.")
    for layer, channels in wanted.items():
        last = len(maps[layer]) - 1
        whole = isinstance(channels, list) and all(_is_index(channel, last) for channel in channels)
        if not whole or len(set(channels)) < len(channels):
            raise ValueError(f"The channels of {layer} are a list of whole numbers from 0 to {last}, each once.")
    return wanted


def _is_index(value: object, last: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= last


def quantised(values: np.ndarray, maximum: float) -> np.ndarray:
    """Values from 0 to `maximum` as bytes; what is above 0 stays above 0."""
    if maximum <= 0:
        return np.zeros(values.shape, np.uint8)
    return np.maximum(np.rint(values * (255 / maximum)), values > 0).astype(np.uint8)


def packed(levels: np.ndarray) -> np.ndarray:
    """Half of the bytes or less, for behind a ReLU most are 0: a bit for each, set where it is not, then those.

    Args:
        levels: uint8, any shape.

    Returns:
        uint8 (ceil(size / 8) + count of what is not 0,); the first byte of `levels` has the highest bit.
    """
    on = levels != 0
    return np.concatenate([np.packbits(on), levels[on]])


# The cell that is pointed at ----------------------------------------------------------------------------------------


def describe_cell(net: DigitNet, image: np.ndarray, maps: dict[str, np.ndarray], cell: object) -> dict[str, Any]:
    """Where a cell looks, and how its value comes about.

    Args:
        net: in eval mode.
        image: uint8 (28, 28).
        maps: as `layer_maps(net, image)` gives them.
        cell: {layer, y, x, channel}; of the head, the channel is the class.

    Returns:
        The cell itself; `field`, its box (top, left, bottom, right) in pixels, not cut at the image's borders;
        `inside`, the box that carries 95 % of the influence; `lattice` and `effective`, bytes (28, 28) of which 255
        stands for the largest; `taps`, [y, x, weight] of a kernel's taps in pixels; `map` and `input`, the map of its
        channel and the map that its kernel reads; `sentence` and `words`; `arithmetic`.

    Raises:
        ValueError: the network has no such cell.
    """
    if not isinstance(cell, dict) or not {"layer", "y", "x", "channel"} <= cell.keys():
        raise ValueError("A cell is named by its layer, y, x and channel.")
    layer, place, channel = cell["layer"], (cell["y"], cell["x"]), cell["channel"]
    if not isinstance(layer, str):
        raise ValueError(f"There is no map of a layer {layer!r}; expected one of {', '.join(map_layers(net))}.")
    parts = cell_arithmetic(net, maps, layer, place, channel)
    module = output_name(layer)
    field = receptive_field(net, module)
    center = field.center_of(*place)
    lattice = lattice_of(net.config, module, place)
    effective = effective_receptive_field(net, module, place, image, channel)
    inside = carrying_box(effective, center)
    region = field.region(*place)
    return {
        "layer": layer,
        "y": place[0],
        "x": place[1],
        "channel": channel,
        "field": field.region(*place, clipped=False).corners,
        "inside": inside.corners,
        "lattice": to_base64(quantised(lattice, float(lattice.max()))),
        "effective": to_base64(quantised(effective, float(effective.max()))),
        "taps": _taps(net, layer, place, parts),
        "map": _picture(maps[layer][channel]) if layer != "head" else None,
        "input": _input(net, maps, layer, channel),
        "title": _title(net, layer, place, channel),
        "sentence": _sentence(net, layer, center),
        "words": _words(layer, field.size, center, region, lattice, effective, inside, parts.value),
        "arithmetic": describe_arithmetic(net, layer, parts),
    }


@lru_cache(CELLS_IN_MEMORY)
def lattice_of(config: NetworkConfig, module: str, place: Cell) -> np.ndarray:
    """As `tap_lattice`; kept by the network's shape, which is all that it depends on."""
    return count_paths(layer_chain(config, module), place, IMAGE).astype(np.float64)


def _picture(values: np.ndarray) -> dict[str, Any]:
    maximum = float(values.max())
    return {"size": values.shape, "maximum": round(maximum, 6), "values": to_base64(quantised(values, maximum))}


def _input(net: DigitNet, maps: dict[str, np.ndarray], layer: str, channel: int) -> dict[str, Any] | None:
    """The one map that a kernel slides over; None where a cell reads several or none."""
    source = maps[source_layer(net, layer)]
    if layer == "stem":
        return _picture(source[0])
    return _picture(source[channel]) if layer.endswith(".depthwise") or layer == "pool" else None


def _taps(net: DigitNet, layer: str, place: Cell, parts: CellArithmetic) -> list[list[float]]:
    """Where on the image the centres of a single kernel's taps lie, with their weights."""
    if layer != "stem" and not layer.endswith(".depthwise"):
        return []
    module = net.get_submodule(layer)
    source = source_layer(net, layer)
    step, start = 1, 0.0
    if source != "image":
        before = receptive_field(net, output_name(source))
        step, start = before.stride[0], before.center[0]
    y, x = (at * module.stride[0] - module.padding[0] for at in place)
    return [
        [
            start + step * (y + module.dilation[0] * row),
            start + step * (x + module.dilation[0] * column),
            _short(parts.weights[0, row, column]),
        ]
        for row in range(module.kernel_size[0])
        for column in range(module.kernel_size[1])
    ]


def _title(net: DigitNet, layer: str, place: Cell, channel: int) -> str:
    if layer == "head":
        return f"Class {net.classes[channel]}"
    if layer == "pool":
        return f"Pooled feature {channel}"
    return f"{title_of(layer)}, channel {channel}, cell ({place[0]}, {place[1]})"


def _sentence(net: DigitNet, layer: str, center: tuple[float, float]) -> str:
    if layer == "head":
        return f"A class weighs all {net.config.stages[-1].channels} pooled features: it sees the whole drawing."
    if layer == "pool":
        return "A pooled feature is the mean of its map: it sees the whole drawing and no longer where."
    stem = layer == "stem"
    size = _by(receptive_field(net, output_name(layer)).size)
    reads = f"{title_of(layer).partition(' pointwise')[0].partition(' depthwise')[0]} reads {size} pixels"
    around = f"around ({center[0]:g}, {center[1]:g})"
    if layer.endswith(".pointwise"):
        channels = net.config.input_channels(int(layer.split(".")[1]))
        return f"{reads} {around}; its pointwise part mixes {channels} channels of one place and sees no further."
    kernel, dilation = net.get_submodule(layer).kernel_size[0], net.get_submodule(layer).dilation[0]
    through = f"through {kernel**2} weights {'for every pair of channels' if layer.endswith('.conv') else 'a channel'}"
    return f"{reads} {around} {through}{'' if stem else f', d = {dilation}'}."


def _words(
    layer: str,
    size: tuple[int, int],
    center: tuple[float, float],
    region: Region,
    lattice: np.ndarray,
    effective: np.ndarray,
    inside: Region,
    value: float,
) -> str:
    """The picture of the fields, for those who cannot see it."""
    read = int((lattice > 0).sum())
    if layer in ("pool", "head"):
        seen = "the whole image"
    else:
        cut = "" if region.size == size else f", of which {_by(region.size)} lie on the image"
        seen = f"{_by(size)} around ({center[0]:g}, {center[1]:g}){cut}"
    if not effective.any():
        # The field of a stage's output is taken after its activation, that of a depthwise convolution before it.
        off = "it is" if layer != output_name(layer) and value == 0 else "all that it reads is"
        influence = f"no pixel moves it now, for {off} off"
    else:
        influence = f"95 % of the influence inside {_by(inside.size)}"
    return f"field {seen}, {read} of {region.area} pixels read, {influence}."


def describe_arithmetic(net: DigitNet, layer: str, parts: CellArithmetic) -> dict[str, Any]:
    """The numbers of one cell, as they are shown.

    Returns:
        `patch`: inputs, weights and products of a single kernel, row by row, null in the padding; or `terms`:
        [name, input, weight, product] of the channels that count most, and `rest`, [how many others, their sum]; or
        `mean`, how many cells. Then `sum`, `scale`, `shift`, `residual`, `value`.
    """
    numbers = {
        "sum": _short(parts.sum),
        "scale": _short(parts.scale),
        "shift": _short(parts.shift),
        "residual": None if parts.residual is None else _short(parts.residual),
        "rectified": parts.rectified,
        "value": _short(parts.value),
    }
    if layer == "pool":
        return numbers | {"mean": parts.weights.size}
    if layer == "stem" or layer.endswith(".depthwise"):
        flat = parts.inside.ravel()
        return numbers | {
            "patch": {
                name: [_short(value) if on else None for value, on in zip(values[0].ravel(), flat, strict=True)]
                for name, values in (("inputs", parts.inputs), ("products", parts.products))
            }
            | {"weights": [_short(value) for value in parts.weights.ravel()]}
        }
    return numbers | _largest(layer, parts)


def _largest(layer: str, parts: CellArithmetic) -> dict[str, Any]:
    products = parts.products.sum((1, 2))  # (C,)
    order = np.argsort(-np.abs(products))
    if layer == "head":  # as many for the class as against it
        half = MOST_TERMS // 2
        order = [*[c for c in order if products[c] > 0][:half], *[c for c in order if products[c] < 0][:half]]
    shown = [int(c) for c in order[:MOST_TERMS]]
    single = parts.weights.shape[1:] == (1, 1)
    terms = [
        [c, *((_short(parts.inputs[c, 0, 0]), _short(parts.weights[c, 0, 0])) if single else (None, None)),
         _short(products[c])]
        for c in shown
    ]  # fmt: skip
    others = np.delete(products, shown)
    return {"terms": terms, "rest": [len(others), _short(others.sum())]}


def _short(value: float) -> float:
    """Seven digits: as many as float32 has, and few enough to send."""
    return float(f"{value:.7g}")


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
