"""The selected cell: where it looks and how its value is computed, as the page shows it."""

from typing import Any

import numpy as np

from model import DigitNet
from model.explain.arithmetic import CellArithmetic, cell_arithmetic
from model.fields.cell_fields import CellFields, cell_fields, tap_centers
from model.fields.receptive_field import Cell
from model.layers import Layer, layer_named
from ui.serving.answers import to_base64
from ui.serving.packing import quantised

MOST_TERMS = 8  # terms of a sum over channels that are shown individually


def describe_cell(net: DigitNet, image: np.ndarray, maps: dict[str, np.ndarray], cell: object) -> dict[str, Any]:
    """Where a cell looks, and how its value is computed.

    Args:
        net: in eval mode.
        image: uint8 (28, 28).
        maps: as `layer_maps(net, image)` gives them.
        cell: {layer, y, x, channel}; for the head, the channel is the class.

    Returns:
        The cell itself; `field`, its box (top, left, bottom, right) in pixels, not clipped to the image;
        `inside`, the box that carries 95 % of the influence; `lattice` and `effective`, bytes (28, 28) of which 255
        stands for the largest; `taps`, [y, x, weight] of a kernel's taps in pixels; `map` and `input`, the map of its
        channel and the map that its kernel reads; `sentence` and `words`; `arithmetic`.

    Raises:
        ValueError: the network has no such cell.
    """
    if not isinstance(cell, dict) or not {"layer", "y", "x", "channel"} <= cell.keys():
        raise ValueError("A cell needs a layer, y, x and channel.")
    name, place, channel = cell["layer"], (cell["y"], cell["x"]), cell["channel"]
    layer = layer_named(net.config, name)
    parts = cell_arithmetic(net, maps, layer.name, place, channel)
    fields = cell_fields(net, layer.output, place, image, channel)
    return {
        "layer": layer.name,
        "y": place[0],
        "x": place[1],
        "channel": channel,
        "field": fields.box.corners,
        "inside": fields.inside.corners,
        "lattice": to_base64(quantised(fields.lattice, float(fields.lattice.max()))),
        "effective": to_base64(quantised(fields.effective, float(fields.effective.max()))),
        "taps": _taps(net, layer, place, parts),
        "map": _picture(maps[layer.name][channel]) if layer.kind != "linear" else None,
        "input": _input(maps, layer, channel),
        "title": _title(net, layer, place, channel),
        "sentence": _sentence(layer, fields),
        "words": _words(layer, fields, parts.value),
        "arithmetic": describe_arithmetic(layer, parts),
    }


def _picture(values: np.ndarray) -> dict[str, Any]:
    maximum = float(values.max())
    return {"size": values.shape, "maximum": round(maximum, 6), "values": to_base64(quantised(values, maximum))}


def _input(maps: dict[str, np.ndarray], layer: Layer, channel: int) -> dict[str, Any] | None:
    """The one map that a kernel slides over; None if a cell reads several or none."""
    source = maps[layer.reads[0]]
    if len(source) == 1 and layer.has_one_kernel_a_channel:
        return _picture(source[0])
    return _picture(source[channel]) if layer.kind in ("depthwise", "pool") else None


def _taps(net: DigitNet, layer: Layer, place: Cell, parts: CellArithmetic) -> list[list[float]]:
    """Where on the image the centres of a single kernel's taps lie, and their weights."""
    if not layer.has_one_kernel_a_channel:
        return []
    centers = tap_centers(net, layer.name, place)
    return [[y, x, _short(weight)] for (y, x), weight in zip(centers, parts.weights[0].ravel(), strict=True)]


def _title(net: DigitNet, layer: Layer, place: Cell, channel: int) -> str:
    if layer.kind == "linear":
        return f"Class {net.classes[channel]}"
    if layer.kind == "pool":
        return f"Pooled feature {channel}"
    return f"{layer.title}, channel {channel}, cell ({place[0]}, {place[1]})"


def _sentence(layer: Layer, fields: CellFields) -> str:
    if layer.kind == "linear":
        return f"A class weighs all {layer.in_channels} pooled features: it sees the whole drawing."
    if layer.kind == "pool":
        return "A pooled feature is the mean of its map: it sees the whole drawing, but no longer where anything is."
    reads = f"{layer.place} reads {_by(fields.theory.size)} pixels {_around(fields)}"
    if layer.kind == "pointwise":
        return f"{reads}; its pointwise part mixes {layer.in_channels} channels of a single cell and sees no further."
    each = "per channel" if layer.has_one_kernel_a_channel else "for each pair of channels"
    apart = "" if layer.stage is None else f", d = {layer.dilation}"
    return f"{reads} through {layer.kernel**2} weights {each}{apart}."


def _words(layer: Layer, fields: CellFields, value: float) -> str:
    """The picture of the fields in words, for those who cannot see it."""
    size, region = fields.theory.size, fields.region
    read = int((fields.lattice > 0).sum())
    if layer.has_places:
        cut = "" if region.size == size else f", of which {_by(region.size)} lie on the image"
        seen = f"{_by(size)} {_around(fields)}{cut}"
    else:
        seen = "the whole image"
    if not fields.effective.any():
        # The field of a stage's output is taken after its activation, that of a depthwise convolution before it.
        off = "its value is" if layer.output != layer.name and value == 0 else "everything it reads is"
        influence = f"no pixel influences it now, because {off} zero"
    else:
        on_sum = ", on its sum, which the ReLU sets to zero" if layer.rectified and value == 0 else ""
        influence = f"95 % of the influence inside {_by(fields.inside.size)}{on_sum}"
    return f"field {seen}, {read} of {region.area} pixels read, {influence}."


def _around(fields: CellFields) -> str:
    return f"around ({fields.center[0]:g}, {fields.center[1]:g})"


def describe_arithmetic(layer: Layer, parts: CellArithmetic) -> dict[str, Any]:
    """The numbers of one cell, as the page shows them.

    Returns:
        `patch`: inputs, weights and products of a single kernel, row by row, null in the padding; or `terms`:
        [channel, input, weight, product] of the channels that contribute most, and `rest`, [how many others, the sum];
        or `mean`, how many cells. Then `sum`, `scale`, `shift`, `residual`, `rectified`, `value`.
    """
    numbers = {
        "sum": _short(parts.sum),
        "scale": _short(parts.scale),
        "shift": _short(parts.shift),
        "residual": None if parts.residual is None else _short(parts.residual),
        "rectified": parts.rectified,
        "value": _short(parts.value),
    }
    if layer.kind == "pool":
        return numbers | {"mean": parts.weights.size}
    if layer.has_one_kernel_a_channel:
        flat = parts.inside.ravel()
        return numbers | {
            "patch": {
                name: [_short(value) if on else None for value, on in zip(values[0].ravel(), flat, strict=True)]
                for name, values in (("inputs", parts.inputs), ("products", parts.products))
            }
            | {"weights": [_short(value) for value in parts.weights.ravel()]}
        }
    return numbers | _largest(layer, parts)


def _largest(layer: Layer, parts: CellArithmetic) -> dict[str, Any]:
    products = parts.products.sum((1, 2))  # (C,)
    order = np.argsort(-np.abs(products))
    if layer.kind == "linear":  # half for the class, half against it
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
    """Seven significant digits: as many as float32 has, and few enough to send."""
    return float(f"{value:.7g}")


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
