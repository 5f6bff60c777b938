"""A network in 8-bit numbers, as an ONNX file.

It is a different network: its accuracy is measured, beside that of the original on the same images.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.data import DEFAULT_DATA, DataError, load_mnist, load_training
from model.drawing.examples import example_images, load_examples
from model.network import DIGITS, DigitNet
from model.onnx.graph import INPUT
from model.onnx.runtime import require, session, to_onnx

CALIBRATION_IMAGES = 500  # from which the ranges of the 8-bit numbers are taken
CHUNK = 500  # images read at once while the accuracy is measured


class Quantised(NamedTuple):
    """A network in 8-bit numbers, and the accuracy that it has left.

    Attributes:
        model: the ONNX file.
        accuracy: of the 8-bit network, 0 to 1; None where the network does not read all ten digits.
        exact: of the network that it was made from, on the same images.
        source: what they were measured on, in words.
    """

    model: bytes
    accuracy: float | None
    exact: float | None
    source: str


class _Images(NamedTuple):
    calibration: np.ndarray  # uint8 (N, 28, 28), from which the ranges of the numbers are taken
    images: np.ndarray  # uint8 (M, 28, 28), to measure on
    labels: np.ndarray  # int (M,), 0 to 9
    source: str


def quantised(model: bytes, calibration: np.ndarray) -> bytes:
    """An ONNX file whose convolutions compute in 8-bit integers (Jacob et al. 2018).

    Weights get one scale per channel, maps one scale each, from their ranges on the calibration images.

    Args:
        model: an ONNX file, as `to_onnx` returns it.
        calibration: uint8 (N, 28, 28).

    Raises:
        ExportError: ONNX or its runtime is not installed.
    """
    require("onnx", "onnxruntime")
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            chunks = np.array_split(calibration, -(-len(calibration) // CHUNK))
            self.batches = iter({INPUT: chunk} for chunk in chunks)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.batches, None)

    graph = onnx.load_from_string(model)
    add_pre_process_metadata(graph)  # norms are folded and shapes are known: there is nothing left to prepare
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "int8.onnx"
        quantize_static(
            graph,
            path,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Relu", "Add", "GlobalAveragePool", "Gemm"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return path.read_bytes()


def to_int8(
    net: DigitNet, data: str | Path = DEFAULT_DATA, on_progress: Callable[[float], None] | None = None
) -> Quantised:
    """A network as an ONNX file in 8-bit numbers, with its accuracy on MNIST if that is on this machine.

    Otherwise the ranges and the accuracy come from the example drawings. Nothing is downloaded.

    Args:
        net: in eval mode, on the CPU.
        data: directory that may hold MNIST/raw.
        on_progress: called with the share of the work done, 0 to 1; an exception that it raises ends the work.

    Raises:
        ExportError: ONNX or its runtime is not installed.
    """
    exact_model = to_onnx(net)
    calibration, images, labels, source = _images_to_measure_on(data)
    model = quantised(exact_model, calibration)
    if not set(DIGITS) <= set(net.classes):
        return Quantised(model, None, None, "nothing, since it does not read all ten digits")
    answers = np.array([net.classes.index(digit) for digit in DIGITS])[labels]

    def accuracy(file: bytes, start: float) -> float:
        runtime, correct = session(file), 0
        for first in range(0, len(images), CHUNK):
            if on_progress:
                on_progress(start + first / len(images) / 2)
            chunk = slice(first, first + CHUNK)
            (probabilities,) = runtime.run(["probabilities"], {INPUT: images[chunk]})
            correct += int((probabilities.argmax(1) == answers[chunk]).sum())
        return correct / len(images)

    return Quantised(model, accuracy(model, 0), accuracy(exact_model, 0.5), source)


def _images_to_measure_on(data: str | Path) -> _Images:
    try:
        test = load_mnist(data, train=False, download=False)
        training, _ = load_training(data, download=False)
    except DataError:
        images = example_images()
        labels = np.array([DIGITS.index(example.label) for example in load_examples()])
        source = f"the {len(images)} example drawings, which the ranges come from too, since MNIST is not here"
        return _Images(images, images, labels, source)
    calibration = training.images[:CALIBRATION_IMAGES].numpy()
    return _Images(calibration, test.images.numpy(), test.labels.numpy(), f"MNIST's {len(test.labels):,} test images")


def describe_int8(result: Quantised) -> str:
    """The accuracy in 8-bit numbers and before, in a sentence."""
    if result.accuracy is None:
        return f"Its accuracy was measured on {result.source}."
    return (
        f"In 8-bit numbers it reads {result.accuracy:.2%} of {result.source}; "
        f"in the numbers that it was trained with, {result.exact:.2%}."
    ).replace("%", " %")
