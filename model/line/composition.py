"""Lines to train on, composed on the fly: digits of MNIST's images or of one hand, of all sizes and spacings.

One line is one writer's: all its digits come from MNIST, or from one hand of `model.drawing.hands` with its own slant,
proportions and styles. Some lines hold something that is no digit, some are a scribble, a few stand in two rows, and
some are soiled by specks. The same seed gives the same lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from model.data import Augmentation, Split, augment
from model.drawing.hands import DIGITS, Drawing, styles, vary
from model.drawing.outliers import KINDS
from model.drawing.strokes import IMAGE_SIZE, PEN, draw_lines
from model.drawing.styles import STYLES
from model.line.layout import NO_LABEL, SPACINGS, Line, Patch, assemble, columns_of, cut_out
from model.line.strip import INK_HEIGHT

UNLIKE = len(DIGITS)  # the label of what is no digit
NO_DIGITS = ("scribble", "symbol", "invented sign", "part", "lines")
MNIST_BENDING = Augmentation(rotation=8, shear=0.2, scale=0.12, shift=0, elastic=0.6, thickness=0.5)
LEAST_SIZE = 8  # pixels of the longer side of a digit


@dataclass(frozen=True)
class Composition:
    """What lines are like.

    Attributes:
        digits: the fewest and the most of a line.
        hands: share of lines that a hand wrote; the others are MNIST's.
        spacings: how often neighbours stand apart, tight, and touching.
        size: standard deviation of a digit's size, as a logarithm.
        baseline: standard deviation of a digit's height on the line, in digits.
        rise: standard deviation by which each digit stands higher or lower than the one before it, in digits.
        no_digit: share of lines in which something is no digit.
        scribbled: share of lines that are one long scribble.
        stacked: share of lines that stand in two rows.
        specks: share of lines with specks.
    """

    digits: tuple[int, int] = (1, 8)
    hands: float = 0.6
    spacings: tuple[float, float, float] = (0.25, 0.35, 0.4)
    size: float = 0.12
    baseline: float = 0.05
    rise: float = 0.03
    no_digit: float = 0.12
    scribbled: float = 0.015
    stacked: float = 0.015
    specks: float = 0.06


class Composer:
    """Composes lines.

    Args:
        mnist: images and labels that lines of MNIST's are made of.
        how: what lines are like.
        letters: drawings of characters that are no digits, if there are any.
    """

    def __init__(self, mnist: Split, how: Composition = Composition(), letters: Sequence[Drawing] = ()) -> None:
        self.mnist, self.how, self.letters = mnist, how, letters
        self.by_digit = [np.flatnonzero(mnist.labels.numpy() == digit) for digit in range(len(DIGITS))]

    def lines(self, count: int, seed: int) -> list[Line]:
        """So many lines; another seed gives others."""
        generator = np.random.default_rng(seed)
        self._bent, self._used = self._bend(4 * count, generator), 0
        lines: list[Line] = []
        while len(lines) < count:
            line = self._line(generator)
            if line is not None:
                lines.append(line)
        return lines

    def _bend(self, count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Images of MNIST's, each digit as often as the others, bent: float32 (N, 28, 28), and their labels."""
        labels = generator.permutation(np.arange(count) % len(DIGITS))
        chosen = np.array([generator.choice(self.by_digit[label]) for label in labels])
        noise = torch.Generator().manual_seed(int(generator.integers(2**31)))
        images = self.mnist.images[torch.from_numpy(chosen), None].float() / 255
        return augment(images, MNIST_BENDING, noise)[:, 0].numpy(), labels

    def _line(self, generator: np.random.Generator) -> Line | None:
        how = self.how
        if generator.random() < how.scribbled:
            return _scribbled(generator)
        count = int(generator.integers(how.digits[0], how.digits[1] + 1))
        if generator.random() < how.stacked:
            return self._stacked(min(count, 3), generator)
        sizes = np.exp(generator.normal(0, how.size, count))
        heights = generator.normal(0, how.baseline, count) + generator.normal(0, how.rise) * np.arange(count)
        low, high = (heights - sizes / 2).min(), (heights + sizes / 2).max()
        room = INK_HEIGHT * (1.0 if generator.random() < 0.7 else generator.uniform(0.6, 1.0))
        scale = room / (high - low)
        patches = self._patches(np.maximum(scale * sizes, LEAST_SIZE), generator)
        middles = IMAGE_SIZE / 2 + scale * (heights - (low + high) / 2)
        tops = [inside(middle - len(patch.ink) / 2, patch) for middle, patch in zip(middles, patches, strict=True)]
        spacing = str(generator.choice(list(SPACINGS), p=how.spacings))
        gaps = generator.uniform(*SPACINGS[spacing], count).tolist()
        lefts = columns_of(patches, tops, gaps)
        if generator.random() < how.specks:
            _soil(patches, tops, lefts, generator)
        return assemble(patches, tops, lefts)

    def _patches(self, sizes: np.ndarray, generator: np.random.Generator) -> list[Patch]:
        """Digits of one writer, of these sizes in pixels; some may be something else."""
        odd = np.zeros(len(sizes), bool)
        if generator.random() < self.how.no_digit:
            odd = generator.random(len(sizes)) < generator.choice((0.3, 1.0), p=(0.8, 0.2))
        if generator.random() < self.how.hands:
            person = Person(generator)
            write = person.write
        else:
            write = self._of_mnist
        return [
            self._no_digit(size, generator) if is_odd else write(size, generator)
            for size, is_odd in zip(sizes.tolist(), odd.tolist(), strict=True)
        ]

    def _of_mnist(self, size: float, generator: np.random.Generator) -> Patch:
        images, labels = self._bent
        index = self._used % len(labels)
        self._used += 1
        ink = cut_out(images[index])
        return Patch(cut_out(_resized(ink, size / max(ink.shape))), int(labels[index]))

    def _no_digit(self, size: float, generator: np.random.Generator) -> Patch:
        if self.letters and generator.random() < 0.6:
            drawing = self.letters[int(generator.integers(len(self.letters)))]
        else:
            drawing = KINDS[str(generator.choice(NO_DIGITS))](generator)
        return drawn([np.array(stroke)[:, :2] for stroke in drawing], size, UNLIKE)

    def _stacked(self, count: int, generator: np.random.Generator) -> Line | None:
        patches = self._patches(generator.uniform(9, 11.5, 2 * count), generator)
        rows = []
        for row, top in ((patches[:count], 2), (patches[count:], 15)):
            tops = [inside(top + generator.uniform(0, 1), patch) for patch in row]
            gaps = generator.uniform(1, 6, count).tolist()
            rows.append((tops, columns_of(row, tops, gaps)))
        return assemble(patches, rows[0][0] + rows[1][0], rows[0][1] + rows[1][1])


class Person:
    """Somebody who writes: one slant, one pen, and mostly one style a digit."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.own = int(generator.integers(2**32))
        self.amount = generator.uniform(0.5, 1.0)
        self.styles = [str(generator.choice(styles(digit))) for digit in DIGITS]

    def write(self, size: float, generator: np.random.Generator) -> Patch:
        """Any digit, of this size in pixels."""
        label = int(generator.integers(len(DIGITS)))
        shape = STYLES[DIGITS[label]][self.styles[label]]
        drawing = vary(shape, generator, self.amount, np.random.default_rng(self.own))
        return drawn([np.array(stroke) for stroke in drawing], size, label)


def drawn(strokes: list[np.ndarray], size: float, label: int, stretch: float = 1.0) -> Patch:
    """Strokes as a patch whose longer side is so many pixels, the pen included; it may be stretched sideways."""
    strokes = [stroke * [stretch, 1.0] for stroke in strokes]
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (size - PEN) / max(float((high - low).max()), 1e-6)
    side = int(np.ceil(size)) + 4
    return Patch(cut_out(draw_lines([(stroke - low) * scale + (PEN / 2 + 1) for stroke in strokes], side)), label)


def _resized(ink: np.ndarray, factor: float) -> np.ndarray:
    """Ink (h, w) larger or smaller, by linear interpolation between the middles of its pixels."""
    padded = np.pad(ink, 1)
    for axis in (0, 1):
        before = padded.shape[axis]
        after = max(round(before * factor), 3)
        places = ((np.arange(after) + 0.5) * before / after - 0.5).clip(0, before - 1)
        whole = np.minimum(places.astype(int), before - 2)
        share = (places - whole).reshape((-1, 1) if axis == 0 else (1, -1)).astype(np.float32)
        padded = padded.take(whole, axis) * (1 - share) + padded.take(whole + 1, axis) * share
    return ((padded - 0.5) * max(factor, 1) + 0.5).clip(0, 1)  # edges stay as steep as they were


def inside(top: float, patch: Patch) -> int:
    """The row nearest to this one from which the patch lies inside the strip."""
    return int(np.clip(round(top), 0, IMAGE_SIZE - len(patch.ink)))


def _scribbled(generator: np.random.Generator) -> Line | None:
    """One scribble across the whole line."""
    drawing = KINDS["scribble"](generator)
    stretch = generator.uniform(1.5, 6)
    strokes = [np.array(stroke) for stroke in drawing]
    points = np.concatenate(strokes)
    across, down = (points.max(axis=0) - points.min(axis=0)).tolist()
    size = INK_HEIGHT * max(1.0, stretch * across / max(down, 0.2))
    patch = drawn(strokes, min(size, 200), UNLIKE, stretch)
    if len(patch.ink) > INK_HEIGHT + 2:
        return None
    return assemble([patch], [inside(generator.uniform(0, 28 - len(patch.ink)), patch)], [0])


def _soil(patches: list[Patch], tops: list[int], lefts: list[int], generator: np.random.Generator) -> None:
    """Add specks of one to three pixels anywhere on the line."""
    width = max(left + patch.ink.shape[1] for patch, left in zip(patches, lefts, strict=True))
    for _ in range(generator.integers(1, 4)):
        speck = Patch(generator.uniform(0.3, 1, generator.integers(1, 4, 2)).astype(np.float32), NO_LABEL)
        patches.append(speck)
        tops.append(inside(generator.uniform(0, 28), speck))
        lefts.append(int(generator.integers(0, max(width - 3, 1))))
