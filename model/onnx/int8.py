"""A network in 8-bit numbers, as an ONNX file.

It is a different network: its accuracy, size and speed are measured, beside those of the original on the same images.
"""

import tempfile
import time
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
    """A network in 8-bit numbers, and what that brought.

    Attributes:
        model: the ONNX file.
        accuracy: of the 8-bit network, 0 to 1; None where the network does not read all ten digits.
        exact: of the network that it was made from, on the same images.
        source: what they were measured on, in words.
        bytes: sizes of the 8-bit file and of the exact one.
        seconds: of one thread's time that the images took here, in 8-bit numbers and in the exact ones.
        images: how many were read.
    """

    model: bytes
    accuracy: float | None
    exact: float | None
    source: str
    bytes: tuple[int, int]
    seconds: tuple[float, float]
    images: int


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
    """A network as an ONNX file in 8-bit numbers, measured on MNIST's test images if they are on this machine.

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
    files = quantised(exact_model, calibration), exact_model
    readable = set(DIGITS) <= set(net.classes)
    answers = np.array([net.classes.index(digit) for digit in DIGITS])[labels] if readable else np.full(len(labels), -1)
    correct, seconds, runtimes = [0, 0], [0.0, 0.0], [session(file) for file in files]
    for first in range(0, len(images), CHUNK):  # in turn, so that whatever else this machine does slows both
        chunk = slice(first, first + CHUNK)
        for which, runtime in enumerate(runtimes):
            begun = time.thread_time()
            (probabilities,) = runtime.run(["probabilities"], {INPUT: images[chunk]})
            seconds[which] += time.thread_time() - begun
            correct[which] += int((probabilities.argmax(1) == answers[chunk]).sum())
        if on_progress:
            on_progress(min((first + CHUNK) / len(images), 1))
    accuracy, exact = (count / len(images) if readable else None for count in correct)
    if not readable:
        source = "nothing, since it does not read all ten digits"
    sizes = len(files[0]), len(files[1])
    return Quantised(files[0], accuracy, exact, source, sizes, (seconds[0], seconds[1]), len(images))


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
    """The accuracy, the size and the speed in 8-bit numbers and before, in two sentences."""
    if result.accuracy is None:
        accuracy = f"Its accuracy was measured on {result.source}."
    else:
        accuracy = (
            f"In 8-bit numbers it reads {result.accuracy:.2%} of {result.source}; "
            f"in the numbers that it was trained with, {result.exact:.2%}."
        ).replace("%", " %")
    (size, exact_size), (time_taken, exact_time) = result.bytes, result.seconds
    larger, slower = size > exact_size, time_taken > exact_time
    return (
        f"{accuracy} They make this network {'larger' if larger else 'smaller'} ({size:,} bytes instead of "
        f"{exact_size:,}) {'and' if larger == slower else 'but'} {'slower' if slower else 'quicker'} "
        f"({result.images:,} images in {time_taken:.3f} s instead of {exact_time:.3f} s of one thread's time here)."
    )
