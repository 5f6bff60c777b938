"""Composed lines: the same seed gives the same, boxes hold the ink they claim, neighbours stand as asked."""

import numpy as np
import pytest

from model.data import Split
from model.line.batches import ROW_WIDTH, batches, pack
from model.line.composition import UNLIKE, Composer, Composition, drawn
from model.line.layout import NO_LABEL, SPACINGS, Line, Patch, assemble, columns_of
from model.line.strip import INK, MAX_WIDTH, MIN_WIDTH


@pytest.fixture(scope="module")
def lines(bars: Split) -> list[Line]:
    return Composer(bars, Composition(no_digit=0.4)).lines(60, seed=3)


def test_the_same_seed_gives_the_same_lines(bars: Split) -> None:
    first, again, other = (Composer(bars).lines(4, seed) for seed in (1, 1, 2))
    assert all(
        np.array_equal(a.strip, b.strip) and a.labels.tolist() == b.labels.tolist()
        for a, b in zip(first, again, strict=True)
    )
    assert not all(np.array_equal(a.strip, b.strip) for a, b in zip(first, other, strict=True))


def test_a_line_is_a_strip_with_up_to_eight_digits_inside_it(lines: list[Line]) -> None:
    for line in lines:
        assert line.strip.dtype == np.uint8
        assert line.strip.shape == line.owners.shape
        assert line.strip.shape[1] % 2 == 0
        assert MIN_WIDTH <= line.strip.shape[1] <= MAX_WIDTH
        assert 1 <= len(line.labels) == len(line.boxes) <= 8
        assert ((line.labels >= 0) & (line.labels <= UNLIKE)).all()
        assert (line.boxes[:, :2] >= 0).all()
        assert (line.boxes[:, 2:] <= line.strip.shape).all()


def test_each_pixel_of_a_digit_is_ink_inside_a_box_of_its_label(lines: list[Line]) -> None:
    for line in lines:
        owned = line.owners != NO_LABEL
        assert (line.strip[owned] >= INK - 1).all()
        inside = np.zeros((UNLIKE + 1, *line.strip.shape), bool)
        for label, (top, left, bottom, right) in zip(line.labels, line.boxes.astype(int), strict=True):
            inside[label, top:bottom, left:right] = True
        ys, xs = np.nonzero(owned)
        assert inside[line.owners[ys, xs], ys, xs].all()


def test_some_lines_hold_what_is_no_digit(lines: list[Line]) -> None:
    assert any(UNLIKE in line.labels for line in lines)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_neighbours_stand_as_far_apart_as_asked(spacing: str) -> None:
    low, high = SPACINGS[spacing]
    ring = Patch(np.ones((20, 12), np.float32), 0)
    for gap in (low, high):
        left, right = columns_of([ring, ring], [4, 4], [0, gap])
        assert left == 0
        assert right - 12 == round(12 + gap) - 12


def test_a_digit_is_tucked_in_where_the_other_leaves_room() -> None:
    roof = np.zeros((20, 12), np.float32)
    roof[:3], roof[:, :3] = 1, 1  # ink above, paper below right
    low = Patch(np.ones((8, 8), np.float32), 1)
    assert columns_of([Patch(roof, 7), low], [2, 16], [0, 1.0])[1] < 12


def test_upright_strokes_never_stand_upon_each_other() -> None:
    stroke = Patch(np.ones((20, 2), np.float32), 1)
    assert columns_of([stroke, stroke], [4, 4], [0, -2.0])[1] >= 5


def test_the_darker_ink_owns_a_shared_pixel() -> None:
    pale, dark = Patch(np.full((4, 4), 0.5, np.float32), 2), Patch(np.ones((4, 4), np.float32), 5)
    line = assemble([pale, dark], [10, 10], [0, 2])
    assert line is not None
    columns = line.owners[10][line.owners[10] != NO_LABEL]
    assert columns.tolist() == [2, 2, 5, 5, 5, 5]


def test_a_line_too_long_for_a_strip_is_none() -> None:
    patch = Patch(np.ones((4, 4), np.float32), 1)
    assert assemble([patch, patch], [0, 0], [0, 600]) is None


def test_a_drawn_patch_has_the_size_asked_for() -> None:
    patch = drawn([np.array([[0.1, 0.2], [0.1, 0.9], [0.4, 0.9]])], 20, 4)
    assert abs(max(patch.ink.shape) - 20) <= 1
    assert patch.label == 4


def test_rows_hold_each_line_once_and_batches_point_at_its_digits(lines: list[Line]) -> None:
    rows = pack(lines)
    kept = [line for row in rows for _, line in row]
    assert [id(line) for line in kept] == [id(line) for line in lines if line.strip.shape[1] <= ROW_WIDTH]
    for batch in batches(lines, 2, np.random.default_rng(0)):
        for strip, owners, boxes, labels in zip(
            batch.strips[:, 0], batch.owners, batch.boxes, batch.labels, strict=True
        ):
            for (top, left, bottom, right), label in zip(boxes.int().tolist(), labels.tolist(), strict=True):
                if label != NO_LABEL:
                    assert strip[top:bottom, left:right].max() >= INK
                    assert (owners[top:bottom, left:right] == label).any()
