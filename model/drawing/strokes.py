"""From a drawing to the image that the network reads: checked, then rendered as MNIST made its images.

Vector first, raster last. A drawing's ink box is fitted into 20 x 20 pixels, its lines are drawn there with a pen of
MNIST's thickness, and the result is placed in 28 x 28 with its centre of mass in the middle. So the image shows how a
digit is formed, and not how large, where, or with how thick a pen it was drawn.

The procedure is that of MNIST's page (LeCun, Cortes, Burges, "The MNIST database of handwritten digits"): "size
normalized to fit in a 20x20 pixel box while preserving their aspect ratio ... centered in a 28x28 image by computing
the center of mass of the pixels, and translating the image so as to position this point at the center of the 28x28
field".
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from model.json_text import read_json

IMAGE_SIZE = 28
INK_SIZE = 20

# Chosen on MNIST's training images, so that drawings have a similar share of ink and of grey edges; `python -m
# tests.benchmarks.rasterize --data DIR --pendigits FILE` prints both sides.
PEN = 2.5  # diameter, pixels
EDGE = 1.15  # width of the ramp from ink to paper, pixels

# Index of the pixel to which the centre of mass is moved, to the nearest whole pixel: in MNIST's training images it is
# at 14.0 on average, spread evenly from 13.5 to 14.5, so they were moved by whole pixels.
MIDDLE = 14

MAX_STROKES = 500
MAX_POINTS = 20_000
MAX_POINT_NUMBERS = 8
MAX_CHARACTERS = 2_000_000
COORDINATE_RANGE = (-1.0, 2.0)
DECIMALS = 12  # of coordinates; finer detail is no shape, and fitting it to a box would divide by almost zero

Strokes = list[np.ndarray]


class DrawingError(ValueError):
    """Not a valid drawing. The message is one sentence for people: what is wrong and what is expected."""


def check_drawing(drawing: object, width: float = 1.0) -> Strokes:
    """The strokes of a drawing as arrays, after a check that it is a drawing.

    Args:
        drawing: a list of strokes, or JSON text of one. A stroke is a list of points `[x, y]` in canvas units (0..1, x
            right, y down); after x and y a point may have time and pressure, which are checked and left out.
        width: of the canvas, in its heights.

    Returns:
        Strokes with at least one point each, float64 (P, 2) as x, y.

    Raises:
        DrawingError: it is anything else; this takes time proportional to its size at most.
    """
    if isinstance(drawing, str | bytes):
        drawing = _parse(drawing)
    if not _is_list(drawing):
        raise DrawingError("A drawing is a list of strokes, and a stroke is a list of points [x, y].")
    if len(drawing) > MAX_STROKES:
        raise DrawingError(f"The drawing has {len(drawing):,} strokes; at most {MAX_STROKES:,} are read.")
    for stroke in drawing:
        if not _is_list(stroke):
            raise DrawingError("A stroke is a list of points [x, y].")
    points = sum(map(len, drawing))
    if points == 0:
        raise DrawingError("The drawing has no ink; at least one point is expected.")
    if points > MAX_POINTS:
        raise DrawingError(f"The drawing has {points:,} points; at most {MAX_POINTS:,} are read.")
    return [_check_stroke(stroke, width) for stroke in drawing if len(stroke)]


def _parse(text: str | bytes) -> object:
    if len(text) > MAX_CHARACTERS:
        raise DrawingError(f"The drawing has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.")
    try:
        return read_json(text)
    except ValueError:
        raise DrawingError(
            "The drawing is not valid JSON; a list of strokes, each a list of points, is expected."
        ) from None


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _check_stroke(stroke: Sequence[Any], width: float) -> np.ndarray:
    for point in stroke:
        if not _is_list(point) or not 2 <= len(point) <= MAX_POINT_NUMBERS:
            raise DrawingError(
                f"A point is a list [x, y] of two numbers, or of up to {MAX_POINT_NUMBERS} with time and pressure."
            )
    for kind in set(map(type, chain.from_iterable(stroke))):
        if kind is bool or not issubclass(kind, int | float | np.integer | np.floating):
            raise DrawingError(f"A point holds numbers only, and one holds a value of the type {kind.__name__}.")
    try:
        numbers = np.fromiter(chain.from_iterable(stroke), np.float64)
    except OverflowError:  # an integer beyond the largest float
        numbers = np.array([np.inf])
    if not np.isfinite(numbers).all():
        raise DrawingError("A point holds finite numbers only, and one holds NaN or infinity.")
    places = np.array([(point[0], point[1]) for point in stroke], np.float64)  # (P, 2)
    low, high = COORDINATE_RANGE
    farthest = np.array([high + width - 1, high])
    if (places < low).any() or (places > farthest).any():
        canvas = "0 to 1" if width == 1 else f"0 to {width:g} by 0 to 1"
        read = f"{low:g} to {high:g}" if width == 1 else f"{low:g} to {farthest[0]:g} by {low:g} to {high:g}"
        raise DrawingError(
            f"A point lies far outside the canvas; the canvas is {canvas}, and coordinates from {read} are read."
        )
    return places.round(DECIMALS)


class Fitting(NamedTuple):
    """How a drawing is placed in the image: the steps that `rasterize` takes, to be looked at.

    Places in the image are in pixels from its top left corner, so that pixel (row, column) has its centre at
    x = column + 0.5, y = row + 0.5.

    Attributes:
        box: left, top, right, bottom of the pen's centre line, in canvas units.
        scale: pixels per canvas unit.
        boxed: x, y to add after scaling to bring the ink box into the middle of the image.
        centred: whole pixels x, y to add after that to bring the centre of mass there.
    """

    box: tuple[float, float, float, float]
    scale: float
    boxed: tuple[float, float]
    centred: tuple[int, int]

    def place(self, points: np.ndarray) -> np.ndarray:
        """Where points (P, 2) of the canvas lie in the image, in pixels (P, 2)."""
        return points * self.scale + np.add(self.boxed, self.centred)


def fitting(drawing: object) -> Fitting:
    """The ink box, scale and shifts with which `rasterize` renders this drawing.

    Raises:
        DrawingError: as `check_drawing`.
    """
    return _fit(check_drawing(drawing))[0]


def rasterize(drawing: object) -> np.ndarray:
    """The drawing as an image like MNIST's.

    Args:
        drawing: as `check_drawing` takes it.

    Returns:
        uint8 (28, 28), ink 255 on 0. It depends on the shape alone, not on its place and size on the canvas.

    Raises:
        DrawingError: as `check_drawing`.
    """
    return render(check_drawing(drawing))


def render(strokes: Strokes, pen: float = PEN) -> np.ndarray:
    """Checked strokes as an image, as `rasterize`, with a pen of any diameter in pixels."""
    fit, ink = _fit(strokes, pen)
    margin = (IMAGE_SIZE - INK_SIZE) // 2
    left, top = margin + fit.centred[0], margin + fit.centred[1]
    image = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    image[top : top + INK_SIZE, left : left + INK_SIZE] = np.rint(ink * 255)
    return image


def _fit(strokes: Strokes, pen: float = PEN) -> tuple[Fitting, np.ndarray]:
    """The fitting, and the ink (20, 20) from 0 to 1 that it was found from."""
    points = np.concatenate(strokes)  # (P, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = fitting_scale(low, high, pen)
    to_middle = INK_SIZE / 2 - (low + high) / 2 * scale
    ink = draw_lines([stroke * scale + to_middle for stroke in strokes], INK_SIZE, pen)  # (20, 20)

    margin = (IMAGE_SIZE - INK_SIZE) // 2
    fit = Fitting(
        box=(*low.tolist(), *high.tolist()),
        scale=scale,
        boxed=tuple((to_middle + margin).tolist()),
        centred=centring_shift(ink),
    )
    return fit, ink


def fitting_scale(low: np.ndarray, high: np.ndarray, pen: float = PEN) -> float:
    """Pixels per canvas unit at which the longer side of an ink box, pen included, becomes `INK_SIZE`.

    Args:
        low: (2,) smallest x and y of the pen's centre line.
        high: (2,) largest. A box without extent is a dot, and any scale will do.
        pen: its diameter, in pixels.
    """
    extent = float((high - low).max())
    return (INK_SIZE - pen) / extent if extent > 0 else 1.0


def centring_shift(ink: np.ndarray) -> tuple[int, int]:
    """Whole pixels x, y that bring the centre of mass to `MIDDLE`, as far as the ink stays in the image.

    Args:
        ink: (side, side), a square in the middle of the image. One that is the whole image may move anywhere; one
            without ink stays.
    """
    if not ink.any():
        return 0, 0
    margin = (IMAGE_SIZE - len(ink)) // 2
    farthest = margin or IMAGE_SIZE
    pixels = np.arange(len(ink))
    mass = np.array([ink.sum(axis=0) @ pixels, ink.sum(axis=1) @ pixels]) / ink.sum()
    # A symmetrical drawing could move to either side: a tiny offset decides, rather than rounding errors.
    right, down = np.rint(MIDDLE - margin - mass - 1e-4).clip(-farthest, farthest).astype(int).tolist()
    return right, down


SEGMENTS_AT_ONCE = 256  # as many as keep the work within the processor's cache


def draw_lines(strokes: Strokes, side: int, pen: float = PEN) -> np.ndarray:
    """Lines of a round pen, by default MNIST's: ink by each pixel centre's distance to the nearest segment.

    Args:
        strokes: points (P, 2) each, in pixels from the top left corner.
        side: side of the square that is drawn on, in pixels; ink outside it is lost.
        pen: its diameter, in pixels.

    Returns:
        float32 (side, side) from 0, paper, to 1, ink.
    """
    start = np.concatenate([stroke[: max(len(stroke) - 1, 1)] for stroke in strokes]).astype(np.float32)  # (S, 2)
    end = np.concatenate([stroke[min(len(stroke) - 1, 1) :] for stroke in strokes]).astype(np.float32)
    nearest = np.full((side, side), np.inf, np.float32)  # squared distances
    for first in range(0, len(start), SEGMENTS_AT_ONCE):
        part = slice(first, first + SEGMENTS_AT_ONCE)
        np.minimum(nearest, _squared_distances(start[part], end[part], side).min(axis=0), out=nearest)
    return ((pen / 2 - np.sqrt(nearest)) / EDGE + 0.5).clip(0, 1)


def _squared_distances(start: np.ndarray, end: np.ndarray, side: int) -> np.ndarray:
    """From segments (S, 2) to pixel centres, squared: (S, side, side)."""
    centres = np.arange(side, dtype=np.float32) + np.float32(0.5)
    along = end - start
    squared_length = (along**2).sum(axis=1)
    x, y = centres - start[:, :1], centres - start[:, 1:]  # (S, side) each
    # The place t from 0 to 1 on the segment that is nearest; a segment without length is its start.
    inverse = 1 / np.where(squared_length > 0, squared_length, 1)[:, None]
    t = (x * along[:, :1] * inverse)[:, None, :] + (y * along[:, 1:] * inverse)[:, :, None]  # (S, side, side)
    t = t.clip(0, 1, out=t)
    dx = x[:, None, :] - t * along[:, 0, None, None]
    dy = y[:, :, None] - t * along[:, 1, None, None]
    dx *= dx
    dy *= dy
    dx += dy
    return dx
