"""How well a visitor's hand is read, judged by samples that were not taught: each is left out once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.inference import predict
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay
from model.teaching.result import OnStep


class Held(NamedTuple):
    """How well the samples are read by networks that were not taught them.

    Attributes:
        before: how many of the samples the original network reads correctly.
        after: how many are read correctly by a network that was taught the others.
        total: number of samples.
    """

    before: int
    after: int
    total: int


def cross_validate(
    net: DigitNet,
    images: np.ndarray,
    labels: Sequence[str],
    seed: int = 0,
    on_step: OnStep | None = None,
    *,
    drawings: Sequence[list] | None = None,
    replay: Replay | None = None,
    teaching: Teaching = Teaching(),  # noqa: B008 (immutable)
    folds: int = 4,
) -> Held | None:
    """Accuracy on the visitor's hand, measured on held-out samples: each is left out once.

    Returns:
        None if there are too few samples to tell: a class with only one sample cannot be both taught and held out, and
        is left out altogether.
    """
    labels = list(labels)
    fold_of = _folds(labels, folds)
    kept = [index for index, fold in enumerate(fold_of) if fold is not None]
    if not kept:
        return None
    before = _count_correct(net, images, labels, kept)
    after = 0
    for fold in range(max(fold_of[index] for index in kept) + 1):
        held = [index for index in kept if fold_of[index] == fold]
        taught = [index for index in range(len(labels)) if index not in held]
        result = fine_tune(
            net,
            images[taught],
            [labels[index] for index in taught],
            seed=seed,
            on_step=on_step,
            drawings=[drawings[index] for index in taught] if drawings else None,
            replay=replay,
            teaching=teaching,
        )
        after += _count_correct(result.network, images, labels, held)
    return Held(before, after, len(kept))


def _folds(labels: list[str], folds: int) -> list[int | None]:
    """The fold of each sample, dealt out class by class; None if it is the only one of its class."""
    seen: dict[str, int] = {}
    fold_of: list[int | None] = []
    for label in labels:
        seen[label] = seen.get(label, -1) + 1
        fold_of.append(seen[label] % folds if labels.count(label) > 1 else None)
    return fold_of


def _count_correct(net: DigitNet, images: np.ndarray, labels: list[str], index: list[int]) -> int:
    guesses = predict(net, images[index]).argmax(1)
    return sum(net.classes[guess] == labels[i] for guess, i in zip(guesses, index, strict=True))
