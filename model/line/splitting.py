"""The usual way to read a line with a network for one digit: cut it where the ink is not joined, read each piece."""

import numpy as np

from model.drawing.strokes import PEN, check_drawing, rasterize
from model.inference import predict
from model.line.strip import CANVAS_WIDTH, fit_line
from model.network import DigitNet

STEP = 1.0  # of the places at which strokes are compared, in pixels
SAME_COLUMNS = 0.5  # pieces that share so much of the narrower one's columns are one: a 5 and its bar


def split_by_strokes(drawing: object) -> list[list[np.ndarray]]:
    """Groups of strokes whose ink is joined, or that stand above each other, left to right.

    Args:
        drawing: a line, as `rasterize_line` takes it.

    Raises:
        DrawingError: not a valid drawing.
        LineError: the line is too long for its height.
    """
    strokes = check_drawing(drawing, CANVAS_WIDTH)
    fit = fit_line(strokes)
    dense = [_dense(fit.place(stroke)) for stroke in strokes]
    groups: list[list[int]] = []
    for index, points in enumerate(dense):
        joined = [group for group in groups if any(_joined(points, dense[other]) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(member for group in joined for member in group), index])
    groups.sort(key=lambda group: _middle(dense, group))
    return [[strokes[index] for index in sorted(group)] for group in groups]


def _dense(points: np.ndarray) -> np.ndarray:
    """Places along a stroke, close together."""
    lengths = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    places = np.linspace(0, lengths[-1], int(lengths[-1] / STEP) + 2)
    return np.stack([np.interp(places, lengths, points[:, axis]) for axis in (0, 1)], axis=1)


def _joined(one: np.ndarray, other: np.ndarray) -> bool:
    starts, ends = np.maximum(one[:, 0].min(), other[:, 0].min()), np.minimum(one[:, 0].max(), other[:, 0].max())
    narrower = min(np.ptp(one[:, 0]), np.ptp(other[:, 0])) + PEN
    if ends - starts + PEN > SAME_COLUMNS * narrower and ends > starts:
        return True
    distances = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return bool(distances.min() < PEN)


def _middle(dense: list[np.ndarray], group: list[int]) -> float:
    columns = np.concatenate([dense[index][:, 0] for index in group])
    return float(columns.min() + columns.max())


def read_split(net: DigitNet, drawing: object) -> str:
    """The number that a network for one digit reads of a line's pieces.

    Args:
        net: in eval mode.
        drawing: a line, as `rasterize_line` takes it.
    """
    images = []
    for group in split_by_strokes(drawing):
        points = np.concatenate(group)
        largest = max(float(np.ptp(points, axis=0).max()), 1e-6)
        images.append(rasterize([((stroke - points.min(axis=0)) / largest).tolist() for stroke in group]))
    return "".join(net.classes[index] for index in predict(net, np.stack(images)).argmax(1))
