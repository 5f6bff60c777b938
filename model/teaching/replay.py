"""Old digits: some to rehearse while something new is taught, some to choose by, others to prove what was lost."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from model.data import DataError, Split, load_training
from model.drawing.examples import Example, load_examples
from model.drawing.variants import variants
from model.teaching.generated_digits import FILE, DigitsError, read_digits

MNIST = "MNIST"
GENERATED = "generated digits"
EMBEDDED = "embedded drawings"
SOURCES = ("mnist", "generated", "embedded")
REHEARSED = 1000  # images to rehearse, the same number of each class
CHOSEN = 1000  # images that decide how far a lesson goes
HELD_OUT = 5000  # images that prove what was forgotten; fewer could not tell half a point of one digit
VARIED = 1000  # images that the embedded drawings become, of each part: more would be no more digits


class Replay(NamedTuple):
    """Digits of other people, in three parts that have no image in common.

    Attributes:
        source: where they come from, `MNIST`, `GENERATED` or `EMBEDDED`.
        rehearsed: what may be trained on.
        chosen: what decides between networks: how far to go, how far to hold a new class back.
        held_out: what does neither, and proves what was forgotten.
    """

    source: str
    rehearsed: Split
    chosen: Split
    held_out: Split

    def without_proof(self) -> "Replay":
        """The same, for a lesson whose loss is not reported: it is measured on `chosen`, which is quicker."""
        return self._replace(held_out=self.chosen)


def load_replay(data: str | Path, source: str | None = None) -> Replay:
    """MNIST if it is on this machine, else the digits that the generator drew, else the embedded drawings, varied.

    Args:
        data: directory that may hold MNIST/raw. Nothing is ever downloaded.
        source: the one of `SOURCES` to take, instead of the best that there is.

    Raises:
        ValueError: that source is not on this machine.
    """
    if source:
        if source == "mnist":
            return _mnist_replay(data)
        return generated_replay() if source == "generated" else embedded_replay()
    try:
        return _mnist_replay(data)
    except DataError:
        pass
    try:
        return generated_replay()
    except DigitsError:
        return embedded_replay()


def source_of(data: str | Path) -> str:
    """What `load_replay` would take, found out without reading MNIST."""
    if (Path(data) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        return MNIST
    try:
        return generated_replay().source
    except DigitsError:
        return EMBEDDED


@lru_cache(4)
def _mnist_replay(data: str | Path) -> Replay:
    """Two parts of the training images, and all validation images."""
    training, validation = load_training(data, download=False)
    rehearsed, chosen = _dealt(training, REHEARSED, CHOSEN)
    return Replay(MNIST, rehearsed, chosen, validation)


@lru_cache(1)
def generated_replay(path: str | Path = FILE) -> Replay:
    """The digits that the generator drew.

    Raises:
        DigitsError: their file is missing or damaged.
    """
    digits = read_digits(path)
    if len(digits.labels) < REHEARSED + CHOSEN + HELD_OUT:
        raise DigitsError(f"{path} holds {len(digits.labels):,} digits, too few to prove anything.")
    first, last = REHEARSED, REHEARSED + CHOSEN
    parts = (slice(first), slice(first, last), slice(last, None))
    return Replay(GENERATED, *(Split(digits.images[part], digits.labels[part]) for part in parts))


def _dealt(split: Split, *counts: int) -> list[Split]:
    """Parts with the same number of every digit, the first images first."""
    found, first = [], 0
    places = [(split.labels == digit).nonzero()[:, 0] for digit in range(10)]
    for count in counts:
        index = torch.cat([place[first : first + count // 10] for place in places])
        found.append(Split(split.images[index], split.labels[index]))
        first += count // 10
    return found


@lru_cache(1)
def embedded_replay() -> Replay:
    """The embedded drawings, varied: some hands to rehearse, one to choose by, another to show what was forgotten."""
    examples = load_examples()
    *hands, choosing, proving = dict.fromkeys(example.hand for example in examples)
    parts = [[example for example in examples if example.hand in part] for part in (hands, [choosing], [proving])]
    return Replay(EMBEDDED, *(_varied(part, VARIED, seed) for seed, part in enumerate(parts)))


def _varied(examples: list[Example], count: int, seed: int) -> Split:
    generator = np.random.default_rng(seed)
    each = count // len(examples)
    images = np.concatenate([variants(example.drawing, each, generator) for example in examples])
    labels = torch.tensor([int(example.label) for example in examples]).repeat_interleave(each)
    return Split(torch.from_numpy(images), labels)
