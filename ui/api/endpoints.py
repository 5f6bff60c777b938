"""The named endpoints, for programs: they give the same answers as the page.

Their docstrings appear on the API page and as the descriptions of the MCP tools, one line per argument.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import (
    PRESETS,
    DigitNet,
    effective_receptive_field,
    layer_responses,
    predict,
    rasterize,
    receptive_field,
    tap_lattice,
)
from model.checks import is_whole
from model.drawing.samples import read_samples
from model.fields.effective_field import carrying_box
from model.fields.layer_fields import coverage
from model.fields.mean_fields import SHARE
from model.fields.receptive_field import Cell
from model.json_text import read_json
from ui.api.drawing import add_drawing_api
from ui.api.following import followed
from ui.background.jobs import Jobs
from ui.background.processes import Processes
from ui.kept.networks import Networks
from ui.line import LineEndpoint, Lines
from ui.serving.faults import one_sentence
from ui.serving.packing import as_array
from ui.serving.view import caller_of
from ui.teach.network_files import network_file
from ui.teach.teaching import LESSON, TeachingError, teaching_work, warnings_of

ALL_CHANNELS = -1
EXACT = 2**53  # up to here every JSON reader keeps whole numbers exact
TEACHINGS = 8  # calls followed at once; their work waits in a single queue
DIGITS = 6  # significant digits of the values of an effective field


def add_api(networks: Networks, lines: Lines, jobs: Jobs, processes: Processes, default: str, data: str | Path) -> None:
    """Add the endpoints to the page being built.

    Args:
        networks: the networks that a call may name.
        lines: those that read lines.
        jobs: the queue for long work.
        processes: where long work is done.
        default: the network to use if a call names none.
        data: directory that may hold MNIST/raw, for training.
    """
    endpoints = Endpoints(networks, jobs, processes, default, data)
    gr.api(endpoints.predict, api_name="predict")
    gr.api(endpoints.layers, api_name="layers")
    gr.api(endpoints.receptive_field, api_name="receptive_field")
    gr.api(LineEndpoint(lines).read_line, api_name="read_line")
    gr.api(endpoints.fine_tune, api_name="fine_tune", concurrency_limit=TEACHINGS)
    add_drawing_api(jobs, processes)


def naming_presets(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, with the names of the presets in its description."""
    *names, last = PRESETS
    endpoint.__doc__ = (endpoint.__doc__ or "").replace("PRESETS", f"{', '.join(names)} or {last}")
    return endpoint


class Endpoints:
    """What programs may call; arguments as for `add_api`."""

    def __init__(self, networks: Networks, jobs: Jobs, processes: Processes, default: str, data: str | Path) -> None:
        self._networks, self._jobs, self._processes = networks, jobs, processes
        self._default, self._data = default, data

    @naming_presets
    def predict(self, drawing: str, network: str = "") -> dict[str, float]:
        """Read a drawn digit and return the calibrated probability of every class.

        Args:
            drawing: JSON text of a list of strokes; a stroke is a list of points [x, y] from 0 to 1, x right, y down.
            network: name of the network to use: PRESETS; empty for the page's default.

        Returns:
            Class names with their probabilities, which sum to 1.
        """
        with self._borrow(network) as net:
            return _probabilities(net, drawing)

    @naming_presets
    def layers(self, drawing: str, network: str = "", names: str = "") -> dict[str, Any]:
        """Read a drawn digit and return the output of every layer of the network, first to last.

        Args:
            drawing: JSON text of a list of strokes; a stroke is a list of points [x, y] from 0 to 1, x right, y down.
            network: name of the network to use: PRESETS; empty for the page's default.
            names: names of the layers to return, separated by commas, such as stem,stages.0.depthwise; empty for all.

        Returns:
            image and layers, a list. Each array is an object with name, dtype, shape and data: its bytes in base64, in
            row-major order, little-endian; numpy.frombuffer(base64.b64decode(data), dtype).reshape(shape) restores it.
            The image is uint8 (28, 28), a layer float32 (C, H, W), before the norm and activation that follow it.
        """
        with self._borrow(network) as net:
            return _layers(net, drawing, names)

    @naming_presets
    def receptive_field(
        self, drawing: str, layer: str, y: int, x: int, channel: int = ALL_CHANNELS, network: str = ""
    ) -> dict[str, Any]:
        """Return the theoretical and the effective receptive field of one cell of one layer on a drawing.

        Args:
            drawing: JSON text of a list of strokes; a stroke is a list of points [x, y] from 0 to 1, x right, y down.
            layer: name of the layer: stem, stages.0.depthwise, stages.0.pointwise, stages.0, ..., head.
            y: row of the cell in the layer's map, from 0.
            x: column of the cell in the layer's map, from 0.
            channel: the channel whose effective field to compute, from 0; for the head, the class; -1 for all summed.
            network: name of the network to use: PRESETS; empty for the page's default.

        Returns:
            Pairs are (y, x), lengths are pixels of the 28 x 28 image, boxes are [top, left, bottom, right], ends
            excluded. size, stride and padding of the layer's fields (Araujo et al. 2019) and its map_size; center of
            the cell's field, region clipped to the image and region_uncut; pixels_read of pixels_in_region, and
            lattice, 28 rows of the number of paths to each pixel; effective, 28 rows of |d cell / d pixel| (Luo et al.
            2016), box_95, the smallest square around the centre that holds 95 % of it, and fraction_95, its share of
            the region.
        """
        with self._borrow(network) as net:
            return _field(net, drawing, layer, (y, x), channel)

    def fine_tune(
        self, samples: str, network: str = "", settings: str = "", sender: gr.Request | None = None
    ) -> Iterator[dict[str, Any]]:
        """Teach a network from drawn samples; returns progress as it goes, and finally the result.

        Args:
            samples: JSON text of {"format": 1, "samples": [{"label": "7", "drawing": strokes}, ...]}.
            network: name or key of the network to start from; empty for the page's default.
            settings: JSON text of an object with steps, batch, replay, layers, interpolation, keep; empty for the
                defaults. keep is what has precedence where a new class looks like a digit: "digits" or "class".

        Returns:
            Objects with state: waiting, with position in the queue and the expected seconds; running, with step of
            steps, loss, and the accuracy on samples and on replay, held-out old digits, from 0 to 1; then done, with
            metrics and key, which the other endpoints accept as a network, file, the bytes of a safetensors file in
            base64, and warnings, sentences. In metrics, samples and replay are pairs of before and after, classes the
            same by class, and held the result on held-out samples, or null if there are too few. proof says how many of
            the held-out old digits that were read correctly before are lost, and least and most, the 95 % interval;
            contests, for new classes that look like a digit, the share of drawings read and of digits taken either way.
        """
        with one_sentence():
            _check_text("samples", samples)
            work, checked = teaching_work(
                self._networks,
                self._processes,
                network or self._default,
                read_samples(samples),
                _settings(settings),
                self._data,
            )
            warned = warnings_of(self._networks, network or self._default, checked)
            position = None
            for progress in followed(self._jobs, work, LESSON, caller_of(sender)):
                if progress["state"] == "waiting" and progress["position"] != position:
                    position = progress["position"]
                    yield {"state": "waiting", "position": position, "expected": progress["expected"]}
                yield from ({"state": "running", **news["step"]} for news in progress["news"] if "step" in news)
                if progress["state"] == "done":
                    yield _taught(self._networks, progress["outcome"], warned)

    @contextmanager
    def _borrow(self, network: str) -> Iterator[DigitNet]:
        """The network that a call names, or the page's default; errors reach the caller as one sentence."""
        with one_sentence(), self._networks.borrow(network or self._default) as net:
            yield net


def _settings(text: object) -> Any:
    try:
        return read_json(text) if text else None
    except (ValueError, TypeError):
        raise TeachingError("The settings must be the JSON text of an object.") from None


def _taught(networks: Networks, outcome: dict[str, Any], warned: list[str]) -> dict[str, Any]:
    taught, held = outcome["taught"], outcome.get("held")
    told = ("samples", "replay", "source", "proof", "contests", "keep", "classes", "layers", "interpolation", "seconds")
    return {
        "state": "done",
        "key": taught["key"],
        "metrics": {**{name: taught[name] for name in told}, "held": held},
        "file": network_file(networks, taught["key"])["data"],
        "warnings": warned,
    }


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {type(value).__name__}; expected text.")


def _chosen(names: str, known: list[str]) -> list[str]:
    _check_text("names", names)
    chosen = [name.strip() for name in names.split(",") if name.strip()] or known
    for name in chosen:
        if name not in known:
            raise ValueError(f"There is no layer {name!r}; expected one of {', '.join(known)}.")
    return list(dict.fromkeys(chosen))


def _probabilities(net: DigitNet, drawing: str) -> dict[str, float]:
    probabilities = predict(net, rasterize(drawing)[None])[0]
    return {name: float(probability) for name, probability in zip(net.classes, probabilities, strict=True)}


def _layers(net: DigitNet, drawing: str, names: str) -> dict[str, Any]:
    image = rasterize(drawing)
    responses = layer_responses(net, image)
    return {
        "image": as_array("image", image),
        "layers": [as_array(name, responses[name]) for name in _chosen(names, list(responses))],
    }


def _field(net: DigitNet, drawing: str, layer: str, cell: Cell, channel: int) -> dict[str, Any]:
    _check_text("layer", layer)
    field = receptive_field(net, layer)
    cell = field.checked(cell)
    effective = effective_receptive_field(net, layer, cell, rasterize(drawing), _channel(channel))
    region, box = field.region(*cell), carrying_box(effective, field.center_of(*cell), SHARE)
    read = coverage(net, layer, cell)
    return {
        "size": field.size,
        "stride": field.stride,
        "padding": field.padding,
        "map_size": field.map_size,
        "center": field.center_of(*cell),
        "region": region.corners,
        "region_uncut": field.region(*cell, clipped=False).corners,
        "pixels_read": read.read,
        "pixels_in_region": read.total,
        "lattice": _counts(tap_lattice(net, layer, cell)),
        "effective": [[_rounded(value) for value in row] for row in effective],
        "box_95": box.corners,
        "fraction_95": box.area / region.area,
    }


def _channel(channel: object) -> int | None:
    if not is_whole(channel):
        raise ValueError(f"channel is {channel!r}; expected a whole number, or -1 for the sum over all channels.")
    return None if channel == ALL_CHANNELS else channel


def _counts(lattice: np.ndarray) -> list[list[int | float]]:
    """Path counts, exact as far as JSON readers keep them exact."""
    return [[count if count <= EXACT else float(count) for count in row] for row in lattice.tolist()]


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
