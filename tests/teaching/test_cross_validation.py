"""Held-out samples: how well a hand would be read from samples that were not taught."""

import numpy as np
import pytest

from model.drawing.examples import load_examples
from model.drawing.strokes import rasterize
from model.network import DigitNet
from model.teaching.cross_validation import cross_validate
from model.teaching.lesson import fine_tune
from model.teaching.replay import Replay
from model.teaching.result import FineTuned
from tests.teaching.conftest import QUICK, SQUARE, STAR


def test_one_sample_per_class_is_too_few_to_tell(net: DigitNet, old: Replay) -> None:
    images = np.stack([rasterize(STAR), rasterize(SQUARE)])
    assert cross_validate(net, images, ["4", "0"], replay=old, teaching=QUICK) is None


def test_every_sample_of_a_class_with_two_is_held_out_once(
    net: DigitNet, old: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught = []

    def spy(net: DigitNet, images: np.ndarray, labels: list[str], **more: object) -> FineTuned:
        taught.append(labels)
        return fine_tune(net, images, labels, **more)

    monkeypatch.setattr("model.teaching.cross_validation.fine_tune", spy)
    zeros = [example.drawing for example in load_examples() if example.label == "0"][:3]
    images = np.stack([rasterize(drawing) for drawing in [*zeros, STAR]])
    held = cross_validate(
        net, images, ["0", "0", "0", "4"], drawings=[*zeros, STAR], replay=old, teaching=QUICK, folds=2
    )
    assert taught == [["0", "4"], ["0", "0", "4"]], "two of the three zeros are held out first, then the third"
    assert held.total == 3
    assert held.before == 3
    assert 0 <= held.after <= 3
