"""Every style of every digit can be drawn, the same seed draws the same, and what is drawn is a drawing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.hands import DIGITS, HandError, curve, hand, parse, styles, write, written
from model.drawing.strokes import check_drawing, rasterize
from model.drawing.styles import STYLES

ALL = [(digit, style) for digit in DIGITS for style in styles(digit)]


def test_there_are_ten_digits_in_several_styles_each() -> None:
    assert tuple("0123456789") == DIGITS
    assert all(len(styles(digit)) >= 4 for digit in DIGITS)


@given(st.sampled_from(ALL), st.integers(0, 2**32), st.floats(0, 1.5))
def test_what_is_written_is_a_drawing_inside_the_canvas(which: tuple[str, str], seed: int, amount: float) -> None:
    strokes = check_drawing(write(*which, seed, amount))
    points = np.concatenate(strokes)
    assert points.min() >= 0
    assert points.max() <= 1
    assert np.ptp(points, axis=0).max() > 0.7, "a digit fills most of the canvas"
    assert rasterize(write(*which, seed, amount)).sum() > 0


@given(st.sampled_from(ALL), st.integers(0, 2**32))
def test_the_same_seed_writes_the_same(which: tuple[str, str], seed: int) -> None:
    assert write(*which, seed) == write(*which, seed)
    assert write(*which, seed) != write(*which, seed + 1)


@pytest.mark.parametrize(("digit", "style"), ALL)
def test_without_variation_a_style_is_its_own_shape(digit: str, style: str) -> None:
    assert write(digit, style, 1, 0) == write(digit, style, 2, 0)
    assert len(write(digit, style, 1, 0)) == STYLES[digit][style].count("|") + 1


def test_every_digit_and_every_style_has_its_turn() -> None:
    some = list(written(300, 5))
    assert [one.label for one in some[:20]] == list("01234567890123456789")
    assert {(one.label, one.style) for one in some} == set(ALL), "300 drawings show every style"


def test_a_hand_is_ten_digits_in_one_style_each_and_another_seed_is_another_hand() -> None:
    first = hand(7)
    assert [one.label for one in first] == list(DIGITS)
    assert first == hand(7)
    assert [one.style for one in first] != [one.style for one in hand(8)]
    for one in first:
        assert one.style in styles(one.label)
        check_drawing(one.drawing)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=9, unique=True))
def test_a_curve_runs_through_its_points(points: list[tuple[float, float]]) -> None:
    places = np.array(points)
    along = curve(places)
    for place in places:
        assert np.abs(along - place).sum(axis=1).min() < 1e-9


def test_a_corner_divides_a_stroke_into_two_smooth_pieces() -> None:
    ((first, second),) = parse("0,0 50,10 100,0! 50,100")
    assert first.tolist() == [[0, 0], [0.5, 0.1], [1, 0]]
    assert second.tolist() == [[1, 0], [0.5, 1]]


@pytest.mark.parametrize("digit", ["10", "", "x", "¼"])
def test_an_unknown_digit_is_one_sentence(digit: str) -> None:
    with pytest.raises(HandError, match=r"^There are no styles of [^\n]*\.$"):
        styles(digit)


def test_an_unknown_style_is_one_sentence_that_names_those_there_are() -> None:
    with pytest.raises(HandError, match=r"^7 has no style 'green'; it has plain, bar, [^\n]*\.$"):
        write("7", "green", 0)
