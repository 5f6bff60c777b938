"""One drawing as the same hand might have drawn it another time: changed as strokes, before it becomes an image."""

import math

import numpy as np

from model.drawing.strokes import PEN, Strokes, check_drawing, render

ROTATION = 8.0  # degrees
SLANT = 0.2  # horizontal, as a ratio
STRETCH = 0.15  # of width against height, as a logarithm
STROKE_SHIFT = 0.04  # of a stroke against the others, as a share of the drawing's size
JITTER = 0.03  # of a stroke's points, smooth along it, as a share of the drawing's size
THICKNESS = 0.3  # of the pen, as a logarithm
MOST_POINTS = 600  # of a drawing that is varied; a pen gives some 60 a second, and a file may give any number
BENDS = 4  # places along a stroke that are moved independently; between them the shift is interpolated


def variants(drawing: object, count: int, generator: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Images of a drawing, each changed in its own way: rotation, slant, width, jitter, thickness of the pen.

    Args:
        drawing: as `model.drawing.strokes.rasterize` takes it.
        count: how many, at least 1.
        generator: source of the changes.
        amount: multiplies all changes except the pen's.

    Returns:
        uint8 (count, 28, 28), ink 255 on 0.

    Raises:
        DrawingError: as `model.drawing.strokes.check_drawing`.
    """
    strokes = _thinned(check_drawing(drawing))
    return np.stack([_variant(strokes, generator, amount) for _ in range(count)])


def _thinned(strokes: Strokes) -> Strokes:
    """As many points as a hand might have given, the last of each stroke among them."""
    step = -(-sum(map(len, strokes)) // MOST_POINTS)
    if step == 1:
        return strokes
    return [np.concatenate([stroke[:-1:step], stroke[-1:]]) for stroke in strokes]


def _variant(strokes: Strokes, generator: np.random.Generator, amount: float) -> np.ndarray:
    points = np.concatenate(strokes)  # (P, 2)
    middle, size = (points.min(axis=0) + points.max(axis=0)) / 2, float(np.ptp(points, axis=0).max())
    matrix = _affine(generator, amount)
    changed = [(_jittered(stroke, amount * size, generator) - middle) @ matrix.T for stroke in strokes]
    return render(changed, pen=PEN * math.exp(generator.uniform(-THICKNESS, THICKNESS)))


def _affine(generator: np.random.Generator, amount: float) -> np.ndarray:
    """Stretch, then slant, then rotation: (2, 2) on x, y."""
    angle = math.radians(amount * generator.uniform(-ROTATION, ROTATION))
    stretch = math.exp(amount * generator.uniform(-STRETCH, STRETCH) / 2)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    slant = np.array([[1, amount * generator.uniform(-SLANT, SLANT)], [0, 1]])
    return rotation @ slant @ np.diag([stretch, 1 / stretch])


def _jittered(stroke: np.ndarray, size: float, generator: np.random.Generator) -> np.ndarray:
    """A stroke (P, 2) moved as a whole and bent a little, in proportion to `size`."""
    shift = generator.normal(0, STROKE_SHIFT * size, 2)
    bends = generator.normal(0, JITTER * size, (BENDS, 2))
    along = np.linspace(0, BENDS - 1, len(stroke))
    bent = np.stack([np.interp(along, np.arange(BENDS), bends[:, axis]) for axis in (0, 1)], axis=1)  # (P, 2)
    return stroke + shift + bent
