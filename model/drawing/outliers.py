"""Drawings that are not digits, from which a network learns to call them unlike anything it knows.

Outlier exposure (Hendrycks, Mazeika, Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR 2019): a network
that was shown many things of no class doubts others, too, that it never saw. What is drawn here: scribbles, dots, lines
that lie, pieces of rings, signs, made-up signs, and several digits side by side. Letters that people drew come from a
corpus beside it.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.drawing.corpora import CorpusError, alphabets, read_omniglot
from model.drawing.hands import DIGITS, Drawing, curve, on_canvas, styles, vary, write
from model.drawing.symbols import SYMBOLS

LIKE_DIGITS = {  # characters of Omniglot, by alphabet and number, that are also somebody's digit
    "Balinese": (5,),
    "Early_Aramaic": (2, 3, 4, 6, 7, 9, 10, 11, 12, 14, 16, 17, 19, 20),
    "Greek": (2, 4, 6, 8, 9, 14, 15, 18, 21),
    "Korean": (5, 7, 9, 21, 22, 27, 28, 33, 37),
    "Latin": (2, 7, 9, 12, 15, 17, 19, 26),
}
MEASURED = ("Greek", "Latin")  # alphabets that are never trained on, so that there is something to measure with


class Outlier(NamedTuple):
    """A drawing that is not a digit.

    Attributes:
        drawing: strokes of points [x, y], 0..1, y down.
        kind: one of `KINDS`, or an alphabet.
    """

    drawing: Drawing
    kind: str


def outliers(count: int, seed: int, kinds: tuple[str, ...] | None = None) -> Iterator[Outlier]:
    """Many drawings, with every kind equally frequent.

    Args:
        count: how many.
        seed: of all that is random.
        kinds: which; default: all but those of `UNSEEN`.

    Raises:
        ValueError: there is no such kind.
    """
    kinds = tuple(kind for kind in KINDS if kind not in UNSEEN) if kinds is None else kinds
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"There are no outliers of the kind {kind!r}; there are {', '.join(KINDS)}.")
    generator = np.random.default_rng(seed)
    for index in range(count):
        kind = kinds[index % len(kinds)]
        yield Outlier(KINDS[kind](generator), kind)


def letters(path: str | Path, only: tuple[str, ...] = (), without: tuple[str, ...] = MEASURED) -> Iterator[Outlier]:
    """Letters that people drew, except those that look like digits.

    Args:
        path: a zip of Omniglot's strokes, or a directory that holds such.
        only: these alphabets; default: all.
        without: alphabets to leave out.

    Raises:
        CorpusError: there is no such file or directory, or it holds no drawings.
    """
    files = sorted(Path(path).glob("*.zip")) if Path(path).is_dir() else [Path(path)]
    if not files:
        raise CorpusError(
            f"{path} holds no drawings; a zip of Omniglot's strokes, or a directory of such, is expected."
        )
    for file in files:
        for alphabet in alphabets(file):
            if alphabet in without or (only and alphabet not in only):
                continue
            for character in read_omniglot(file, alphabet):
                if character.character not in LIKE_DIGITS.get(alphabet, ()):
                    yield Outlier(character.drawing, alphabet)


def _smooth(points: np.ndarray) -> Drawing:
    return on_canvas([curve(points)[::2]])


def _scribble(generator: np.random.Generator) -> Drawing:
    """A wandering pen: smoothly through random places, in a random walk, to and fro, or round and round."""
    way = generator.integers(5)
    count = int(generator.integers(9, 30))
    if way == 0:
        return _smooth(generator.random((count, 2)) * [1, generator.uniform(0.4, 1.4)])
    if way == 1:
        heading = generator.normal(0, generator.uniform(0.5, 1.5), 4 * count).cumsum() + generator.uniform(0, 7)
        return _smooth(np.stack([np.cos(heading), np.sin(heading)], axis=1).cumsum(axis=0))
    if way == 2:  # to and fro, in any direction
        along = np.linspace(0, generator.uniform(0.4, 1.5), count)
        across = np.where(np.arange(count) % 2, 1.0, 0.0) + generator.normal(0, 0.12, count)
        places = _turned(np.stack([along, across], axis=1), generator.uniform(0, math.pi))
        return on_canvas([places]) if generator.random() < 0.5 else _smooth(places)
    if way == 3:  # round and round, on the spot or going on
        angles = np.linspace(0, generator.uniform(2.5, 8) * 2 * math.pi, 12 * count)
        going = np.linspace(0, generator.uniform(0.8, 6), 12 * count)  # on the spot it would be a 0
        radius = 1 + generator.normal(0, 0.06, 12 * count).cumsum() * 0.3
        ring = np.stack([radius * np.cos(angles) + going, radius * np.sin(angles)], axis=1)
        return on_canvas([_turned(ring, generator.normal(0, 0.5))])
    strokes = [generator.random((int(generator.integers(2, 8)), 2)) for _ in range(generator.integers(3, 9))]
    return on_canvas([curve(stroke) if generator.random() < 0.5 else stroke for stroke in strokes])


def _swirl(generator: np.random.Generator) -> Drawing:
    """Lissajous figures: another kind of scribble."""
    a, b = generator.permutation([2, 3, 4, 5, 7])[:2]
    t = np.linspace(0, 2 * math.pi * generator.uniform(0.7, 1), 150)
    return on_canvas(
        [np.stack([np.sin(a * t + generator.uniform(0, 3)), generator.uniform(0.5, 1.5) * np.sin(b * t)], 1)]
    )


def _turned(points: np.ndarray, angle: float) -> np.ndarray:
    return points @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _dots(generator: np.random.Generator) -> Drawing:
    """One point, or a few apart."""
    count = int(generator.choice((1, 1, 1, 2, 3, 4, 5)))
    return [[place] for place in generator.uniform(0.1, 0.9, (count, 2)).round(4).tolist()]


def _lines(generator: np.random.Generator) -> Drawing:
    """One line that is not upright, or several side by side."""
    angle = generator.uniform(-math.pi / 5, math.pi / 5)
    line = np.stack([np.linspace(0, 1, 8), generator.uniform(-0.12, 0.12) * np.sin(np.linspace(0, math.pi, 8))], axis=1)
    count = int(generator.choice((1, 1, 2, 3)))
    apart = generator.uniform(0.12, 0.7, count).cumsum()
    if count > 1 and generator.random() < 0.5:
        angle += math.pi / 2  # several upright ones are several 1s
    return on_canvas([_turned(line + np.array([generator.normal(0, 0.08), by]), angle) for by in apart])


def _part(generator: np.random.Generator) -> Drawing:
    """A piece of a ring, or the end of an unfinished digit: too little to be a digit."""
    if generator.random() < 0.5:
        start, turn = generator.uniform(0, 2 * math.pi), generator.uniform(0.9, 1.6) * math.pi
        angles = np.linspace(start, start + turn, 30)
        return on_canvas([np.stack([generator.uniform(0.7, 1.5) * np.cos(angles), np.sin(angles)], axis=1)])
    digit = str(generator.choice(("0", "2", "3", "6", "8", "9")))
    while True:
        stroke = np.array(write(digit, str(generator.choice(styles(digit))), generator)[0])
        length = int(len(stroke) * generator.uniform(0.25, 0.5))
        first = int(generator.integers(len(stroke) - length + 1))
        piece = stroke[first : first + length]
        if length > 2 and np.ptp(piece[:, 0]) > 0.9 * np.ptp(piece[:, 1]):  # no upright stroke, which would be a 1
            return on_canvas([piece])


def _symbol(generator: np.random.Generator) -> Drawing:
    return vary(SYMBOLS[str(generator.choice(list(SYMBOLS)))], generator)


def _invented(generator: np.random.Generator) -> Drawing:
    """A sign of no alphabet: three to six lines and arcs between places of a small grid."""
    grid = generator.permutation([(x, y) for x in range(3) for y in range(3)]) / 2 + 0.0
    strokes = []
    for _ in range(generator.integers(3, 7)):
        start, end = grid[generator.permutation(9)[:2]]
        middle = (start + end) / 2 + generator.choice((0, 1)) * generator.normal(0, 0.3, 2)
        strokes.append(curve(np.stack([start, middle, end]) + generator.normal(0, 0.03, (3, 2))))
    return on_canvas([_turned(stroke * [generator.uniform(0.8, 1), 1], generator.normal(0, 0.1)) for stroke in strokes])


def _several(count: int, generator: np.random.Generator) -> Drawing:
    strokes: list[np.ndarray] = []
    right = 0.0
    for _ in range(count):
        digit = str(generator.choice(DIGITS))
        one = [np.array(stroke) for stroke in write(digit, str(generator.choice(styles(digit))), generator)]
        points = np.concatenate(one)
        low, high = points.min(axis=0), points.max(axis=0)
        size = generator.uniform(0.8, 1.2) / max(high[1] - low[1], 0.2)
        width = (high[0] - low[0]) * size
        gap = generator.choice((generator.uniform(0.1, 0.7), generator.normal(0, 0.08), -0.3 * width))
        if width < 0.2:  # upright strokes upon each other are one
            gap = max(gap, 0.15)
        left = right + gap if strokes else 0.0
        strokes += [(stroke - low) * size + [left, generator.normal(0, 0.12)] for stroke in one]
        right = max(left + width, right)
    return on_canvas(strokes)


def _two_digits(generator: np.random.Generator) -> Drawing:
    """Side by side: apart, touching, overlapping."""
    return _several(2, generator)


def _more_digits(generator: np.random.Generator) -> Drawing:
    return _several(int(generator.integers(3, 6)), generator)


KINDS: dict[str, Callable[[np.random.Generator], Drawing]] = {
    "scribble": _scribble,
    "dots": _dots,
    "lines": _lines,
    "part": _part,
    "symbol": _symbol,
    "invented sign": _invented,
    "two digits": _two_digits,
    "more digits": _more_digits,
    "swirl": _swirl,
}
UNSEEN = ("swirl",)  # never trained on
