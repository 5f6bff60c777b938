"""The example drawings: the page opens with one, and teaching relies on them where MNIST is not available."""

from collections import Counter

import numpy as np
import pytest

from model import load_checkpoint, predict, rasterize
from model.drawing.examples import load_examples, load_styles
from model.drawing.hands import DIGITS, styles
from model.drawing.style_examples import draw_styles, title

EXAMPLES = load_examples()


def test_every_hand_writes_every_digit_once() -> None:
    """The page's ten buttons step through the hands: a missing digit would be a dead button."""
    counts = Counter((example.hand, example.label) for example in EXAMPLES)
    hands = {hand for hand, _ in counts}
    assert len(hands) >= 3
    assert counts == Counter((hand, str(digit)) for hand in hands for digit in range(10))


@pytest.mark.parametrize("network", ["base", "small"])
def test_examples_are_read_as_what_they_are(network: str) -> None:
    """An example that is misread teaches the wrong lesson."""
    images = np.stack([rasterize(example.drawing) for example in EXAMPLES])
    net = load_checkpoint(network)
    answers = [net.classes[index] for index in predict(net, images).argmax(1)]
    assert answers == [example.label for example in EXAMPLES]


def test_times_go_forward() -> None:
    """The opening example writes itself in the order of its times."""
    for example in EXAMPLES:
        times = [point[2] for stroke in example.drawing for point in stroke]
        assert times == sorted(times)


def test_every_style_has_its_example_and_the_file_is_up_to_date() -> None:
    """`python -m model.drawing.style_examples` after a change to the styles."""
    shipped = load_styles()
    assert [(one.label, one.style) for one in shipped] == [
        (digit, style) for digit in DIGITS for style in styles(digit)
    ]
    for one, drawn in zip(shipped, draw_styles(), strict=True):
        assert one[:3] == drawn[:3]
        for stroke, its_like in zip(one.drawing, drawn.drawing, strict=True):
            np.testing.assert_allclose(stroke, its_like, atol=0.002)


def test_an_example_of_a_style_is_read_as_its_digit() -> None:
    """Or "Another hand" would show what the page cannot read."""
    net = load_checkpoint("base")
    images = np.stack([rasterize(one.drawing) for one in load_styles()])
    answers = [net.classes[index] for index in predict(net, images).argmax(1)]
    assert answers == [one.label for one in load_styles()]


@pytest.mark.parametrize(
    ("digit", "style", "words"),
    [
        ("7", "bar", "7 with a bar"),
        ("7", "serif and bar", "7 with a serif and a bar"),
        ("0", "slashed", "0, slashed"),
        ("6", "open loop", "6 with an open loop"),
        ("6", "straight, tiny loop", "6, straight, with a tiny loop"),
        ("1", "flag and foot in one stroke", "1 with a flag and a foot in one stroke"),
        ("8", "open at the top", "8, open at the top"),
    ],
)
def test_a_style_is_told_in_words(digit: str, style: str, words: str) -> None:
    assert title(digit, style) == words
