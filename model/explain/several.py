"""Whether a drawing is probably more than one digit: its strokes, side by side, are each read as one.

A network that was trained on pairs of digits as outliers calls such a drawing unlike anything it knows. This finds out
why: strokes that stand beside each other are separated, and each part is read by itself.
"""

import numpy as np
import torch

from model.drawing.strokes import Strokes, check_drawing, render
from model.familiarity import is_familiar
from model.metrics import logits_of
from model.network import DigitNet

OVERLAP = 0.25  # share of the narrower stroke's width; strokes that overlap more belong together
LEAST_HEIGHT = 0.4  # share of the drawing's height; a lower part is a dot or a dash
LEAST_WIDTH = 0.1  # share of the drawing's height; an upright stroke counts as this wide
SURE = 0.5  # probability from which a part is called a digit
MOST = 8  # parts to read at most


def side_by_side(strokes: Strokes) -> list[Strokes]:
    """Strokes (P, 2), separated where they stand beside each other, left to right."""
    points = np.concatenate(strokes)
    least = LEAST_WIDTH * np.ptp(points[:, 1])
    groups: list[tuple[float, float, Strokes]] = []
    for stroke in sorted(strokes, key=lambda stroke: stroke[:, 0].min()):
        left, right = stroke[:, 0].min(), stroke[:, 0].max()
        slack = max(least - (right - left), 0) / 2
        group = (left - slack, right + slack, [stroke])
        while groups and _belong_together(groups[-1], group):
            before = groups.pop()
            group = (min(before[0], group[0]), max(before[1], group[1]), before[2] + group[2])
        groups.append(group)
    return [strokes for _, _, strokes in groups]


def _belong_together(one: tuple[float, float, Strokes], other: tuple[float, float, Strokes]) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    narrower = min(one[1] - one[0], other[1] - other[0])
    return shared > OVERLAP * narrower


def several_digits(net: DigitNet, drawing: object) -> list[str]:
    """The classes that a drawing's parts are read as, left to right, if it is probably more than one digit.

    Args:
        net: in eval mode.
        drawing: as for `model.drawing.strokes.rasterize`.

    Returns:
        Two or more names; none if the drawing as a whole is familiar, or one of its parts is not.

    Raises:
        DrawingError: as `model.drawing.strokes.check_drawing`.
    """
    strokes = check_drawing(drawing)
    parts = side_by_side(strokes)
    height = np.ptp(np.concatenate(strokes)[:, 1])
    if not 2 <= len(parts) <= MOST or min(np.ptp(np.concatenate(part)[:, 1]) for part in parts) < LEAST_HEIGHT * height:
        return []
    logits = logits_of(net, torch.from_numpy(np.stack([render(some) for some in (strokes, *parts)])))
    familiar = is_familiar(net, logits).tolist()
    sure, classes = (logits / net.temperature).softmax(1).max(1)
    if familiar[0] or not all(familiar[1:]) or sure[1:].min() < SURE:
        return []
    return [net.classes[index] for index in classes[1:].tolist()]
