"""A line's drawing becomes a strip of the right size, wherever and however large it is written, or a sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import LineError, rasterize_line
from model.drawing.strokes import DrawingError, draw_lines
from model.line.strip import INK, INK_HEIGHT, MAX_WIDTH, MIN_WIDTH, check_strip, draw_strip
from tests.line.conftest import written

NUMBERS = st.text("170", min_size=1, max_size=8)


@given(NUMBERS)
def test_a_strip_has_28_rows_an_even_width_and_ink_of_full_height(number: str) -> None:
    strip = rasterize_line(written(number))
    assert strip.dtype == np.uint8
    assert strip.shape[0] == 28
    assert strip.shape[1] % 2 == 0
    assert MIN_WIDTH <= strip.shape[1] <= MAX_WIDTH
    rows = np.flatnonzero((strip >= INK).any(axis=1))
    assert abs(rows[-1] + 1 - rows[0] - INK_HEIGHT) <= 2


@given(NUMBERS, st.floats(0.3, 1), st.floats(-0.4, 0.4), st.floats(-0.3, 0.3))
def test_place_and_size_on_the_canvas_make_no_difference(number: str, size: float, right: float, down: float) -> None:
    drawing = written(number)
    moved = [[[right + size * x, down + size * y] for x, y in stroke] for stroke in drawing]
    assert np.abs(rasterize_line(moved).astype(int) - rasterize_line(drawing)).max() <= 1


def test_a_strip_is_drawn_with_the_pen_of_single_digits() -> None:
    strokes = [np.array([[3.0, 5.0], [20.0, 24.0], [9.0, 25.0]]), np.array([[14.0, 4.0]])]
    assert np.allclose(draw_strip(strokes, 28), draw_lines(strokes, 28), atol=1e-6)


def test_squares_of_a_long_strip_fit_together() -> None:
    across = np.array([[4.0, 20.0], [80.0, 9.0]])
    strip = draw_strip([across], 84)
    for left in (0, 13, 40):
        assert np.allclose(strip[:, left : left + 28], draw_lines([across - [left, 0]], 28), atol=1e-4)


def test_a_dash_stays_a_dash() -> None:
    strip = rasterize_line([[[1.0, 0.5], [1.3, 0.5]]])
    assert (strip >= INK).any(axis=1).sum() <= 5
    assert strip.shape[1] < 70


@pytest.mark.parametrize("drawing", [[], [[]], None, [[[0.1, float("nan")]]], [[[7.0, 0.5]]], "x"])
def test_what_is_no_drawing_is_refused_in_one_sentence(drawing: object) -> None:
    with pytest.raises(DrawingError, match=r"\A[^\n]+\.\Z"):
        rasterize_line(drawing)


def test_the_sentence_about_a_far_point_names_the_canvas_of_a_line() -> None:
    with pytest.raises(DrawingError, match=r"canvas is 0 to 5 by 0 to 1, and coordinates from -1 to 6 by -1 to 2"):
        rasterize_line([[[6.5, 0.5]]])


def test_a_line_too_long_for_its_height_is_refused_in_one_sentence() -> None:
    with pytest.raises(LineError, match=r"\AThe line is 45 times as long .* at most 26 times is expected.*\.\Z"):
        rasterize_line([[[-0.9, 0.5], [5.9, 0.5]]])


@pytest.mark.parametrize(
    "strip",
    [
        None,
        np.zeros((28, 28)),
        np.zeros((27, 28), np.uint8),
        np.zeros((28, 26), np.uint8),
        np.zeros((28, 562), np.uint8),
        np.zeros((1, 28, 28), np.uint8),
        np.zeros((28, 56), np.uint8),
    ],
)
def test_what_is_no_strip_is_refused_in_one_sentence(strip: object) -> None:
    with pytest.raises(LineError, match=r"\A[^\n]+\.\Z"):
        check_strip(strip)
