"""Digits as people write them: a style's strokes, varied as a hand varies them.

`model.drawing.styles` has the shapes. Here control points are displaced a little, the digit is slanted, stretched and
made larger above or below, corners are rounded, strokes miss or overshoot each other, ends are lengthened, shortened or
curled, the pen trembles, and it leaves few points or many. The same seed gives the same drawing.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from model.drawing.styles import STYLES

DIGITS = tuple(STYLES)
ROTATION = 6.0  # degrees, standard deviation
SLANT = (0.08, 0.17)  # mean (to the right, as most people write) and standard deviation, as a ratio
STRETCH = 0.2  # of width against height, as a logarithm, standard deviation
BALANCE = 0.22  # of the upper half's share of the height, as a logarithm, standard deviation
TAPER = 0.15  # how much wider the top is than the bottom, standard deviation
MISPLACED = 0.035  # of control points, at most a standard deviation, as a share of the height
APART = 0.04  # of each stroke after the first, standard deviation
ROUNDING = 0.05  # length along the stroke over which corners are rounded, at most
ENDS = 0.07  # how far an end is lengthened or shortened, standard deviation
CURLED = 0.12  # share of ends that curl
TREMBLING = 0.012  # amplitude, at most
UNLIFTED = 0.04  # share of drawings whose pen stays down between strokes
DENSITY = (8, 60)  # points that the pen leaves on one height's length, from the fastest to the slowest
STEP = 0.02  # between points of the curve that is varied, before the pen's points are taken from it
MARGIN, ROOM = 0.12, 0.76  # of the canvas: where the digit is put

Drawing = list[list[list[float]]]


class HandError(ValueError):
    """There is no such digit or style. The message is one sentence for people."""


class Written(NamedTuple):
    """One digit of a hand.

    Attributes:
        drawing: strokes of points [x, y], 0..1, y down.
        label: the digit, "0" to "9".
        style: its name among the digit's styles.
    """

    drawing: Drawing
    label: str
    style: str


def styles(digit: str) -> tuple[str, ...]:
    """Names of a digit's styles.

    Raises:
        HandError: it is not a digit.
    """
    if digit not in STYLES:
        raise HandError(f"There are no styles of {digit!r}; expected a digit from 0 to 9.")
    return tuple(STYLES[digit])


def write(digit: str, style: str, seed: int | np.random.Generator, amount: float = 1.0) -> Drawing:
    """A digit in a style, as somebody might write it.

    Args:
        digit: "0" to "9".
        style: one of `styles(digit)`.
        seed: of the variation, or a generator to take it from.
        amount: multiplies the variation; 0 gives the style's own shape, with points close together.

    Returns:
        Strokes of points [x, y] inside the canvas.

    Raises:
        HandError: there is no such digit or style.
    """
    if style not in styles(digit):
        raise HandError(f"{digit} has no style {style!r}; it has {', '.join(styles(digit))}.")
    return vary(STYLES[digit][style], np.random.default_rng(seed), amount)


def hand(seed: int) -> list[Written]:
    """The ten digits as one person writes them: one style per digit, one slant, one pen.

    Args:
        seed: of the person.
    """
    generator = np.random.default_rng(seed)
    own = generator.integers(2**32)  # the same affine and the same pen for all ten
    chosen = [(digit, str(generator.choice(styles(digit)))) for digit in DIGITS]
    return [
        Written(vary(STYLES[digit][style], generator, 0.6, np.random.default_rng(own)), digit, style)
        for digit, style in chosen
    ]


def written(count: int, seed: int) -> Iterator[Written]:
    """Many digits by many hands; every digit, and every style of a digit, is equally frequent.

    Args:
        count: how many.
        seed: of all that is random; another seed gives other drawings.
    """
    generator = np.random.default_rng(seed)
    every = [[(digit, style) for style in styles(digit)] for digit in DIGITS]
    for index in range(count):
        of_digit = every[index % len(DIGITS)]
        digit, style = of_digit[index // len(DIGITS) % len(of_digit)]
        yield Written(vary(STYLES[digit][style], generator), digit, style)


def vary(
    shape: str, generator: np.random.Generator, amount: float = 1.0, person: np.random.Generator | None = None
) -> Drawing:
    """A shape in the notation of `model.drawing.styles` as a hand might draw it.

    Args:
        shape: the strokes.
        generator: where the variation comes from.
        amount: multiplies it.
        person: where slant, proportions and pen come from, if not from the same generator.
    """
    person = person or generator
    misplaced = amount * MISPLACED * generator.uniform(0.2, 1)
    pieces = [[corner + generator.normal(0, misplaced, corner.shape) for corner in stroke] for stroke in parse(shape)]
    for stroke in pieces:  # a corner belongs to the pieces on both its sides
        for before, after in pairwise(stroke):
            after[0] = before[-1]
    strokes = [np.concatenate([curve(piece) for piece in stroke]) for stroke in pieces]
    if len(strokes) > 1 and generator.random() < amount * UNLIFTED:
        strokes = [np.concatenate(strokes)]
    strokes = [strokes[0], *(stroke + generator.normal(0, amount * APART, 2) for stroke in strokes[1:])]
    strokes = [
        _rounded(_ended(_even(stroke), generator, amount), amount * generator.uniform(0, ROUNDING))
        for stroke in strokes
    ]
    strokes = _proportioned(strokes, person, amount)
    density = math.exp(person.uniform(*np.log(DENSITY))) if amount else DENSITY[1]
    tremor = amount * TREMBLING * person.random() ** 2
    strokes = [_sampled(_trembling(stroke, tremor, generator), density) for stroke in strokes]
    return on_canvas(strokes)


@cache
def parse(shape: str) -> tuple[tuple[np.ndarray, ...], ...]:
    """Strokes, each as the smooth pieces (P, 2) between its corners, in heights of the digit."""
    return tuple(_pieces(stroke.split()) for stroke in shape.split("|"))


def _pieces(points: list[str]) -> tuple[np.ndarray, ...]:
    places = np.array([point.rstrip("!").split(",") for point in points], float) / 100
    corners = [0, *(index for index, point in enumerate(points) if point.endswith("!")), len(points) - 1]
    return tuple(places[start : end + 1] for start, end in pairwise(corners) if end > start)


def curve(points: np.ndarray) -> np.ndarray:
    """A smooth curve through points (P, 2), at short steps: Catmull and Rom's spline, (Q, 2)."""
    if len(points) == 2:
        return np.linspace(points[0], points[1], 12)
    around = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None, None]
    a, b, c, d = around[:-3], around[1:-2], around[2:-1], around[3:]  # (P - 1, 2) each
    along = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([along.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])


def _lengths(points: np.ndarray) -> np.ndarray:
    """Length of the line up to each of the points (P, 2)."""
    return np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def _even(points: np.ndarray, step: float = STEP) -> np.ndarray:
    """The same line with points at equal distances, at least two."""
    lengths = _lengths(points)
    places = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / step) + 1))
    return np.stack([np.interp(places, lengths, points[:, axis]) for axis in (0, 1)], axis=1)


def _ended(points: np.ndarray, generator: np.random.Generator, amount: float) -> np.ndarray:
    """Both ends lengthened, shortened or curled."""
    for _ in range(2):
        points = points[::-1]
        by = round(generator.normal(0, amount * ENDS) / STEP)
        curl = generator.choice((-1, 1)) * generator.uniform(1, 5) if generator.random() < amount * CURLED else 0.0
        if by < 0 and not curl:
            points = points[: max(len(points) + by, 2 * len(points) // 3, 2)]
            continue
        by = max(by, round(0.1 / STEP)) if curl else by
        start = points[-1] - points[-min(5, len(points))]
        angles = math.atan2(start[1], start[0]) + curl * np.linspace(0, 1, by)
        tail = points[-1] + STEP * np.stack([np.cos(angles), np.sin(angles)], axis=1).cumsum(axis=0)
        points = np.concatenate([points, tail])
    return points


def _rounded(points: np.ndarray, length: float) -> np.ndarray:
    """Corners rounded by averaging over a length of the stroke; the ends stay."""
    window = round(length / STEP)
    if window < 1 or len(points) < 3:
        return points
    around = np.concatenate([points[:1].repeat(window, 0), points, points[-1:].repeat(window, 0)])
    kernel = np.ones(2 * window + 1) / (2 * window + 1)
    return np.stack([np.convolve(around[:, axis], kernel, "valid") for axis in (0, 1)], axis=1)


def _proportioned(strokes: list[np.ndarray], person: np.random.Generator, amount: float) -> list[np.ndarray]:
    """Upper or lower half enlarged, top or bottom widened, then stretched, slanted and rotated."""
    balance = math.exp(amount * person.normal(0, BALANCE))
    taper = amount * person.normal(0, TAPER)
    stretch = math.exp(amount * person.normal(0, STRETCH) / 2)
    slant = amount * person.normal(*SLANT)
    angle = math.radians(amount * person.normal(0, ROTATION))
    turned = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turned @ np.array([[1, -slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    changed = []
    for stroke in strokes:
        x, y = stroke.T
        inside = y.clip(0, 1)
        x = 0.3 + (x - 0.3) * (1 + taper * (1 - 2 * inside))
        y = inside**balance + y - inside
        changed.append(np.stack([x, y], axis=1) @ matrix.T)
    return changed


def _trembling(points: np.ndarray, amplitude: float, generator: np.random.Generator) -> np.ndarray:
    """Shaken a little, smoothly along the stroke."""
    shakes = max(3, round(_lengths(points)[-1] * generator.uniform(4, 12)))
    noise = generator.normal(0, amplitude, (shakes, 2))
    along = np.linspace(0, shakes - 1, len(points))
    return points + np.stack([np.interp(along, np.arange(shakes), noise[:, axis]) for axis in (0, 1)], axis=1)


def _sampled(points: np.ndarray, density: float) -> np.ndarray:
    """What the pen reports: points at equal time intervals, from a hand that slows down in bends."""
    steps = np.diff(points, axis=0)
    turn = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])), prepend=0)).clip(0, 1)
    turn[0] = 0
    times = np.concatenate([[0], (np.hypot(*steps.T) + 0.1 * turn).cumsum()])
    places = np.linspace(0, times[-1], max(2, round(density * times[-1]) + 1))
    return np.stack([np.interp(places, times, points[:, axis]) for axis in (0, 1)], axis=1)


def on_canvas(strokes: list[np.ndarray]) -> Drawing:
    """Strokes of any size put into the middle of the canvas, as a drawing."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = ROOM / max(float((high - low).max()), 1e-6)
    shift = MARGIN + (ROOM - (high - low) * scale) / 2
    return [((stroke - low) * scale + shift).round(4).tolist() for stroke in strokes]
