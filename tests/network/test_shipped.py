"""The network that the page opens with reads styles that MNIST hardly has, and knows what is not a digit."""

import numpy as np
import pytest
from model.several import several_digits
from torch import from_numpy

from model import DigitNet, load_checkpoint, predict, rasterize
from model.familiarity import is_familiar
from model.metrics import logits_of

SURE = 0.9
FLAGGED_ONE = [[[0.3, 0.45], [0.5, 0.2], [0.5, 0.85]]]
BARRED_SEVEN = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]], [[0.38, 0.52], [0.68, 0.52]]]
SLASHED_ZERO = [
    [
        [0.5, 0.15],
        [0.36, 0.25],
        [0.3, 0.5],
        [0.36, 0.75],
        [0.5, 0.85],
        [0.64, 0.75],
        [0.7, 0.5],
        [0.64, 0.25],
        [0.5, 0.15],
    ],
    [[0.66, 0.2], [0.34, 0.8]],
]
CURLED_NINE = [
    [
        [0.64, 0.3],
        [0.5, 0.2],
        [0.38, 0.28],
        [0.4, 0.42],
        [0.54, 0.45],
        [0.65, 0.3],
        [0.66, 0.55],
        [0.6, 0.8],
        [0.45, 0.86],
        [0.34, 0.78],
    ]
]
ZIGZAG_FOUR = [[[0.5, 0.15], [0.28, 0.55], [0.7, 0.55], [0.58, 0.35], [0.55, 0.88]]]
DOT = [[[0.5, 0.5]]]
STICK = [[0.3, 0.2], [0.3, 0.8]]
TWO_ONES = [STICK, [[x + 0.3, y] for x, y in STICK]]
TWO_FLAGGED_ONES = [[[0.15, 0.4], [0.3, 0.2], [0.3, 0.8]], [[0.5, 0.4], [0.65, 0.2], [0.65, 0.8]]]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    """As it is shipped."""
    return load_checkpoint("base")


@pytest.mark.parametrize(
    ("drawing", "digit"),
    [
        pytest.param(FLAGGED_ONE, "1", id="a 1 with a flag"),
        pytest.param(BARRED_SEVEN, "7", id="a 7 with a bar"),
        pytest.param(SLASHED_ZERO, "0", id="a slashed 0"),
        pytest.param(CURLED_NINE, "9", id="a 9 with a curled tail"),
        pytest.param(ZIGZAG_FOUR, "4", id="a 4 in one zigzag stroke"),
    ],
)
def test_a_digit_of_a_common_style_is_read_for_sure(net: DigitNet, drawing: list, digit: str) -> None:
    image = rasterize(drawing)[None]
    probabilities = predict(net, image)[0]
    assert net.classes[int(probabilities.argmax())] == digit
    assert probabilities.max() >= SURE
    assert is_familiar(net, logits_of(net, from_numpy(image))).all()
    assert not several_digits(net, drawing)


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.1, 0.9), (0.75, 0.2)])
def test_a_dot_is_called_unlike_a_digit(net: DigitNet, place: tuple[float, float]) -> None:
    image = rasterize((np.array(DOT) - 0.5 + place).tolist())[None]
    assert not is_familiar(net, logits_of(net, from_numpy(image))).any()


@pytest.mark.parametrize("drawing", [TWO_ONES, TWO_FLAGGED_ONES])
def test_two_ones_are_more_than_one_digit(net: DigitNet, drawing: list) -> None:
    assert several_digits(net, drawing) == ["1", "1"]
