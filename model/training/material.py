"""What a network is trained on: MNIST's images, drawn digits, and drawings that are not digits (outliers)."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.data import Split
from model.drawing.hands import DIGITS, Drawing, written
from model.drawing.outliers import letters, outliers
from model.drawing.strokes import rasterize
from model.drawing.variants import variants

NO_DIGIT = -1  # the label of an outlier
SEED = 1  # of the drawings to train on
HELD_OUT_SEED = 2  # of the drawings for choosing and calibrating
HANDS = 60_000
OUTLIERS = 48_000
SOME = 200  # drawings whose hash identifies the version of the code that draws them
LETTER_VARIANTS = 12  # of each letter of a corpus
HELD_OUT = 5_000


class Material(NamedTuple):
    """Images to train on, of three kinds.

    Attributes:
        mnist: MNIST's training images.
        hands: drawings of `model.drawing.hands`, or None.
        outliers: uint8 (N, 28, 28), drawings that are not digits, or None.
    """

    mnist: Split
    hands: Split | None = None
    outliers: Tensor | None = None

    def sizes(self) -> tuple[int, int, int]:
        """How many images there are of each kind."""
        hands = 0 if self.hands is None else len(self.hands.labels)
        return len(self.mnist.labels), hands, 0 if self.outliers is None else len(self.outliers)

    def joined(self) -> Split:
        """All images in this order; outliers are labelled `NO_DIGIT`."""
        images, labels = [self.mnist.images], [self.mnist.labels]
        if self.hands is not None:
            images.append(self.hands.images)
            labels.append(self.hands.labels)
        if self.outliers is not None:
            images.append(self.outliers)
            labels.append(torch.full((len(self.outliers),), NO_DIGIT))
        return Split(torch.cat(images), torch.cat(labels))


def order_of(sizes: Sequence[int], parts: Sequence[int], steps: int, generator: torch.Generator) -> Tensor:
    """Indices of the joined images for every step of an epoch, (steps, batch): no image of MNIST comes up twice.

    Args:
        sizes: how many images there are of each kind, MNIST's first.
        parts: of each kind in a batch.
        steps: batches.
        generator: of the order, and where it lies.
    """
    columns, first = [], 0
    for part, size in zip(parts, sizes, strict=True):
        wanted = steps * part
        rounds = [
            torch.randperm(size, generator=generator, device=generator.device)
            for _ in range(-(-wanted // max(size, 1)))
        ]
        if rounds:
            columns.append(first + torch.cat(rounds)[:wanted].view(steps, part))
        first += size
    return torch.cat(columns, 1)


def load_hands(count: int = HANDS, seed: int = SEED, cache: Path | None = None) -> Split:
    """Rendered drawings of digits; every digit, and every style of a digit, is equally frequent.

    Args:
        count: number of drawings.
        seed: of the variation; `HELD_OUT_SEED` gives drawings that are not trained on.
        cache: a directory in which the images are kept, so that they are rendered only once.
    """
    labels = torch.arange(count) % len(DIGITS)  # the order in which `written` gives them

    def render() -> Tensor:
        return _rendered(one.drawing for one in written(count, seed))

    return Split(_kept(cache, f"hands-{count}-{seed}", (one.drawing for one in written(SOME, seed)), render), labels)


def load_outliers(
    count: int = OUTLIERS, seed: int = SEED, corpus: str | Path | None = None, cache: Path | None = None
) -> Tensor:
    """Rendered drawings that are not digits, uint8 (N, 28, 28).

    Args:
        count: number of drawings by `model.drawing.outliers`; letters are added to these.
        seed: of everything random.
        corpus: a zip of Omniglot's strokes, or a directory of such files, for letters; None for no letters.
        cache: as in `load_hands`.

    Raises:
        CorpusError: the corpus is missing or holds no drawings.
    """
    people = [one.drawing for one in letters(corpus)] if corpus else []

    def render() -> Tensor:
        generator = np.random.default_rng(seed)
        drawn = _rendered(one.drawing for one in outliers(count, seed))
        if not people:
            return drawn
        varied = [variants(drawing, LETTER_VARIANTS, generator) for drawing in people]
        return torch.cat([drawn, torch.from_numpy(np.concatenate(varied))])

    some = chain(people, (one.drawing for one in outliers(SOME, seed)))
    return _kept(cache, f"outliers-{count}-{seed}", some, render)


def _rendered(drawings: Iterable[Drawing]) -> Tensor:
    return torch.from_numpy(np.stack([rasterize(drawing) for drawing in drawings]))


def _kept(cache: Path | None, name: str, some: Iterable[Drawing], render: Callable[[], Tensor]) -> Tensor:
    """The result of `render`, from the cache if it is there; a hash of `some` drawings tells whether it is current."""
    if cache is None:
        return render()
    version = hashlib.sha256(json.dumps(list(some)).encode()).hexdigest()[:12]
    path = cache / f"{name}-{version}.npy"
    if path.is_file():
        return torch.from_numpy(np.load(path, allow_pickle=False))
    images = render()
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.npy")
    np.save(partial, images.numpy())
    partial.replace(path)
    return images
