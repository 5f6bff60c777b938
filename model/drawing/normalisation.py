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

STEEPEST = 1.0  # slant that is taken out; ink that leans farther is no upright line


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


def normalised(drawing: object, steps: Steps = Steps(), slant: float = 0) -> np.ndarray:  # noqa: B008 (immutable)
    """The image that a drawing becomes after some of MNIST's steps.

    The pen is MNIST's in every case. What lies outside the image is lost; a drawing may vanish altogether.

    Args:
        drawing: as `check_drawing` takes it.
        steps: which to take; all of them give exactly `rasterize(drawing)`.
        slant: as `slant_of` gives it: the strokes are sheared first until ink that leans so stands upright.

    Returns:
        uint8 (28, 28), ink 255 on 0.

    Raises:
        DrawingError: as `check_drawing`.
    """
    strokes = check_drawing(drawing)
    if slant:
        middle = np.concatenate(strokes)[:, 1].mean()
        strokes = [np.stack([each[:, 0] + slant * (each[:, 1] - middle), each[:, 1]], 1) for each in strokes]
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
    return moved(image, right, down)


def slant_of(image: np.ndarray) -> float:
    """How much the ink of an image leans, in columns to the right per row upwards, from -1 to 1; 0 for a blank one.

    It is the slope of the line through the ink's centre of mass that deskewing makes upright, from the second moments.

    Args:
        image: uint8 (28, 28), ink 255 on 0.
    """
    ink = image.astype(float)
    rows, columns = np.indices(ink.shape)
    mass = ink.sum()
    if not mass:
        return 0.0
    down, right = rows - (ink * rows).sum() / mass, columns - (ink * columns).sum() / mass
    return float(np.clip(-(ink * down * right).sum() / max((ink * down * down).sum(), mass), -STEEPEST, STEEPEST))


def moved(image: np.ndarray, right: int, down: int) -> np.ndarray:
    """An image with its ink moved by whole pixels; what leaves it is lost."""
    height, width = image.shape
    place = np.pad(image, ((max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0))))
    top, left = max(-down, 0), max(-right, 0)
    return place[top : top + height, left : left + width]


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
