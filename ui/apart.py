"""What other processes do for the views. They import this file and not the views, which would load Gradio as well.

Each function is handed `report` first, as `ui.background.processes.Processes.run` says.
"""

from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from model import DigitNet, complete, generate, load_checkpoint, load_generator, predict
from model.checkpoint import read_history
from model.cost.budget import drawings_for_mean_fields
from model.data import load_mnist
from model.drawing.examples import example_images
from model.evaluation.confusion import look_behind
from model.explain.occlusion import Occlusion, occlusion
from model.export import to_safetensors
from model.fields.mean_fields import MeanField, compute_mean_fields
from model.generation.checkpoint import written_at
from model.generation.network import DigitGenerator
from model.generation.trail import Trail, Wish, stage_maps, trail
from model.onnx.int8 import describe_int8, to_int8
from model.onnx.runtime import RANDOM_DRAWINGS, TOLERANCE, to_onnx
from model.study.timing import counted_multiply_accumulates, timings
from ui.background.processes import Report
from ui.teach.network_files import load_network_file


def measure_fields(_report: Report, path: Path) -> dict[str, MeanField]:
    """What the layers of a checkpoint's network look at on the average, by their names.

    Over all example drawings, or over as many as the network's size allows, some of each hand.
    """
    net, images = load_checkpoint(path), example_images()
    count = drawings_for_mean_fields(net.config, len(images))
    return compute_mean_fields(net, images[np.linspace(0, len(images) - 1, count).round().astype(int)])


def occlude(report: Report, path: Path, image: np.ndarray) -> Occlusion:
    """Which ink of an image, uint8 (28, 28), the decision of a checkpoint's network depends on."""
    net = load_checkpoint(path)

    def ask(images: np.ndarray) -> np.ndarray:
        report()
        return predict(net, images)

    return occlusion(ask, image)


def show_behind(
    _report: Report, path: Path, counted: str, directory: str | Path, label: int, answer: int
) -> dict[str, Any]:
    """What lies behind a cell of a checkpoint's confusion matrix, as JSON values."""
    found = look_behind(load_checkpoint(path), counted, directory, label, answer)
    images = [b64encode(image.numpy().tobytes()).decode("ascii") for image in found.images]
    return {"count": found.total, "images": images, "drawings": found.drawings}


def measure_times(report: Report, names: list[str], batches: tuple[int, ...], seconds: float) -> dict[str, int]:
    """Time networks of the study, told one by one; returns the multiply-accumulates that PyTorch counts in each."""
    nets = {name: load_checkpoint(name) for name in names}
    for name, timing in timings(nets, batches, seconds):
        report((name, timing))
    return {name: counted_multiply_accumulates(net) for name, net in nets.items()}


def make_file(report: Report, path: Path, form: str, data: str | Path) -> tuple[bytes, str]:
    """The bytes of a checkpoint's network in another form, and a sentence about them."""
    net = load_checkpoint(path)
    if form == "safetensors":
        return to_safetensors(net, **read_history(path)), "python app.py --checkpoint FILE reads it."
    if form == "onnx":
        return to_onnx(net), f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    result = to_int8(net, data, report)
    return result.model, describe_int8(result)


def open_file(_report: Report, content: bytes) -> DigitNet:
    """The network that somebody's file holds, verified."""
    return load_network_file(content)


def fetch_mnist(_report: Report, data: str | Path) -> None:
    """Download MNIST into the data directory, unless it is there.

    Raises:
        ValueError: it could not be downloaded.
    """
    load_mnist(data, train=True)


def draw_trail(report: Report, generator: str, wish: Wish) -> Trail:
    """What a generator draws, with every step of the way."""
    return trail(_generator(generator), wish, report)


def draw_maps(_report: Report, generator: str, wish: Wish, step: int, index: int) -> dict[str, np.ndarray]:
    """What a generator's stages make of one image at one step."""
    return stage_maps(_generator(generator), wish, step, index)


def draw_digits(_report: Report, generator: str, labels: list[str | None], seed: int) -> np.ndarray:
    """As `generate`, with a generator of this name."""
    return generate(_generator(generator), labels, seed)


def draw_rest(
    _report: Report, generator: str, image: np.ndarray, keep: np.ndarray, label: str | None, count: int, seed: int
) -> np.ndarray:
    """As `complete`, with a generator of this name."""
    return complete(_generator(generator), image, keep, label, count, seed)


def _generator(name: str) -> DigitGenerator:
    """The generator of this name, kept in this process until its file is another."""
    return _loaded(name, written_at(name))


@lru_cache(2)
def _loaded(name: str, _changed: int) -> DigitGenerator:
    return load_generator(name)
