"""Accuracy on people's pen strokes, by writer."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.drawing.corpora import read_pendigits
from model.drawing.strokes import rasterize
from model.familiarity import is_familiar
from model.metrics import check_digits, confusion_matrix, expected_calibration_error, logits_of
from model.network import DigitNet


class PenStrokes(NamedTuple):
    """Drawings of many writers as the network sees them.

    Attributes:
        images: uint8 (N, 28, 28).
        labels: int64 (N,), 0 to 9.
        writers: int64 (N,), who drew each.
    """

    images: Tensor
    labels: Tensor
    writers: Tensor


def load_pendigits(path: str | Path) -> PenStrokes:
    """All drawings of a pendigits file, rendered like MNIST's images.

    Raises:
        CorpusError: the file cannot be read or is not a pendigits file.
    """
    samples = read_pendigits(path)
    return PenStrokes(
        torch.from_numpy(np.stack([rasterize(sample.drawing) for sample in samples])),
        torch.tensor([int(sample.label) for sample in samples]),
        torch.tensor([sample.writer for sample in samples]),
    )


def pendigits_figures(net: DigitNet, data: PenStrokes) -> dict[str, Any]:
    """How well a network reads pen strokes; accuracies from 0 to 1.

    Returns:
        `images` and `writers`, their counts; `accuracy` over all images; `mean_over_writers`, in which each writer
        counts the same; `worst_writer` and `worst_accuracy`; `ece`, the expected calibration error after the
        temperature; `unlike`, the share that is called unlike a digit; `confusion`, counts by label and answer.

    Raises:
        ValueError: the network's classes are not the ten digits.
    """
    check_digits(net)
    logits = logits_of(net, data.images)
    correct = (logits.argmax(1) == data.labels).double()
    by_writer = {int(writer): correct[data.writers == writer].mean().item() for writer in data.writers.unique()}
    worst = min(by_writer, key=by_writer.__getitem__)
    return {
        "images": len(data.labels),
        "writers": len(by_writer),
        "accuracy": correct.mean().item(),
        "mean_over_writers": sum(by_writer.values()) / len(by_writer),
        "worst_writer": worst,
        "worst_accuracy": by_writer[worst],
        "ece": expected_calibration_error(logits / net.temperature, data.labels),
        "unlike": 1 - is_familiar(net, logits).double().mean().item(),
        "confusion": confusion_matrix(logits, data.labels).tolist(),
    }
