"""Confusion matrices, and the images behind one of their cells."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import read_metadata
from model.checks import is_whole
from model.data import DataError, load_mnist
from model.drawing.corpora import read_pendigits
from model.drawing.strokes import IMAGE_SIZE, rasterize
from model.metrics import check_digits, logits_of
from model.network import DigitNet

DATA = ("test", "pendigits")  # MNIST's test images; people's pen strokes
PEN_STROKES = ("pendigits/pendigits-orig.tra", "pendigits-orig.tra")  # where they may lie in the data's directory
MOST_BEHIND = 24  # images of a cell that are looked at

Drawing = list[list[list[float]]]


@dataclass(frozen=True)
class Behind:
    """What lies behind a cell of a confusion matrix.

    Attributes:
        total: how many there are.
        images: uint8 (n, 28, 28), those first that the network is surest of, `MOST_BEHIND` at most.
        drawings: the same as strokes; None for MNIST, which has none.
    """

    total: int
    images: Tensor
    drawings: list[Drawing] | None


def recorded_confusion(name: str | Path) -> dict[str, np.ndarray]:
    """The confusion matrices in a checkpoint's metadata.

    Args:
        name: a name in checkpoints/ or a path.

    Returns:
        int64 (classes, classes) by `DATA`, row = label, column = answer; those that were not measured are left out.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    figures = read_metadata(name).get("figures", {})
    counts = {data: figures.get(data, {}).get("confusion") for data in DATA}
    return {data: np.array(matrix, np.int64) for data, matrix in counts.items() if matrix}


def behind_cell(net: DigitNet, images: Tensor, labels: Tensor, label: int, answer: int) -> list[int]:
    """The images of a class that get a given answer, the most confident first.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28).
        labels: int64 (N,).
        label: index of the images' class.
        answer: index of the class that they are read as.

    Returns:
        Indices of images.

    Raises:
        ValueError: label or answer is not the index of a class.
    """
    _check_cell(net, label, answer)
    of_label = (labels == label).nonzero()[:, 0]
    probabilities = (logits_of(net, images[of_label]) / net.temperature).softmax(1)
    chosen = (probabilities.argmax(1) == answer).nonzero()[:, 0]
    order = probabilities[chosen, answer].argsort(descending=True)
    return of_label[chosen[order]].tolist()


def look_behind(net: DigitNet, data: str, directory: str | Path, label: int, answer: int) -> Behind:
    """The images or drawings that a cell counts, where they are on this machine.

    Args:
        net: in eval mode, of the ten digits.
        data: one of `DATA`.
        directory: holds MNIST/raw, and pendigits-orig.tra or pendigits/pendigits-orig.tra; nothing is downloaded.
        label: the digit that they are of.
        answer: the digit that they are read as.

    Raises:
        DataError: they are not there.
        CorpusError: the file of pen strokes is damaged.
        ValueError: there is no such data, label or answer, or the network's classes are not the ten digits.
    """
    check_digits(net)
    _check_cell(net, label, answer)
    if data == "test":
        if not (Path(directory) / "MNIST" / "raw").is_dir():
            raise DataError(
                "The images are not on this machine, only their counts; start with --data DIR, where DIR "
                "holds MNIST/raw."
            )
        images, labels = load_mnist(directory, train=False, download=False)
        chosen = behind_cell(net, images, labels, label, answer)
        return Behind(len(chosen), images[chosen[:MOST_BEHIND]], None)
    if data != "pendigits":
        raise ValueError(f"There are no counts of {data!r}; expected one of {', '.join(DATA)}.")
    file = next((path for name in PEN_STROKES if (path := Path(directory) / name).is_file()), None)
    if file is None:
        raise DataError(
            "The drawings are not on this machine, only their counts; start with --data DIR, where DIR "
            "holds pendigits-orig.tra."
        )
    drawings = [sample.drawing for sample in read_pendigits(file) if sample.label == str(label)]
    rendered = [rasterize(drawing) for drawing in drawings]
    images = torch.from_numpy(np.stack(rendered)) if rendered else torch.zeros(0, IMAGE_SIZE, IMAGE_SIZE).byte()
    labels = torch.tensor([label] * len(images), dtype=torch.int64)
    chosen = behind_cell(net, images, labels, label, answer)
    shown = chosen[:MOST_BEHIND]
    return Behind(len(chosen), images[shown], [drawings[index] for index in shown])


def _check_cell(net: DigitNet, *indices: object) -> None:
    for index in indices:
        if not is_whole(index, 0, len(net.classes) - 1):
            raise ValueError(f"There is no class {index!r}; expected 0 to {len(net.classes) - 1}.")
