"""From a line's drawing to the strip that the network reads: 28 rows, as many columns as the line is long.

The pen, its soft edge and the size are those of `model.drawing.strokes.rasterize`, but that the height alone is
fitted: nothing is squeezed, and a long line becomes a long strip.
"""

from typing import NamedTuple

import numpy as np

from model.drawing.strokes import IMAGE_SIZE, PEN, Strokes, check_drawing, draw_lines

CANVAS_WIDTH = 5.0  # of the sheet that a line is written on, in its heights
INK_HEIGHT = 24  # rows that the ink fills, the pen included
MARGIN = 4  # columns of paper left and right of the ink
MIN_WIDTH, MAX_WIDTH = 28, 560
ROUNDING = 1e-6  # pairs of columns: where a line ends on a column's edge, rounding does not decide the width
# Heights of the canvas. What is written smaller is not blown up to fill the rows: a dash stays a dash.
LEAST_HEIGHT = 0.15
INK = 64  # a pixel from this value on counts as ink


class LineError(ValueError):
    """Not a line that can be read. The message is one sentence for people: what is wrong and what is expected."""


class LineFitting(NamedTuple):
    """How a line's drawing is placed in its strip.

    Attributes:
        scale: pixels per canvas unit.
        shift: x, y to add after scaling.
        width: of the strip, in pixels; even.
    """

    scale: float
    shift: tuple[float, float]
    width: int

    def place(self, points: np.ndarray) -> np.ndarray:
        """Where points (P, 2) of the canvas lie in the strip, in pixels (P, 2)."""
        return points * self.scale + self.shift


def fit_line(strokes: Strokes) -> LineFitting:
    """The scale and the shift with which `rasterize_line` renders checked strokes.

    Raises:
        LineError: the strip would be wider than `MAX_WIDTH`.
    """
    points = np.concatenate(strokes)  # (P, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    across, down = (high - low).tolist()
    scale = (INK_HEIGHT - PEN) / max(down, LEAST_HEIGHT)
    needed = across * scale + PEN + 2 * MARGIN
    if needed > MAX_WIDTH:
        longest = (MAX_WIDTH - PEN - 2 * MARGIN) / (INK_HEIGHT - PEN)
        raise LineError(
            f"The line is {across / max(down, LEAST_HEIGHT):.0f} times as long as it is high; "
            f"at most {longest:.0f} times is expected: write larger, or fewer digits."
        )
    width = max(MIN_WIDTH, 2 * int(np.ceil(needed / 2 - ROUNDING)))
    shift = np.array([width, IMAGE_SIZE]) / 2 - (low + high) / 2 * scale
    return LineFitting(scale, tuple(shift.tolist()), width)


def rasterize_line(drawing: object) -> np.ndarray:
    """A line's drawing as a strip.

    Args:
        drawing: a drawing as `model.drawing.strokes.check_drawing` takes it, on a canvas five times as wide as high:
            x from 0 to 5, y from 0 to 1.

    Returns:
        uint8 (28, W), ink 255 on 0, W even and from 28 to 560. It does not depend on where on the canvas the line is
        written, nor on how large, unless it is lower than `LEAST_HEIGHT`.

    Raises:
        DrawingError: not a valid drawing.
        LineError: the line is too long for its height.
    """
    strokes = check_drawing(drawing, CANVAS_WIDTH)
    fit = fit_line(strokes)
    return np.rint(draw_strip([fit.place(stroke) for stroke in strokes], fit.width) * 255).astype(np.uint8)


def draw_strip(strokes: Strokes, width: int, pen: float = PEN) -> np.ndarray:
    """Lines of a round pen on a strip, as `draw_lines` draws them on a square.

    Args:
        strokes: points (P, 2) each, in pixels from the top left corner.
        width: of the strip, in pixels.
        pen: its diameter, in pixels.

    Returns:
        float32 (28, width) from 0, paper, to 1, ink.
    """
    start = np.concatenate([stroke[: max(len(stroke) - 1, 1)] for stroke in strokes])  # (S, 2)
    end = np.concatenate([stroke[min(len(stroke) - 1, 1) :] for stroke in strokes])
    left, right = np.minimum(start[:, 0], end[:, 0]) - pen, np.maximum(start[:, 0], end[:, 0]) + pen
    strip = np.zeros((IMAGE_SIZE, width), np.float32)
    for first in range(0, width, IMAGE_SIZE):  # square by square, each with the segments near it
        near = (right > first) & (left < first + IMAGE_SIZE)
        if near.any():
            segments = np.stack([start[near], end[near]], axis=1) - [first, 0]  # (S, 2, 2)
            square = draw_lines(list(segments), IMAGE_SIZE, pen)
            strip[:, first : first + IMAGE_SIZE] = square[:, : width - first]
    return strip


def check_strip(strip: object) -> np.ndarray:
    """The strip, after a check that it is one.

    Raises:
        LineError: it is not uint8 (28, W) with W from 28 to 560, or has no ink.
    """
    if not isinstance(strip, np.ndarray) or strip.dtype != np.uint8 or strip.ndim != 2:
        raise LineError(f"A strip is an array of uint8 with {IMAGE_SIZE} rows.")
    height, width = strip.shape
    if height != IMAGE_SIZE or not MIN_WIDTH <= width <= MAX_WIDTH:
        raise LineError(
            f"The strip has {height} rows and {width} columns; expected {IMAGE_SIZE} rows and "
            f"{MIN_WIDTH} to {MAX_WIDTH} columns."
        )
    if strip.max() < INK:
        raise LineError("The strip has no ink; a line of digits is expected.")
    return strip
