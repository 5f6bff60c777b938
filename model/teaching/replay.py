"""Old digits to rehearse while something new is taught, so that the old is not forgotten."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from model.data import DataError, Split, load_training
from model.drawing.examples import Example, load_examples
from model.drawing.variants import variants

MNIST = "MNIST"
EMBEDDED = "embedded drawings"
REHEARSED = 1000  # images to rehearse, the same number of each class
HELD_OUT = 1000  # images that show what was forgotten


class Replay(NamedTuple):
    """Digits of other people.

    Attributes:
        source: where they come from, `MNIST` or `EMBEDDED`.
        rehearsed: what may be trained on.
        held_out: what may not, and shows what was forgotten.
    """

    source: str
    rehearsed: Split
    held_out: Split


def load_replay(data: str | Path) -> Replay:
    """MNIST's training and validation images if they are on this machine, else the embedded drawings, augmented.

    Args:
        data: directory that may hold MNIST/raw. Nothing is ever downloaded.
    """
    try:
        return _mnist_replay(data)
    except DataError:
        return embedded_replay()


@lru_cache(4)
def _mnist_replay(data: str | Path) -> Replay:
    training, validation = load_training(data, download=False)
    return Replay(MNIST, _first_of_each(training, REHEARSED), _first_of_each(validation, HELD_OUT))


def _first_of_each(split: Split, count: int) -> Split:
    """The first images of every digit, `count` in all."""
    each = count // 10
    index = torch.cat([(split.labels == digit).nonzero()[:each, 0] for digit in range(10)])
    return Split(split.images[index], split.labels[index])


@lru_cache(1)
def embedded_replay() -> Replay:
    """The embedded drawings, augmented: some hands to rehearse, and another to show what was forgotten."""
    examples = load_examples()
    hands = list(dict.fromkeys(example.hand for example in examples))
    rehearsed = [example for example in examples if example.hand != hands[-1]]
    held_out = [example for example in examples if example.hand == hands[-1]]
    return Replay(EMBEDDED, _varied(rehearsed, REHEARSED, 0), _varied(held_out, HELD_OUT, 1))


def _varied(examples: list[Example], count: int, seed: int) -> Split:
    generator = np.random.default_rng(seed)
    each = count // len(examples)
    images = np.concatenate([variants(example.drawing, each, generator) for example in examples])
    labels = torch.tensor([int(example.label) for example in examples]).repeat_interleave(each)
    return Split(torch.from_numpy(images), labels)
