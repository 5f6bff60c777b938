"""What MNIST's normalisation does to a drawing, step by step, each step on or off.

`model.drawing.strokes.rasterize` takes all three: the ink box is moved to the middle of the image, the drawing is
scaled so that the box fills 20 x 20 pixels, and its centre of mass is moved to the middle. Here each can be left out,
to see what the network would read instead.
"""

from typing import NamedTuple

import numpy as np

from model.drawing.strokes import (
    IMAGE_SIZE,
    INK_SIZE,
    Strokes,
    centring_shift,
    check_drawing,
    draw_lines,
    fitting_scale,
)


class Steps(NamedTuple):
    """Which steps are taken.

    Attributes:
        boxed: the middle of the ink box is moved to the middle of the image; otherwise it stays where it is on the
            canvas, whose side is the image's.
        scaled: the longer side of the ink box becomes 20 pixels; otherwise the canvas becomes 28.
        centred: the ink's centre of mass is moved to the middle, by whole pixels.
    """

    boxed: bool = True
    scaled: bool = True
    centred: bool = True

    def so_far(self) -> list["Steps"]:
        """No step at all, then one more of the three each time, if it is taken."""
        return [Steps(*self[:count], *(False,) * (3 - count)) for count in range(4)]


def normalised(drawing: object, steps: Steps = Steps()) -> np.ndarray:  # noqa: B008 (immutable)
    """The image that a drawing becomes after some of MNIST's steps.

    The pen is MNIST's in every case. What lies outside the image is lost; a drawing may vanish altogether.

    Args:
        drawing: as `check_drawing` takes it.
        steps: which to take; all of them give exactly `rasterize(drawing)`.

    Returns:
        uint8 (28, 28), ink 255 on 0.

    Raises:
        DrawingError: as `check_drawing`.
    """
    strokes = check_drawing(drawing)
    # MNIST cuts off the pen's soft edge only where the ink box fills the 20 x 20 pixels in the middle.
    side = INK_SIZE if steps.boxed and steps.scaled else IMAGE_SIZE
    margin = (IMAGE_SIZE - side) // 2
    ink = draw_lines(_placed(strokes, steps, side), side)  # (side, side)
    right, down = centring_shift(ink) if steps.centred else (0, 0)
    top, left = IMAGE_SIZE + margin + down, IMAGE_SIZE + margin + right
    plane = np.zeros((3 * IMAGE_SIZE, 3 * IMAGE_SIZE), np.uint8)  # the image with as much space on every side
    plane[top : top + side, left : left + side] = np.rint(ink * 255)
    return plane[IMAGE_SIZE : 2 * IMAGE_SIZE, IMAGE_SIZE : 2 * IMAGE_SIZE].copy()


def centred(image: np.ndarray) -> np.ndarray:
    """An image with its ink's centre of mass moved to the middle in whole pixels, as in MNIST; what falls out is lost.

    Args:
        image: uint8 (28, 28), ink 255 on 0.
    """
    right, down = centring_shift(image.astype(np.float64))
    moved = np.zeros_like(image)
    rows, columns = (np.arange(IMAGE_SIZE) - shift for shift in (down, right))  # where each pixel comes from
    inside = [(places >= 0) & (places < IMAGE_SIZE) for places in (rows, columns)]
    moved[np.ix_(*inside)] = image[np.ix_(rows[inside[0]], columns[inside[1]])]
    return moved


def _placed(strokes: Strokes, steps: Steps, side: int) -> Strokes:
    """The strokes in pixels of a square with this side in the middle of the image."""
    points = np.concatenate(strokes)  # (P, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = fitting_scale(low, high) if steps.scaled else float(IMAGE_SIZE)
    middle = (low + high) / 2
    # The scaled box stays around its own middle: scaling and moving are two steps.
    place = side / 2 if steps.boxed else middle * IMAGE_SIZE
    shift = place - middle * scale
    return [stroke * scale + shift for stroke in strokes]
