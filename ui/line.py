"""A line: read under the pen, its maps, and the endpoint for other programs."""

import threading
from functools import lru_cache
from typing import Any

import gradio as gr
import numpy as np

from model import rasterize_line
from model.checks import check_object, fields_of, is_whole
from model.drawing.samples import MAX_SAMPLES
from model.drawing.strokes import IMAGE_SIZE, check_drawing
from model.fields.layer_fields import last_field, layer_chain
from model.fields.receptive_field import receptive_field_of
from model.layers import Layer
from model.line.checkpoint import line_names, load_line, read_line_metadata
from model.line.decoding import LineDigit, LineReading, read
from model.line.maps import line_layers, line_maps
from model.line.network import ANSWERS, LineNet
from model.line.strip import CANVAS_WIDTH, MAX_WIDTH, LineError, fit_line
from model.network import NetworkConfig
from ui.serving.answers import in_sequence, to_base64
from ui.serving.faults import one_sentence
from ui.serving.packing import as_array, quantised
from ui.serving.view import view

FIRST = "line"  # the network that reads lines
IN_MEMORY = 4  # networks
MOST_CHANNELS = 2048  # maps in one answer


class Lines:
    """The networks that read lines, and what the page and its endpoint ask of them."""

    def __init__(self) -> None:
        self._names = line_names()
        self._loaded = lru_cache(IN_MEMORY)(load_line)
        self._at_work = threading.Lock()  # one at a time: on two cores a second one would only slow the first

    @property
    def is_there(self) -> bool:
        """Whether there is a network that reads lines."""
        return FIRST in self._names

    def undilated(self) -> str | None:
        """The network to compare with, every dilation of which is 1, if there is one."""
        for name in self._names:
            stages = NetworkConfig.from_dict(read_line_metadata(name)["config"]).stages
            if all(stage.stride == 1 and set(stage.dilations) == {1} for stage in stages):
                return name
        return None

    def compared(self) -> str:
        """What the network without dilation sees and reads instead, in sentences; empty if there is none."""
        if not self.is_there or not (name := self.undilated()):
            return ""
        metadata = [read_line_metadata(each) for each in (name, FIRST)]
        narrow, wide = (last_field(NetworkConfig.from_dict(each["config"])) for each in metadata)
        said = f"Every dilation 1: a cell of the last stage sees {narrow} x {narrow} pixels, not {wide} x {wide}."
        try:
            narrow, wide = (each["figures"]["pendigits"]["touching"] for each in metadata)
        except KeyError:
            return said
        return (
            f"{said} Of {narrow['lines']:,} lines whose digits touch, it reads {100 * narrow['right']:.1f} % right, "
            f"not {100 * wide['right']:.1f} %; the ink it assigns to a digit overlaps with the digit's own by "
            f"{narrow['iou']:.3f}, not {wide['iou']:.3f}."
        )

    def load(self, name: object) -> LineNet:
        """The network of that name.

        Raises:
            ValueError: there is none.
            CheckpointError: its file is damaged.
        """
        if not self._names:
            raise ValueError("There is no network that reads lines; python -m model.line.train makes one.")
        if not isinstance(name, str) or name not in self._names:
            raise ValueError(f"There is no network of that name; expected one of {', '.join(self._names)}.")
        return self._loaded(name)

    def read_line(self, request: dict[str, Any]) -> dict[str, Any]:
        """The digits of a line, and some of the network's maps.

        Args:
            request: {sequence, line, network, maps}: strokes on a canvas five times as wide as high; the channels of
                the maps to send, by layer, or None.

        Returns:
            What assets/page/lines.js says; where the request is not valid, `error`, one sentence, with its `sequence`.
        """
        return in_sequence(request, self._answer)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        name, drawing, wanted = fields_of(request, "network", "line", "maps")
        net = self.load(name)
        fit, strip = fit_line(check_drawing(drawing, CANVAS_WIDTH)), rasterize_line(drawing)
        wanted = _checked(net, wanted or {})
        with self._at_work:
            reading = read(net, strip)
            maps = line_maps(net, strip) if wanted else {}
        return {
            "network": name,
            "width": fit.width,
            "scale": fit.scale,
            "shift": fit.shift,
            "strip": to_base64(strip),
            "digits": [_described(digit) for digit in reading.digits],
            "mask": to_base64(reading.mask.astype(np.int8)),
            "maps": {layer: _packed(maps[layer], channels) for layer, channels in wanted.items()},
        }

    def reading_of(self, drawing: object, name: str) -> tuple[np.ndarray, LineReading]:
        """The strip of a line's drawing, and what it says.

        Raises:
            ValueError: there is no such network, or it is not a drawing of a line.
        """
        net, strip = self.load(name), rasterize_line(drawing)
        with self._at_work:
            return strip, read(net, strip)

    def describe_line(self, request: object) -> dict[str, Any]:
        """The layers of a network that reads lines, for its maps and the fields of their cells.

        Args:
            request: {network}.

        Raises:
            ValueError: there is no such network.
        """
        (name,) = fields_of(request, "network")
        config = self.load(name).config
        return {"network": name, "layers": [_layer(config, layer) for layer in line_layers(config)]}


def _layer(config: NetworkConfig, layer: Layer) -> dict[str, Any]:
    field = receptive_field_of(layer_chain(config, layer.output), (IMAGE_SIZE, MAX_WIDTH))
    return {
        "layer": layer.name,
        "title": layer.title,
        "kind": layer.kind,
        "stage": layer.stage,
        "reads": layer.reads,
        "residual": layer.residual,
        "channels": layer.channels,
        "kernel": layer.kernel,
        "stride": layer.stride,
        "dilation": layer.dilation,
        "field": field.size[0],
        "step": field.stride[0],
        "padding": field.padding[0],
    }


def _checked(net: LineNet, wanted: object) -> dict[str, list[int]]:
    channels = {layer.name: layer.channels for layer in line_layers(net.config)}
    chosen = check_object("The maps of a line", wanted, channels)
    for name, own in chosen.items():
        if not isinstance(own, list) or not all(is_whole(channel, 0, channels[name] - 1) for channel in own):
            raise LineError(f"The channels of {name} are a list of whole numbers from 0 to {channels[name] - 1}.")
    if sum(map(len, chosen.values())) > MOST_CHANNELS:
        raise LineError(f"At most {MOST_CHANNELS:,} maps can be sent at once.")
    return chosen


def _packed(maps: np.ndarray, channels: list[int]) -> dict[str, Any]:
    maximum = float(maps.max())
    return {
        "channels": channels,
        "size": maps.shape[1:],
        "maximum": round(maximum, 6),
        "values": to_base64(quantised(maps[channels], maximum)),
    }


def _described(digit: LineDigit) -> dict[str, Any]:
    return {
        "label": digit.label,
        "probability": round(digit.probability, 5),
        "second": {"label": digit.second, "probability": round(digit.second_probability, 5)},
        "box": [round(edge, 2) for edge in digit.box],
        "unlike": not digit.is_digit,
    }


def line_view(lines: Lines) -> gr.HTML:
    """What a line says, under its sheet: number, boxes, the digit of each pixel."""
    return view(
        "line",
        lines.read_line,
        isThere=lines.is_there,
        undilated=lines.undilated(),
        compared=lines.compared(),
        answers=ANSWERS,
        most=MAX_SAMPLES,
    )


def line_maps_view(lines: Lines) -> gr.HTML:
    """A line's maps, with the field of the cell that is pointed at."""
    return view("line/maps", lines.describe_line)


class LineEndpoint:
    """What programs may call."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def read_line(self, drawing: str, network: str = FIRST) -> dict[str, Any]:
        """Read a line of drawn digits: the number, a box around each digit, the digit of each pixel of ink.

        Args:
            drawing: JSON text of a list of strokes; points [x, y] with x from 0 to 5, right, and y from 0 to 1, down.
            network: name of the network to use: line, or another of those in checkpoints/lines/.

        Returns:
            number, the digits as text. digits, a list: label, "0" to "9" or "unlike" for what is no digit; probability;
            second, the second likeliest label, with its probability; box, [top, left, bottom, right] in pixels of the
            strip, which is 28 pixels high. strip, uint8 (28, W), ink 255 on 0, and mask, int8 (28, W), the digit that
            each pixel of ink belongs to, -1 elsewhere, as objects with name, dtype, shape and data, as of layers.
        """
        with one_sentence():
            strip, reading = self._lines.reading_of(drawing, network or FIRST)
        return {
            "number": reading.number,
            "digits": [_described(digit) for digit in reading.digits],
            "strip": as_array("strip", strip),
            "mask": as_array("mask", reading.mask.astype(np.int8)),
        }
