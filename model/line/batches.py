"""Composed lines as batches: lines set one after the other in rows of one width, so that little is padding."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.drawing.strokes import IMAGE_SIZE
from model.line.layout import NO_LABEL, Line

ROW_WIDTH = 256  # pixels; longer lines are left out of training


class Batch(NamedTuple):
    """Rows of lines, with the digits in them.

    Attributes:
        strips: uint8 (N, 1, 28, W).
        owners: int64 (N, 28, W), the label of each pixel of ink, `NO_LABEL` elsewhere.
        boxes: float32 (N, M, 4) as top, left, bottom, right in pixels; rows with fewer have zeros.
        labels: int64 (N, M); `NO_LABEL` where there is no box.
    """

    strips: Tensor
    owners: Tensor
    boxes: Tensor
    labels: Tensor


def pack(lines: list[Line], width: int = ROW_WIDTH) -> list[list[tuple[int, Line]]]:
    """Rows of lines, each with the column at which it begins; lines wider than a row are left out."""
    rows: list[list[tuple[int, Line]]] = [[]]
    used = 0
    for line in lines:
        across = line.strip.shape[1]
        if across > width:
            continue
        if used + across > width:
            rows.append([])
            used = 0
        rows[-1].append((used, line))
        used += across
    return rows


def batches(lines: list[Line], rows: int, generator: np.random.Generator) -> Iterator[Batch]:
    """All lines once, in an order of the generator's, so many rows at a time; what is left over at the end is dropped.

    Args:
        lines: composed lines.
        rows: of a batch.
        generator: of the order.
    """
    packed = pack([lines[index] for index in generator.permutation(len(lines))])
    for first in range(0, len(packed) - rows + 1, rows):
        yield joined(packed[first : first + rows])


def joined(rows: list[list[tuple[int, Line]]], width: int = ROW_WIDTH) -> Batch:
    """Rows as one batch."""
    most = max(sum(len(line.labels) for _, line in row) for row in rows)
    strips = np.zeros((len(rows), 1, IMAGE_SIZE, width), np.uint8)
    owners = np.full((len(rows), IMAGE_SIZE, width), NO_LABEL, np.int64)
    boxes = np.zeros((len(rows), max(most, 1), 4), np.float32)
    labels = np.full((len(rows), max(most, 1)), NO_LABEL, np.int64)
    for index, row in enumerate(rows):
        count = 0
        for left, line in row:
            across, digits = line.strip.shape[1], len(line.labels)
            strips[index, 0, :, left : left + across] = line.strip
            owners[index, :, left : left + across] = line.owners
            boxes[index, count : count + digits] = line.boxes + np.array([0, left, 0, left], np.float32)
            labels[index, count : count + digits] = line.labels
            count += digits
    return Batch(*map(torch.from_numpy, (strips, owners, boxes, labels)))
