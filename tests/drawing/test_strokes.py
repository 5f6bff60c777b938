"""From strokes to the image: what is drawn counts, not where, how large, or with how many points."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.examples import load_examples
from model.drawing.strokes import (
    INK_SIZE,
    MAX_POINTS,
    MAX_STROKES,
    DrawingError,
    fitting,
    rasterize,
)

SEVEN = [[[0.28, 0.2], [0.72, 0.2], [0.44, 0.85]]]
DRAWINGS = st.sampled_from([example.drawing for example in load_examples()])


def moved(drawing: list, scale: float, x: float, y: float) -> list:
    return [[[px * scale + x, py * scale + y] for px, py, *_ in stroke] for stroke in drawing]


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    """Row and column, in pixels."""
    ink = image.astype(float)
    return np.array([ink.sum(1) @ np.arange(28), ink.sum(0) @ np.arange(28)]) / ink.sum()


def nearly(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal but for rounding: if the centre of mass is half way between pixels, the ink may move by one."""
    tied = np.abs(np.abs(centre_of_mass(other) - 14) - 0.5) < 0.02
    rows, columns = ((-1, 0, 1) if tie else (0,) for tie in tied)
    shifts = [np.roll(other, (dy, dx), (0, 1)) for dy in rows for dx in columns]
    return min(np.abs(one.astype(int) - shift.astype(int)).max() for shift in shifts) <= 2


@given(DRAWINGS, st.floats(0.05, 1.5), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_place_and_size_do_not_matter(drawing: list, scale: float, x: float, y: float) -> None:
    """A tiny, huge or off-centre digit would be misread."""
    assert nearly(rasterize(moved(drawing, scale, x, y)), rasterize(drawing))


@given(DRAWINGS, st.integers(2, 5))
def test_more_points_on_the_same_lines_do_not_matter(drawing: list, parts: int) -> None:
    """A quick mouse and a slow pen leave different numbers of points on the same line."""

    def resample(stroke: list) -> list:
        points = np.array(stroke)[:, :2]
        steps = np.arange(0, len(points) - 1 + 1e-9, 1 / parts)
        return np.stack([np.interp(steps, np.arange(len(points)), axis) for axis in points.T], 1).tolist()

    assert nearly(rasterize([resample(stroke) for stroke in drawing]), rasterize(drawing))


@given(DRAWINGS)
def test_order_and_direction_of_strokes_do_not_matter(drawing: list) -> None:
    assert nearly(rasterize([stroke[::-1] for stroke in reversed(drawing)]), rasterize(drawing))


@given(DRAWINGS)
def test_ink_fits_and_is_centred_as_in_mnist(drawing: list) -> None:
    image = rasterize(drawing)
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) < INK_SIZE
    assert np.allclose(centre_of_mass(image), 14, atol=0.51)
    assert image.dtype == np.uint8


def test_a_dot_is_a_round_spot_in_the_middle() -> None:
    image = rasterize([[[0.9, 0.1]]])
    assert image.max() > 240
    assert 4 <= np.count_nonzero(image) <= 24
    assert nearly(image, image.T)


def test_a_line_too_short_for_floats_is_a_dot() -> None:
    """Scaled to 20 pixels it would become infinite, and the image NaN."""
    assert (rasterize([[[0, 0], [5e-324, 0]]]) == rasterize([[[0, 0]]])).all()


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_straight_lines_reach_from_side_to_side(angle: int) -> None:
    """A line has no height or no width: its box must not divide by zero."""
    dx, dy = 0.3 * math.cos(math.radians(angle)), 0.3 * math.sin(math.radians(angle))
    rows, columns = np.nonzero(rasterize([[[0.5 - dx, 0.5 - dy], [0.5 + dx, 0.5 + dy]]]))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (INK_SIZE - 1, INK_SIZE)


def test_the_fitting_says_where_points_lie() -> None:
    """The Misread view shows these steps; the ink has to be where they say."""
    image = rasterize(SEVEN)
    for x, y in fitting(SEVEN).place(np.array(SEVEN[0])):
        assert image[int(y), int(x)] > 127


def test_json_text_is_a_drawing_too() -> None:
    assert (rasterize(json.dumps(SEVEN)) == rasterize(SEVEN)).all()


@pytest.mark.parametrize(
    "drawing",
    [
        "no JSON",
        "[" * 100_000,
        None,
        7,
        {},
        [],
        [[]],
        [7],
        [[7]],
        [[[0.5]]],
        [[["0.5", 0.5]]],
        [[[True, False]]],
        [[[math.nan, 0.5]]],
        [[[math.inf, 0.5]]],
        "[[[NaN, 0.5]]]",
        [[[1e300, 0.5]]],
        [[[40.0, 0.5]]],
        [[[10**400, 0.5]]],
        [[[0.5, 0.5]]] * (MAX_STROKES + 1),
        [[[0.5, 0.5]] * (MAX_POINTS + 1)],
        [[[0.5] * 1000]],
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_invalid_drawing_is_refused_in_one_sentence(drawing: object) -> None:
    """The page shows the sentence and goes on."""
    with pytest.raises(DrawingError) as refusal:
        rasterize(drawing)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300


def test_limits_are_in_the_message() -> None:
    with pytest.raises(DrawingError, match=f"{MAX_STROKES:,}"):
        rasterize([[[0.5, 0.5]]] * 10_000)
    with pytest.raises(DrawingError, match=f"{MAX_POINTS:,}"):
        rasterize([[[0.5, 0.5]] * 1_000_000])
