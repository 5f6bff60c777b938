"""What the tests of teaching share: a network, few old digits, and a quick lesson."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from model.checkpoint import load_checkpoint
from model.drawing.examples import load_examples
from model.drawing.strokes import rasterize
from model.inference import predict
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay, embedded_replay
from model.teaching.result import FineTuned

QUICK = Teaching(steps=6, head_steps=20, batch=16, variants=8)
STAR = [[[0.5, 0.1], [0.7, 0.9], [0.1, 0.4], [0.9, 0.4], [0.3, 0.9], [0.5, 0.1]]]
SQUARE = [[[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]]]
Teach = Callable[..., FineTuned]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    """A shipped network, not to be changed."""
    return load_checkpoint("tiny")


@pytest.fixture(scope="module")
def old() -> Replay:
    """Old digits that are on every machine, few of them."""
    replay = embedded_replay()
    return Replay(replay.source, *(type(split)(split.images[::10], split.labels[::10]) for split in replay[1:]))


@pytest.fixture(scope="module")
def teach(net: DigitNet, old: Replay) -> Teach:
    """teach(drawings, labels, **more): as `fine_tune`, quickly."""

    def teach(drawings: list, labels: list[str], **more: object) -> FineTuned:
        images = np.stack([rasterize(drawing) for drawing in drawings])
        return fine_tune(net, images, labels, **{"drawings": drawings, "replay": old, "teaching": QUICK, **more})

    return teach


def example(digit: str) -> list:
    return next(drawing for _, label, drawing in load_examples() if label == digit)


def weights(net: DigitNet) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def old_probabilities(net: DigitNet, old: Replay) -> np.ndarray:
    return predict(net, old.held_out.images)
