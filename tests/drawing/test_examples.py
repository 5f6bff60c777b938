"""The example drawings: the page opens with one, and teaching relies on them where MNIST is not available."""

from collections import Counter

import numpy as np
import pytest

from model import load_checkpoint, predict, rasterize
from model.drawing.examples import load_examples

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
