"""Confusion matrices, and the images behind one of their cells."""

import numpy as np
from torch import Tensor

from model.checkpoint import read_metadata
from model.metrics import logits_of
from model.network import DigitNet

DATA = ("test", "pendigits")  # MNIST's test images; people's pen strokes


def recorded_confusion(name: str) -> dict[str, np.ndarray]:
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
    for index in (label, answer):
        if not 0 <= index < len(net.classes):
            raise ValueError(f"There is no class {index}; expected 0 to {len(net.classes) - 1}.")
    of_label = (labels == label).nonzero()[:, 0]
    probabilities = (logits_of(net, images[of_label]) / net.temperature).softmax(1)
    chosen = (probabilities.argmax(1) == answer).nonzero()[:, 0]
    order = probabilities[chosen, answer].argsort(descending=True)
    return of_label[chosen[order]].tolist()
