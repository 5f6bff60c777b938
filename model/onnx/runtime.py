"""A network as an ONNX file, run in ONNX Runtime and compared with PyTorch before anybody gets it."""

import os
from importlib.util import find_spec
from typing import Any

import numpy as np

from model.drawing.strokes import rasterize
from model.inference import predict
from model.network import DigitNet
from model.onnx.graph import INPUT, onnx_model

# No request leaves the machine: without this, ONNX Runtime reports its use to its makers as soon as it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

TOLERANCE = 1e-4  # largest difference from PyTorch's probabilities
RANDOM_DRAWINGS = 32


class ExportError(ValueError):
    """The network cannot be exported. The message is one sentence for people."""


def session(model: bytes, threads: int = 1) -> Any:
    """An `onnxruntime.InferenceSession` on the CPU.

    Raises:
        ExportError: ONNX Runtime is not installed.
    """
    require("onnxruntime")
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # in case the variable is ignored
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def require(*packages: str) -> None:
    """Raise an ExportError that says how to install the first of these packages that is missing."""
    for package in packages:
        if find_spec(package) is None:
            raise ExportError(f"This needs {package}; install it with: pip install {package}.")


def to_onnx(net: DigitNet) -> bytes:
    """A network as an ONNX file, checked against PyTorch on random drawings, one at a time and many at once.

    Args:
        net: in eval mode, on the CPU.

    Returns:
        The file. Input `images`: uint8 (N, 28, 28), ink 255 on 0, any N. Outputs `probabilities` and `logits`: float32
        (N, classes).

    Raises:
        ExportError: ONNX or its runtime is not installed, or its probabilities differ from PyTorch's.
    """
    require("onnx", "onnxruntime")
    model = onnx_model(net).SerializeToString()
    images = random_drawings(RANDOM_DRAWINGS)
    difference = max(deviation(model, net, images), deviation(model, net, images[:1]))
    if not difference <= TOLERANCE:
        raise ExportError(
            f"ONNX Runtime's probabilities differ from PyTorch's by {difference:.2g}; expected at most {TOLERANCE:g}."
        )
    return model


def deviation(model: bytes, net: DigitNet, images: np.ndarray) -> float:
    """The largest difference between ONNX Runtime's probabilities and PyTorch's.

    Args:
        model: an ONNX file, as `to_onnx` returns it.
        net: the network that it was made from.
        images: uint8 (N, 28, 28).
    """
    probabilities, _ = session(model).run(None, {INPUT: images})
    return float(np.abs(probabilities - predict(net, images)).max())


def random_drawings(count: int, seed: int = 0) -> np.ndarray:
    """Scribbles of one to three strokes, as the network sees them: uint8 (count, 28, 28)."""
    generator = np.random.default_rng(seed)
    drawings = [
        [generator.uniform(0, 1, (generator.integers(2, 8), 2)).tolist() for _ in range(generator.integers(1, 4))]
        for _ in range(count)
    ]
    return np.stack([rasterize(drawing) for drawing in drawings])
