"""Where the digits of a line stand: patches of ink set beside each other, apart, tight or touching."""

from typing import NamedTuple

import numpy as np

from model.drawing.strokes import IMAGE_SIZE
from model.line.strip import INK, MARGIN, MAX_WIDTH, MIN_WIDTH

# Paper between the ink of neighbours in the row where they come closest, in pixels.
SPACINGS = {"apart": (4.0, 14.0), "tight": (0.5, 2.5), "touching": (-1.5, 0.0)}
# Between the middles of neighbours, in pixels: two upright strokes written upon each other are one.
LEAST_DISTANCE = 5.0
MOST_OVERLAP = 0.5  # of the boxes of neighbours, as a share of the narrower one's width
FAR_LEFT = -1000


class Patch(NamedTuple):
    """One digit, or something else, cut out along its ink.

    Attributes:
        ink: float32 (h, w) from 0 to 1.
        label: index of its class, or `NO_LABEL` for a speck, which is nothing.
    """

    ink: np.ndarray
    label: int


NO_LABEL = -1


class Line(NamedTuple):
    """A line and the digits in it.

    Attributes:
        strip: uint8 (28, W), ink 255 on 0, W even.
        owners: int8 (28, W), the label of each pixel of ink, `NO_LABEL` elsewhere.
        boxes: float32 (M, 4) as top, left, bottom, right in pixels, left to right.
        labels: int64 (M,).
    """

    strip: np.ndarray
    owners: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray


def cut_out(ink: np.ndarray, least: float = INK / 255) -> np.ndarray:
    """The part of an image that holds ink of at least this value, as it is where there is none."""
    rows, columns = np.flatnonzero((ink >= least).any(axis=1)), np.flatnonzero((ink >= least).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink


def columns_of(patches: list[Patch], tops: list[int], gaps: list[float]) -> list[int]:
    """The left column of each patch, so that neighbours stand as far apart as asked.

    Args:
        patches: left to right.
        tops: the first row of each.
        gaps: paper between each and the one before it, in pixels, where they come closest; the first one's is not
            used.

    Returns:
        Columns from 0 on.
    """
    edge = np.full(IMAGE_SIZE + 2, FAR_LEFT)  # of all ink so far, by row, with one row of surroundings
    lefts: list[int] = []
    for patch, top, gap in zip(patches, tops, gaps, strict=True):
        width = patch.ink.shape[1]
        inked = patch.ink >= INK / 255
        rows = np.flatnonzero(inked.any(axis=1))
        first, last = inked.argmax(axis=1)[rows], width - inked[:, ::-1].argmax(axis=1)[rows]
        rows = rows + top + 1
        around = np.maximum(np.maximum(edge[rows - 1], edge[rows]), edge[(rows + 1).clip(max=IMAGE_SIZE + 1)])
        left = 0
        if lefts:
            before, before_width = lefts[-1], patches[len(lefts) - 1].ink.shape[1]
            apart = before + (before_width - width) / 2 + LEAST_DISTANCE
            overlapped = before + before_width - MOST_OVERLAP * min(width, before_width)
            left = round(max(float((around - first).max()) + gap, apart, overlapped))
        lefts.append(left)
        edge[rows] = np.maximum(edge[rows], left + last)
    return [left - min(lefts) for left in lefts]


def assemble(patches: list[Patch], tops: list[int], lefts: list[int]) -> Line | None:
    """The line of patches at their places; None where it is too long for a strip."""
    ends = [left + patch.ink.shape[1] for patch, left in zip(patches, lefts, strict=True)]
    width = max(MIN_WIDTH, 2 * -(-(max(ends) + 2 * MARGIN) // 2))
    if width > MAX_WIDTH:
        return None
    margin = (width - max(ends)) // 2
    ink = np.zeros((IMAGE_SIZE, width), np.float32)
    owners = np.full((IMAGE_SIZE, width), NO_LABEL, np.int8)
    boxes, labels = [], []
    for patch, top, left in zip(patches, tops, lefts, strict=True):
        (height, across), left = patch.ink.shape, left + margin
        place = np.s_[top : top + height, left : left + across]
        mine = (patch.ink > ink[place]) & (patch.ink >= INK / 255)
        owners[place][mine] = patch.label
        np.maximum(ink[place], patch.ink, out=ink[place])
        if patch.label != NO_LABEL:
            boxes.append((top, left, top + height, left + across))
            labels.append(patch.label)
    return Line(
        np.rint(ink * 255).astype(np.uint8),
        owners,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(labels, np.int64),
    )
