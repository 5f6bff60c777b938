"""How well teaching works, measured on people: writers whom the network never saw, and letters it does not know.

Run by `python -m model.evaluate --few-shot FILE`.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from model.data import Split
from model.drawing.corpora import Character, PenDigit
from model.drawing.strokes import rasterize
from model.metrics import logits_of
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay
from model.teaching.result import accuracy_of

NEW_CLASS_SHOTS = 5
LETTER = "letter"

# Each ingredient of the teaching, left out by itself.
ABLATION: dict[str, dict[str, Any]] = {
    "all of it": {},
    "without the head first": {"head_steps": 0},
    "the head only": {"layers": "head"},
    "head and last stage only": {"layers": "last"},
    "all stages": {"layers": "all"},
    "without old digits in a batch": {"replay": 0.0},
    "without distillation": {"distillation": 0.0},
    "without interpolation": {"interpolation": 1.0},
    "without variants": {"variants": 0},
    "varied as pixels": {"as_strokes": False},
}


class Episode(NamedTuple):
    """One writer, or one letter, taught and tested. Accuracies from 0 to 1.

    Attributes:
        name: the writer's number, or the letter's.
        before: accuracy of the original network on what was not taught.
        after: the same for the taught network.
        old_before: accuracy of the original network on MNIST's images.
        old_after: the same for the taught network.
        mistaken: share of MNIST's images that the taught network takes for a class it did not know before.
        seconds: how long the teaching took.
    """

    name: int
    before: float
    after: float
    old_before: float
    old_after: float
    mistaken: float
    seconds: float


def writer_episodes(
    net: DigitNet,
    samples: Sequence[PenDigit],
    shots: int,
    old: Split,
    replay: Replay,
    teaching: Teaching,
    *,
    as_strokes: bool = True,
    writers: Iterable[int] | None = None,
    seed: int = 0,
) -> Iterable[Episode]:
    """Teach each writer's hand from `shots` samples of every digit, drawn at random, and test on all others.

    Args:
        net: a network that reads the ten digits.
        samples: digits of many writers.
        shots: samples of each class to teach.
        old: digits that must not be forgotten; never trained on.
        replay: old digits to rehearse.
        teaching: the settings.
        as_strokes: whether the samples are varied as strokes.
        writers: which ones; None takes all.
        seed: for the draw and the teaching.
    """
    images = np.stack([rasterize(sample.drawing) for sample in samples])
    labels = np.array([sample.label for sample in samples])
    of_writer = np.array([sample.writer for sample in samples])
    old_before = _accuracy(net, old)
    for writer in sorted(set(of_writer.tolist())) if writers is None else writers:
        own = np.flatnonzero(of_writer == writer)
        generator = np.random.default_rng([seed, writer])
        taught = np.concatenate([generator.permutation(own[labels[own] == name])[:shots] for name in net.classes])
        tested = np.setdiff1d(own, taught)
        started = time.perf_counter()
        result = fine_tune(
            net,
            images[taught],
            labels[taught].tolist(),
            seed=seed,
            drawings=[samples[index].drawing for index in taught] if as_strokes else None,
            replay=replay,
            teaching=teaching,
        )
        seconds = time.perf_counter() - started
        test = Split(torch.from_numpy(images[tested]), torch.tensor([int(name) for name in labels[tested]]))
        yield Episode(
            writer,
            _accuracy(net, test),
            _accuracy(result.network, test),
            old_before,
            _accuracy(result.network, old),
            0.0,
            seconds,
        )


def letter_episodes(
    net: DigitNet, characters: Sequence[Character], old: Split, replay: Replay, teaching: Teaching, seed: int = 0
) -> Iterable[Episode]:
    """Teach one letter as a new class from five people's drawings, and test on the drawings of all others.

    Args:
        net: a network that reads the ten digits.
        characters: of one alphabet, each drawn by several people; leave out those that look like digits.
        old: digits that must not be forgotten; never trained on.
        replay: old digits to rehearse.
        teaching: the settings.
        seed: for the draw and the teaching.
    """
    old_before = _accuracy(net, old)
    for number in sorted({character.character for character in characters}):
        own = [character.drawing for character in characters if character.character == number]
        order = np.random.default_rng([seed, number]).permutation(len(own)).tolist()
        images = np.stack([rasterize(own[index]) for index in order])
        started = time.perf_counter()
        result = fine_tune(
            net,
            images[:NEW_CLASS_SHOTS],
            [LETTER] * NEW_CLASS_SHOTS,
            seed=seed,
            drawings=[own[index] for index in order[:NEW_CLASS_SHOTS]],
            replay=replay,
            teaching=teaching,
        )
        seconds = time.perf_counter() - started
        new = result.network.classes.index(LETTER)
        tested = logits_of(result.network, torch.from_numpy(images[NEW_CLASS_SHOTS:])).argmax(1)
        guesses = logits_of(result.network, old.images).argmax(1)
        yield Episode(
            number,
            0.0,
            (tested == new).double().mean().item(),
            old_before,
            (guesses == old.labels).double().mean().item(),
            (guesses == new).double().mean().item(),
            seconds,
        )


def without(teaching: Teaching, left_out: dict[str, Any]) -> tuple[Teaching, bool]:
    """The teaching with some of its settings changed, and whether samples are varied as strokes."""
    settings = {name: value for name, value in left_out.items() if name != "as_strokes"}
    return replace(teaching, **settings), left_out.get("as_strokes", True)


def summary(episodes: Sequence[Episode]) -> dict[str, float]:
    """Means and the worst of some episodes; accuracies in per cent, losses in percentage points."""
    worst = min(episodes, key=lambda episode: episode.after)
    lost = [100 * (episode.old_before - episode.old_after) for episode in episodes]
    return {
        "before": 100 * float(np.mean([episode.before for episode in episodes])),
        "after": 100 * float(np.mean([episode.after for episode in episodes])),
        "worst": worst.name,
        "worst_after": 100 * worst.after,
        "lost": float(np.mean(lost)),
        "lost_most": max(lost),
        "mistaken": 100 * float(np.mean([episode.mistaken for episode in episodes])),
        "seconds": float(np.median([episode.seconds for episode in episodes])),
    }


def _accuracy(net: DigitNet, data: Split) -> float:
    return accuracy_of(logits_of(net, data.images), data.labels)
