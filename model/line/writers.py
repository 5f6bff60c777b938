"""Lines of people's own digits, on which networks for lines are measured.

Each line is one writer's: digits from pendigits, as large against each other as that person wrote them, set apart,
tight or touching. It is a drawing like any other, and rendered as one.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.drawing.corpora import PenDigit
from model.drawing.strokes import IMAGE_SIZE
from model.line.composition import drawn, inside
from model.line.layout import NO_LABEL, SPACINGS, Line, columns_of
from model.line.strip import CANVAS_WIDTH, INK, INK_HEIGHT, draw_strip, fit_line

FEWEST, MOST = 2, 6  # digits of a line
BASELINE = 0.05  # of a digit's place on the line, standard deviation, in digits
SIZES = (0.7, 1.3)  # of a digit against the writer's own middle; what lies outside is brought inside
INSET = 1.25  # of the pen's centre line in a patch, in pixels: half the pen


class WrittenLine(NamedTuple):
    """A line that was put together from one writer's digits.

    Attributes:
        drawing: strokes in canvas units, x from 0 to 5, y from 0 to 1.
        truth: its strip, and what is in it.
        writer: who wrote it.
        strokes: for each digit, how many of the drawing's strokes are its own.
    """

    drawing: list[np.ndarray]
    truth: Line
    writer: int
    strokes: list[int]

    @property
    def number(self) -> str:
        """What it says."""
        return "".join(map(str, self.truth.labels))


def written_lines(samples: Sequence[PenDigit], spacing: str, per_writer: int, seed: int = 0) -> list[WrittenLine]:
    """So many lines of each writer; the same seed gives the same lines.

    Args:
        samples: digits of many writers.
        spacing: one of `SPACINGS`.
        per_writer: how many lines.
        seed: of the choice of digits, gaps and heights.
    """
    by_writer: dict[int, list[PenDigit]] = defaultdict(list)
    for sample in samples:
        by_writer[sample.writer].append(sample)
    lines = []
    for writer, own in sorted(by_writer.items()):
        generator = np.random.default_rng([seed, list(SPACINGS).index(spacing), writer])
        usual = float(np.median([_extent(sample) for sample in own]))
        for _ in range(per_writer):
            chosen = [own[index] for index in generator.integers(len(own), size=generator.integers(FEWEST, MOST + 1))]
            lines.append(_written(chosen, usual, spacing, generator))
    return lines


def _extent(sample: PenDigit) -> float:
    points = np.concatenate([np.array(stroke) for stroke in sample.drawing])
    return float((points.max(axis=0) - points.min(axis=0)).max())


def _written(chosen: list[PenDigit], usual: float, spacing: str, generator: np.random.Generator) -> WrittenLine:
    sizes = np.array([_extent(sample) for sample in chosen]).clip(SIZES[0] * usual, SIZES[1] * usual) / usual
    heights = generator.normal(0, BASELINE, len(chosen))
    low, high = (heights - sizes / 2).min(), (heights + sizes / 2).max()
    scale = INK_HEIGHT / (high - low)
    strokes = [[np.array(stroke) for stroke in sample.drawing] for sample in chosen]
    patches = [drawn(own, size, 0) for own, size in zip(strokes, (scale * sizes).tolist(), strict=True)]
    middles = IMAGE_SIZE / 2 + scale * (heights - (low + high) / 2)
    tops = [inside(middle - len(patch.ink) / 2, patch) for middle, patch in zip(middles, patches, strict=True)]
    lefts = columns_of(patches, tops, generator.uniform(*SPACINGS[spacing], len(chosen)).tolist())
    placed = [
        _placed(own, size, top, left)
        for own, size, top, left in zip(strokes, (scale * sizes).tolist(), tops, lefts, strict=True)
    ]
    points = np.concatenate([stroke for own in placed for stroke in own])
    unit = max(float(IMAGE_SIZE), float(points[:, 0].max()) / CANVAS_WIDTH)  # pixels a canvas unit
    placed = [[stroke / unit for stroke in own] for own in placed]
    truth = truth_of(placed, [int(sample.label) for sample in chosen])
    drawing = [stroke for own in placed for stroke in own]
    return WrittenLine(drawing, truth, chosen[0].writer, [len(own) for own in placed])


def _placed(strokes: list[np.ndarray], size: float, top: int, left: int) -> list[np.ndarray]:
    """A digit's strokes in pixels, where its patch stands."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (size - 2 * INSET) / max(float((high - low).max()), 1e-6)
    return [(stroke - low) * scale + INSET + [left, top] for stroke in strokes]


def truth_of(digits: list[list[np.ndarray]], labels: list[int]) -> Line:
    """The strip of digits given by their strokes, and which ink is whose.

    Args:
        digits: strokes of each, in canvas units.
        labels: of each.
    """
    fit = fit_line([stroke for own in digits for stroke in own])
    patches = []
    for own, label in zip(digits, labels, strict=True):
        ink = draw_strip([fit.place(stroke) for stroke in own], fit.width)
        rows, columns = (np.flatnonzero((ink >= INK / 255).any(axis=axis)) for axis in (1, 0))
        patches.append((ink, label, (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)))
    inks = np.stack([ink for ink, _, _ in patches])  # (M, 28, W)
    strip = np.rint(inks.max(axis=0) * 255).astype(np.uint8)
    owners = np.where(strip >= INK, np.array(labels, np.int8)[inks.argmax(axis=0)], NO_LABEL).astype(np.int8)
    return Line(strip, owners, np.array([box for _, _, box in patches], np.float32), np.array(labels, np.int64))
