"""What other processes do for the views. They import this file and not the views, which would bring Gradio along.

Each function is handed `report` first, as `ui.serving.processes.Processes.run` says.
"""

from pathlib import Path

import numpy as np

from model import CheckpointError, load_checkpoint, predict
from model.checkpoint import read_history
from model.explain.occlusion import Occlusion, occlusion
from model.export import RANDOM_DRAWINGS, TOLERANCE, describe_int8, to_int8, to_onnx, to_safetensors
from model.fields.mean_fields import MeanField, compute_mean_fields, load_mean_fields
from model.layers import Coverage, coverage
from model.study.networks import STUDY
from model.study.timing import counted_multiply_accumulates, timings
from ui.serving.processes import Report

SAFETENSORS = "safetensors"


def occlude(report: Report, path: Path, image: np.ndarray) -> Occlusion:
    """Which ink of an image, uint8 (28, 28), the decision of a checkpoint's network hangs on."""
    net = load_checkpoint(path)

    def ask(images: np.ndarray) -> np.ndarray:
        report()
        return predict(net, images)

    return occlusion(ask, image)


def measure_times(report: Report, names: list[str]) -> bool:
    """Time networks of the study, told one by one; returns whether PyTorch counts the arithmetic that their shapes say."""
    nets = {name: load_checkpoint(name) for name in names}
    for name, timing in timings(nets):
        report((name, timing))
    return all(counted_multiply_accumulates(net) == cost_of(STUDY[name]) for name, net in nets.items())


def make_file(report: Report, path: Path, form: str, data: str | Path) -> tuple[bytes, str]:
    """The bytes of a checkpoint's network in another form, and a sentence about them."""
    net = load_checkpoint(path)
    if form == SAFETENSORS:
        return to_safetensors(net, **read_history(path)), "python app.py --checkpoint FILE reads it."
    if form == "onnx":
        return to_onnx(net), f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    result = to_int8(net, data, report)
    return result.model, describe_int8(result)
