"""Lines of people's digits, and the usual way to read a line: known truths, known cuts."""

import numpy as np
import pytest

from model.drawing.corpora import PenDigit
from model.line.layout import SPACINGS
from model.line.splitting import read_split, split_by_strokes
from model.line.strip import INK, rasterize_line
from model.line.writers import FEWEST, MOST, written_lines
from model.network import DigitNet
from tests.line.conftest import written

SAMPLES = [PenDigit(written(digit), digit, writer) for writer in (3, 5) for digit in "170"]


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_line_is_one_writers_and_its_truth_is_what_its_drawing_becomes(spacing: str) -> None:
    lines = written_lines(SAMPLES, spacing, per_writer=5)
    assert [line.writer for line in lines] == [3] * 5 + [5] * 5
    for line in lines:
        strip = rasterize_line([stroke.tolist() for stroke in line.drawing])
        assert np.abs(strip.astype(int) - line.truth.strip).max() <= 1
        assert FEWEST <= len(line.truth.labels) == len(line.number) == len(line.strokes) <= MOST
        assert sum(line.strokes) == len(line.drawing)
        assert set(line.number) <= set("170")
        middles = line.truth.boxes[:, 1] + line.truth.boxes[:, 3]
        assert (np.diff(middles) > 0).all()
        assert ((line.truth.owners >= 0) == (line.truth.strip >= INK)).all()


def test_the_same_seed_gives_the_same_lines() -> None:
    first, again, other = (written_lines(SAMPLES, "tight", 4, seed) for seed in (0, 0, 1))
    assert [line.number for line in first] == [line.number for line in again]
    assert all(np.array_equal(a.truth.strip, b.truth.strip) for a, b in zip(first, again, strict=True))
    assert [line.number for line in first] != [line.number for line in other]


def test_touching_lines_are_shorter_than_tight_and_tight_than_apart() -> None:
    widths = [np.mean([line.truth.strip.shape[1] for line in written_lines(SAMPLES, s, 20)]) for s in SPACINGS]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


def test_strokes_apart_are_cut_and_those_that_meet_or_stand_above_each_other_are_not() -> None:
    assert [len(group) for group in split_by_strokes(written("1707"))] == [1, 1, 1, 1]
    crossed = [*written("7"), [[0.25, 0.5], [0.45, 0.5]]]
    assert [len(group) for group in split_by_strokes(crossed)] == [2]
    above = [[[0.2, 0.1], [0.5, 0.1]], [[0.2, 0.8], [0.5, 0.8]], [[1.0, 0.1], [1.0, 0.8]]]
    assert [len(group) for group in split_by_strokes(above)] == [2, 1]


def test_joined_strokes_are_one_piece_in_any_order() -> None:
    chain = [[[0.2, 0.2], [0.4, 0.8]], [[0.8, 0.2], [1.0, 0.8]], [[0.4, 0.8], [0.8, 0.2]]]
    assert [len(group) for group in split_by_strokes(chain)] == [3]


def test_a_line_is_read_piece_by_piece(small_net: DigitNet) -> None:
    number = read_split(small_net, written("170"))
    assert len(number) == 3
    assert number[0] == read_split(small_net, written("1"))
