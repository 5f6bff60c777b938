"""Two digits side by side are told from one digit of two strokes."""

import numpy as np
import pytest
import torch

from model import load_checkpoint
from model.drawing.hands import write
from model.drawing.strokes import check_drawing
from model.explain.several import several_digits, side_by_side
from model.network import DigitNet

LEFT = [[[0.1, 0.1], [0.3, 0.1], [0.15, 0.9]]]
RIGHT = [[[0.7, 0.1], [0.7, 0.9]]]
CROSSED = [[[0.1, 0.1], [0.05, 0.5], [0.6, 0.5]], [[0.45, 0.3], [0.4, 0.9]]]


def test_strokes_beside_each_other_are_taken_apart_from_left_to_right() -> None:
    parts = side_by_side(check_drawing(RIGHT + LEFT))
    assert [np.concatenate(part)[:, 0].min() for part in parts] == [0.1, 0.7]


def test_strokes_that_cross_stay_together() -> None:
    assert len(side_by_side(check_drawing(CROSSED))) == 1


def test_a_stroke_that_spans_two_others_joins_them() -> None:
    assert len(side_by_side(check_drawing([*LEFT, *RIGHT, [[0.1, 0.5], [0.7, 0.5]]]))) == 1


def extent(inked: torch.Tensor) -> torch.Tensor:
    """From the first to the last True of each row (N, 28)."""
    return ((inked.cumsum(1) > 0) & (inked.flip(1).cumsum(1).flip(1) > 0)).sum(1)


class Wary(torch.nn.Module):
    """Knows one image in two: what is wider than high is unlike anything."""

    classes = ("1", "7")

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("familiar_energy", torch.tensor(-1e4))
        self.register_buffer("familiar_evidence", torch.tensor(2.0))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        ink = images[:, 0] > 0
        wide, high = extent(ink.any(1)), extent(ink.any(2))
        return torch.stack([torch.where(wide > 0.6 * high, 0, 9), torch.zeros(len(images))], dim=1)


def test_several_digits_are_told_only_where_the_whole_is_unlike_and_each_part_is_not() -> None:
    two = [*RIGHT, [[0.1, 0.1], [0.12, 0.9]]]
    assert several_digits(Wary(), two) == ["1", "1"]
    assert several_digits(Wary(), RIGHT) == []
    assert several_digits(Wary(), [*two, [[0.4, 0.5], [0.45, 0.5]]]) == [], "a dash is no digit"
    assert several_digits(Wary(), [*RIGHT, *CROSSED]) == [], "one part is unlike a digit too"


STYLE = {"0": "plain", "2": "plain", "3": "round", "5": "one stroke", "6": "round", "8": "one stroke", "9": "curled"}


def shifted(digit: str, style: str, by: float) -> list:
    return [[[0.4 * x + by, y] for x, y in stroke] for stroke in write(digit, style, 0, 0)]


@pytest.fixture(scope="module")
def base() -> DigitNet:
    return load_checkpoint("base")


@pytest.mark.parametrize("pair", ["23", "58", "90", "36"])
def test_the_shipped_network_says_that_two_digits_are_two(base: DigitNet, pair: str) -> None:
    drawing = [stroke for place, digit in enumerate(pair) for stroke in shifted(digit, STYLE[digit], 0.55 * place)]
    assert several_digits(base, drawing) == list(pair)


@pytest.mark.parametrize("style", ["open", "closed", "open, late upright", "round open"])
def test_a_4_of_two_strokes_is_one_digit(base: DigitNet, style: str) -> None:
    assert several_digits(base, write("4", style, 0)) == []
