"""How well a visitor's hand is read, judged by samples that were not taught: each is left out once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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
    drawings: Sequence[list[Any]] | None = None,
    replay: Replay | None = None,
    teaching: Teaching = Teaching(),  # noqa: B008 (immutable)
    folds: int = 4,
) -> Held | None:
    """Accuracy on the visitor's hand, measured on held-out samples: each is left out once.

    Returns:
        None if there are too few samples to tell: a class with only one sample cannot be both taught and held out, and
        is left out altogether.
    """
    rounds = rounds_of(labels, folds)
    if not rounds:
        return None
    found = [
        hold_out(net, images, labels, held, seed, on_step, drawings=drawings, replay=replay, teaching=teaching)
        for held in rounds
    ]
    return Held(*(sum(counts) for counts in zip(*found, strict=True)))


def rounds_of(labels: Sequence[str], folds: int = 4) -> list[list[int]]:
    """The samples that are held out in each round; no rounds if there are too few samples."""
    labels = list(labels)
    fold_of = _folds(labels, folds)
    used = sorted({fold for fold in fold_of if fold is not None})
    return [[index for index, other in enumerate(fold_of) if other == fold] for fold in used]


def hold_out(
    net: DigitNet,
    images: np.ndarray,
    labels: Sequence[str],
    held: Sequence[int],
    seed: int = 0,
    on_step: OnStep | None = None,
    *,
    drawings: Sequence[list[Any]] | None = None,
    replay: Replay | None = None,
    teaching: Teaching = Teaching(),  # noqa: B008 (immutable)
) -> Held:
    """One round: how the held-out samples are read before, and by a network that was taught all others."""
    labels, held = list(labels), list(held)
    taught = [index for index in range(len(labels)) if index not in held]
    result = fine_tune(
        net,
        images[taught],
        [labels[index] for index in taught],
        seed=seed,
        on_step=on_step,
        drawings=[drawings[index] for index in taught] if drawings else None,
        replay=replay.without_proof() if replay else None,
        teaching=teaching,
        check_hands=False,
    )
    before, after = (_count_correct(reader, images, labels, held) for reader in (net, result.network))
    return Held(before, after, len(held))


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
