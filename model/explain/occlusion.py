"""Which part of the ink a decision depends on: a window of paper covers each place, and the network reads it again.

Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 4.2. The window here is
paper, not grey: the question is what the drawing would be without that ink.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from model.drawing.strokes import IMAGE_SIZE

WINDOW = 5  # side in pixels: twice the pen's width, so that it cuts a line
BATCH = 32  # images read together


class Occlusion(NamedTuple):
    """How a decision changes without some of the ink.

    Attributes:
        top: index of the class that the whole image is read as.
        probability: that class's probability for the whole image.
        drop: float32 (28, 28), how much that probability falls with the window around each pixel; negative where it
            rises, 0 where the window covers no ink.
        reading: int64 (28, 28), index of the class read then; `top` where the window covers no ink.
    """

    top: int
    probability: float
    drop: np.ndarray
    reading: np.ndarray

    @property
    def strongest(self) -> tuple[int, int]:
        """(y, x) of the window with the largest drop, of those that change the reading where there are any."""
        changed = self.reading != self.top
        drop = np.where(changed, self.drop, -np.inf) if changed.any() else self.drop
        y, x = np.unravel_index(drop.argmax(), drop.shape)
        return int(y), int(x)


def occlusion(ask: Callable[[np.ndarray], np.ndarray], image: np.ndarray, window: int = WINDOW) -> Occlusion:
    """Read the image again with a window of paper over every place that has ink near it.

    Args:
        ask: uint8 (N, 28, 28) -> class probabilities (N, classes), as `predict` of a network; N is at most `BATCH`.
        image: uint8 (28, 28), ink 255 on 0.
        window: the window's side in pixels, odd, from 1 to 27.

    Raises:
        ValueError: the window's side is out of its range; or what `ask` raises for such an image.
    """
    if not isinstance(window, int) or window % 2 == 0 or not 1 <= window < IMAGE_SIZE:
        raise ValueError(f"The window's side is {window!r}; expected an odd number from 1 to {IMAGE_SIZE - 1}.")
    whole = ask(image[None])[0]  # (classes,)
    top = int(whole.argmax())
    drop = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.float32)
    reading = np.full((IMAGE_SIZE, IMAGE_SIZE), top)
    places, occluded = _occlude(image, window)
    for first in range(0, len(places), BATCH):
        some = slice(first, first + BATCH)
        probabilities = ask(occluded[some])  # (n, classes)
        rows, columns = places[some].T
        drop[rows, columns] = whole[top] - probabilities[:, top]
        reading[rows, columns] = probabilities.argmax(1)
    return Occlusion(top, float(whole[top]), drop, reading)


def count_windows(image: np.ndarray, window: int = WINDOW) -> int:
    """How many images an `occlusion` of this one asks about, besides itself."""
    return len(_occlude(image, window)[0])


def _occlude(image: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """The places (P, 2) as y, x whose window covers ink, and the images (P, 28, 28) without it."""
    half = window // 2
    inked = np.pad(image > 0, half)  # (28 + 2 half, 28 + 2 half)
    near = np.lib.stride_tricks.sliding_window_view(inked, (window, window)).any((2, 3))  # (28, 28)
    places = np.argwhere(near)  # (P, 2)
    distance = np.abs(np.arange(IMAGE_SIZE) - places[:, :, None])  # (P, 2, 28)
    covered = (distance[:, 0, :, None] <= half) & (distance[:, 1, None, :] <= half)  # (P, 28, 28)
    return places, np.where(covered, np.uint8(0), image)
