"""Export a network: as ONNX, as ONNX in 8-bit numbers, as safetensors.

    python -m model.export --checkpoint base --out base.onnx
    python -m model.export --checkpoint base --out base-int8.onnx --int8 --data DIR

An ONNX export is first run in ONNX Runtime and compared with PyTorch on random drawings. The 8-bit network is a
different network: its accuracy, size and speed are measured, beside those of the original on the same images.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.checkpoint import load_checkpoint, read_history, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, DataError, load_mnist, load_training
from model.drawing.examples import example_images, load_examples
from model.drawing.strokes import rasterize
from model.inference import predict
from model.network import DIGITS, DigitNet
from model.onnx_graph import INPUT, onnx_model

# No request leaves the machine: without this, ONNX Runtime reports its use to its makers as soon as it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

TOLERANCE = 1e-4  # largest difference from PyTorch's probabilities
RANDOM_DRAWINGS = 32
CALIBRATION_IMAGES = 500  # from which the ranges of the 8-bit numbers are taken
CHUNK = 500  # images read at once while the accuracy is measured


class ExportError(ValueError):
    """The network cannot be exported. The message is one sentence for people."""


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


def session(model: bytes, threads: int = 1) -> Any:
    """An `onnxruntime.InferenceSession` on the CPU.

    Raises:
        ExportError: ONNX Runtime is not installed.
    """
    _require("onnxruntime")
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # in case the variable is ignored
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _require(*packages: str) -> None:
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
    _require("onnx", "onnxruntime")
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


def quantised(model: bytes, calibration: np.ndarray) -> bytes:
    """An ONNX file whose convolutions compute in 8-bit integers (Jacob et al. 2018).

    Weights get one scale per channel, maps one scale each, from their ranges on the calibration images.

    Args:
        model: an ONNX file, as `to_onnx` returns it.
        calibration: uint8 (N, 28, 28).

    Raises:
        ExportError: ONNX or its runtime is not installed.
    """
    _require("onnx", "onnxruntime")
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


def to_safetensors(net: DigitNet, **history: Any) -> bytes:
    """A network as a checkpoint of this program: its weights and, as metadata, its configuration and history.

    Args:
        net: the network.
        history: as for `save_checkpoint`.
    """
    with tempfile.TemporaryDirectory() as directory:
        return save_checkpoint(net, Path(directory) / "network.safetensors", **history).read_bytes()


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


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.export", description="Export a network to a file.")
    parser.add_argument("--checkpoint", default="base", metavar="NAME", help="name or path; default: base")
    parser.add_argument("--out", required=True, type=Path, help="file to write: NAME.onnx or NAME.safetensors")
    parser.add_argument("--int8", action="store_true", help="convert to 8-bit numbers and measure the accuracy")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw, to measure --int8 on")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> str:
    """Write the file; returns a sentence about it."""
    wanted = (".onnx",) if options.int8 else (".onnx", ".safetensors")
    if options.out.suffix not in wanted:
        raise ExportError(f"{options.out.name} does not end in {' or '.join(wanted)}.")
    net = load_checkpoint(options.checkpoint)
    if options.int8:
        result = to_int8(net, options.data)
        content, sentence = result.model, describe_int8(result)
    elif options.out.suffix == ".onnx":
        content = to_onnx(net)
        sentence = f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    else:
        content = to_safetensors(net, **read_history(options.checkpoint))
        sentence = "python app.py --checkpoint reads it."
    options.out.write_bytes(content)
    return f"{options.out}: {len(content):,} bytes. {sentence}"


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    print(_export(_arguments(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
