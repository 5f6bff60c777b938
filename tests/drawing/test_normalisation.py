"""What each step of the normalisation does to a drawing, compared with what it claims to do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.normalisation import Steps, moved, normalised, slant_of
from model.drawing.strokes import INK_SIZE, PEN, DrawingError, rasterize

points = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list)
drawings = st.lists(st.lists(points, min_size=1, max_size=6), min_size=1, max_size=3)
RAW = Steps(False, False, False)
SMALL = [[[0.1, 0.1], [0.1, 0.3]]]  # upright, in the upper left corner


def spans(image: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last row, first and last column with half of full ink."""
    rows, columns = np.nonzero(image >= 128)
    return (rows.min(), rows.max()), (columns.min(), columns.max())


@given(drawings)
def test_all_steps_together_give_what_the_network_reads(drawing: list) -> None:
    """Otherwise the tab would explain an image that was never read."""
    np.testing.assert_array_equal(normalised(drawing), rasterize(drawing))


@given(drawings, st.booleans(), st.booleans(), st.booleans())
def test_every_combination_gives_an_image(drawing: list, boxed: bool, scaled: bool, centred: bool) -> None:
    image = normalised(drawing, Steps(boxed, scaled, centred))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8


def test_without_any_step_the_sheet_is_the_image() -> None:
    (top, bottom), (left, right) = spans(normalised(SMALL, RAW))
    assert (top + bottom + 1) / 2 == pytest.approx(0.2 * 28, abs=0.5)
    assert (left + right + 1) / 2 == pytest.approx(0.1 * 28, abs=0.5)
    assert bottom - top + 1 == pytest.approx(0.2 * 28 + PEN, abs=1)


def test_boxing_moves_and_does_not_scale() -> None:
    (top, bottom), (left, right) = spans(normalised(SMALL, Steps(True, False, False)))
    assert (top + bottom + 1) / 2 == pytest.approx(14, abs=0.5)
    assert (left + right + 1) / 2 == pytest.approx(14, abs=0.5)
    assert bottom - top + 1 == pytest.approx(0.2 * 28 + PEN, abs=1)


def test_scaling_without_boxing_keeps_the_middle_of_the_ink_where_it_is() -> None:
    """Two steps, two effects: scaling by itself moves nothing."""
    drawing = [[[0.4, 0.35], [0.4, 0.65]]]
    (top, bottom), (left, right) = spans(normalised(drawing, Steps(False, True, False)))
    assert bottom - top + 1 == pytest.approx(INK_SIZE, abs=1)
    assert (left + right + 1) / 2 == pytest.approx(0.4 * 28, abs=0.5)


@given(drawings)
def test_centring_brings_the_centre_of_mass_to_the_middle(drawing: list) -> None:
    """For drawings of half the sheet, which lose no ink at the image's border on the way."""
    drawing = [[[x / 2, y / 2] for x, y in stroke] for stroke in drawing]
    image = normalised(drawing, Steps(True, False, True)).astype(float)
    mass = [image.sum(axis) @ np.arange(28) / image.sum() for axis in (0, 1)]
    assert mass == pytest.approx([14, 14], abs=0.75)


def test_ink_beyond_the_image_is_lost() -> None:
    assert normalised([[[1.8, 1.8], [1.9, 1.9]]], Steps(False, False, True)).sum() == 0


def test_steps_are_taken_one_after_the_other() -> None:
    boxed = Steps(True, False, False)
    assert Steps(True, False, True).so_far() == [RAW, boxed, boxed, Steps(True, False, True)]


def test_no_drawing_is_refused() -> None:
    with pytest.raises(DrawingError):
        normalised([], RAW)


@pytest.mark.parametrize("lean", [-0.25, 0.0, 0.25])
def test_a_slant_is_measured_and_taken_out(lean: float) -> None:
    drawing = [[[0.5 + lean / 2, 0.1], [0.5 - lean / 2, 0.9]]]  # so far to the right on its way of 0.8 up
    slant = slant_of(rasterize(drawing))
    assert slant == pytest.approx(lean / 0.8, abs=0.08)
    assert abs(slant_of(normalised(drawing, slant=slant))) < 0.03


def test_a_moved_image_loses_what_leaves_it_and_nothing_else() -> None:
    image = rasterize([[[0.5, 0.1], [0.3, 0.9]]])
    there_and_back = moved(moved(image, 2, -2), -2, 2)
    assert (there_and_back == image).all(), "the ink keeps four pixels from every border"
    assert not moved(image, 28, 0).any()
