"""From answers to digits: peaks, ties, overlaps and reading order, and the sentences about what cannot be read."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import LineError, rasterize_line, read_line, segment_line
from model.line import decoding
from model.line.decoding import PAPER, Box, decode, iou, mask_of, read
from model.line.network import ANSWERS, LineNet, LineOutput
from tests.line.conftest import said, written

SIDES = (8.0, 5.0, 8.0, 5.0)


def labels(output: LineOutput, width: int = 56) -> list[str]:
    return [digit.label for digit in decode(output, 2, 1.0, width)]


def test_digits_are_read_from_left_to_right() -> None:
    assert labels(said([(7, 20, "3", SIDES), (6, 4, "1", SIDES), (8, 12, "4", SIDES)])) == ["1", "4", "3"]


def test_a_box_is_in_pixels_and_ends_at_the_strip() -> None:
    (digit,) = decode(said([(7, 1, "2", (20.0, 9.0, 6.0, 5.0))]), 2, 1.0, 56)
    assert digit.box == (0.0, 0.0, 21.0, 8.0)


def test_probability_and_second_choice_come_from_one_softmax() -> None:
    output = said([(7, 10, "5", SIDES)])
    output.digit[0, ANSWERS.index("6"), 7, 10] = 4.0
    (digit,) = decode(output, 2, 2.0, 56)
    expected = (output.digit[0, :, 7, 10] / 2).softmax(0)
    assert (digit.label, digit.second) == ("5", "6")
    assert digit.probability == pytest.approx(float(expected[5]))
    assert digit.second_probability == pytest.approx(float(expected[6]))


def test_of_cells_exactly_as_likely_side_by_side_the_left_one_counts() -> None:
    output = said([(7, 10, "4", (8.0, 2.0, 8.0, 2.0)), (7, 11, "9", (8.0, 2.0, 8.0, 2.0))])
    assert labels(output) == ["4"]


def test_ones_side_by_side_are_two() -> None:
    thin = (10.0, 1.5, 10.0, 1.5)
    assert labels(said([(7, 10, "1", thin), (7, 13, "1", thin)])) == ["1", "1"]


def test_of_two_boxes_around_one_digit_the_surer_counts() -> None:
    wide = (8.0, 8.0, 8.0, 8.0)
    output = said([(7, 10, "8", wide), (7, 12, "3", wide)])
    output.centre[0, 7, 12] = 5.0
    assert labels(output) == ["3"]


def test_what_is_hardly_a_centre_is_no_digit() -> None:
    output = said([(7, 10, "8", SIDES)])
    output.centre[0, 7, 10] = -2.0
    assert labels(output) == []


def test_a_scribble_with_several_peaks_is_one_thing_and_letters_side_by_side_are_two() -> None:
    far = (8.0, 12.0, 8.0, 12.0)
    scribble = said([(7, 8, "unlike", far), (6, 16, "unlike", far), (7, 24, "unlike", far)])
    scribble.digit[0, ANSWERS.index("unlike"), 6, 16] += 1.0
    (one,) = decode(scribble, 2, 1.0, 80)
    assert one.box == (5.0, 5.0, 23.0, 61.0)
    assert one.probability == pytest.approx(float(scribble.digit[0, :, 6, 16].softmax(0)[ANSWERS.index("unlike")]))
    assert labels(said([(7, 8, "unlike", SIDES), (7, 14, "unlike", SIDES)])) == ["unlike", "unlike"]
    assert labels(said([(7, 8, "unlike", far), (7, 16, "4", SIDES), (7, 24, "unlike", far)])) == [
        "unlike",
        "4",
        "unlike",
    ]


box = st.tuples(*[st.floats(0, 20)] * 2, *[st.floats(21, 40)] * 2)


@given(box, box)
def test_iou_is_symmetric_from_0_to_1_and_1_only_of_the_same(one: Box, other: Box) -> None:
    assert iou(one, other) == pytest.approx(iou(other, one))
    assert 0 <= iou(one, other) <= 1 + 1e-9
    assert iou(one, one) == pytest.approx(1)


def test_boxes_without_area_overlap_nothing() -> None:
    assert iou((1, 1, 1, 1), (1, 1, 1, 1)) == 0


def test_a_mask_names_digits_on_ink_alone() -> None:
    output = said([])
    output.pixels[0, 7, :, :10] = 1.0
    output.pixels[0, ANSWERS.index("unlike"), :, 10:] = 1.0
    strip = np.zeros((28, 56), np.uint8)
    strip[5, :20] = 255
    mask = mask_of(output, strip)
    assert mask[5, :10].tolist() == [7] * 10
    assert (mask[5, 10:] == PAPER).all()
    assert (np.delete(mask, 5, 0) == PAPER).all()


def test_rows_above_each_other_are_refused_in_one_sentence(
    small_line: LineNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = said([(3, 10, "1", (4.0, 4.0, 4.0, 4.0)), (10, 10, "2", (4.0, 4.0, 4.0, 4.0))])
    monkeypatch.setattr(LineNet, "forward", lambda self, x: above)
    with pytest.raises(
        LineError, match=r"\AThere are digits above each other; a line is read from left to right.*\.\Z"
    ):
        read_line(small_line, rasterize_line(written("7170")))


def test_the_number_leaves_out_what_is_no_digit(small_line: LineNet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = said([(7, 4, "2", SIDES), (7, 12, "unlike", SIDES), (7, 20, "7", SIDES)])
    monkeypatch.setattr(LineNet, "forward", lambda self, x: seen)
    reading = read(small_line, np.full((28, 56), 255, np.uint8))
    assert reading.number == "27"
    assert [digit.is_digit for digit in reading.digits] == [True, False, True]


@pytest.mark.parametrize("call", [read_line, segment_line])
def test_a_strip_without_ink_is_refused_in_one_sentence(
    small_line: LineNet, call: Callable[[LineNet, np.ndarray], object]
) -> None:
    with pytest.raises(LineError, match=r"\AThe strip has no ink; [^\n]+\.\Z"):
        call(small_line, np.zeros((28, 56), np.uint8))


@pytest.mark.parametrize("width", [28, 29, 141, 560])
def test_any_width_is_read_and_segmented_the_same_each_time(small_line: LineNet, width: int) -> None:
    strip = np.random.default_rng(width).integers(0, 256, (28, width), dtype=np.uint8)
    mask = segment_line(small_line, strip)
    assert mask.shape == (28, width)
    assert mask.min() >= -1
    assert mask.max() <= 9
    assert np.array_equal(mask, segment_line(small_line, strip))


def test_least_centre_is_what_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    output = said([(7, 10, "8", SIDES)])
    output.centre[0, 7, 10] = -2.0
    monkeypatch.setattr(decoding, "LEAST_CENTRE", float(torch.sigmoid(torch.tensor(-2.5))))
    assert labels(output) == ["8"]
