"""What a lesson is made of: the samples, their variants, and old digits with the network's own labels."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.data import Augmentation, Split, augment
from model.drawing.samples import SampleError, check_name
from model.drawing.variants import variants
from model.forward_pass import check_images
from model.network import DIGITS
from model.teaching.replay import Replay

FEWEST, MOST = 6, 48  # images that one drawing becomes
FRESH = 60  # varied drawings of a new class that are not trained on, to say how many of its drawings are read
ONLY_ONE = 2.0  # how much more than usual a class's only drawing is varied: it stands for the whole hand


class Material(NamedTuple):
    """What is taught, and what must not be forgotten. Labels are indices into `names`.

    Attributes:
        names: the classes of the taught network, those of the original network first.
        images: the samples, uint8 (S, 28, 28).
        labels: their labels, int64 (S,).
        shown: the samples and their variants, uint8 (V, 28, 28).
        shown_labels: their labels, int64 (V,).
        fresh: other variants of the samples of new classes, by which the choice between them and digits is priced.
        fresh_labels: their labels, int64 (F,).
        rehearsed: old digits that may be trained on.
        chosen: old digits that decide how far to go.
        held_out: old digits that do neither, and that show what was forgotten.
        source: where the old digits come from.
    """

    names: list[str]
    images: Tensor
    labels: Tensor
    shown: Tensor
    shown_labels: Tensor
    fresh: Tensor
    fresh_labels: Tensor
    rehearsed: Split
    chosen: Split
    held_out: Split
    source: str


def prepare(
    known: Sequence[str],
    images: np.ndarray | Tensor,
    labels: Sequence[str],
    classes: Sequence[str] | None,
    drawings: Sequence[list[Any]] | None,
    replay: Replay,
    count: int,
    generator: torch.Generator,
) -> Material:
    """Check the samples and vary them.

    Args:
        known: the classes of the original network.
        images: uint8 (S, 28, 28).
        labels: S class names.
        classes: those of the taught network; None adds those that the labels name.
        drawings: the strokes of the images; None varies them as pixels.
        replay: old digits.
        count: total number of images to make from the samples; each becomes FEWEST to MOST. 0 leaves them as they are.
        generator: source of the variants.

    Raises:
        ValueError: there are no samples, the numbers of images, labels and drawings differ, or the classes do not fit.
    """
    samples = check_images(images)
    labels = [check_name(label) for label in labels]
    _check_counts(len(samples), labels, drawings)
    names = _classes(list(known), labels, classes)
    numbers = torch.tensor([names.index(label) for label in labels])
    shown, shown_labels = _varied(samples, numbers, drawings, count, generator)
    fresh, fresh_labels = _fresh(samples, numbers, drawings, len(known), generator)
    rehearsed, chosen, held_out = (
        _of_classes(part, names) for part in (replay.rehearsed, replay.chosen, replay.held_out)
    )
    return Material(
        names, samples, numbers, shown, shown_labels, fresh, fresh_labels, rehearsed, chosen, held_out, replay.source
    )


def _check_counts(images: int, labels: list[str], drawings: Sequence[list[Any]] | None) -> None:
    if not images:
        raise SampleError("There are no samples yet; draw at least one and say what it is.")
    if len(labels) != images or (drawings is not None and len(drawings) != images):
        raise SampleError(f"There are {images} images; expected as many labels, and as many drawings if any.")


def _classes(known: list[str], labels: list[str], classes: Sequence[str] | None) -> list[str]:
    """The taught network's classes: the old ones in their place, then the new ones."""
    names = list(dict.fromkeys([*known, *labels])) if classes is None else [check_name(name) for name in classes]
    if names[: len(known)] != known or not set(labels) <= set(names):
        raise SampleError("The classes have to begin with the network's own, in their order, and name all labels.")
    return names


def _varied(
    images: Tensor, labels: Tensor, drawings: Sequence[list[Any]] | None, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Every sample and its variants, uint8 (V, 28, 28), and their labels (V,)."""
    if not count:
        return images, labels
    each = min(max(count // len(images), FEWEST), MOST)
    if drawings is None:
        varied = _bent(images, each - 1, generator)
    else:
        own = np.random.default_rng(generator.initial_seed())
        amounts = [ONLY_ONE / math.sqrt((labels == label).sum().item()) for label in labels]
        varied = torch.from_numpy(
            np.concatenate(
                [variants(drawing, each - 1, own, amount) for drawing, amount in zip(drawings, amounts, strict=True)]
            )
        )
    return torch.cat([images, varied]), torch.cat([labels, labels.repeat_interleave(each - 1)])


def _fresh(
    images: Tensor, labels: Tensor, drawings: Sequence[list[Any]] | None, known: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Variants of the new classes' samples that nothing else is made of, uint8 (F, 28, 28), and their labels (F,)."""
    parts, numbers = [images[:0]], [labels[:0]]
    own = np.random.default_rng([generator.initial_seed(), 1])
    for label in sorted(set(labels[labels >= known].tolist())):
        places = (labels == label).nonzero()[:FRESH, 0]
        each = math.ceil(FRESH / len(places))
        if drawings is None:
            seeded = torch.Generator().manual_seed(generator.initial_seed() + 1 + label)
            parts.append(_bent(images[places], each, seeded))
        else:
            parts += [torch.from_numpy(variants(drawings[place], each, own)) for place in places.tolist()]
        numbers.append(torch.full((each * len(places),), label))
    return torch.cat(parts), torch.cat(numbers)


def _bent(images: Tensor, each: int, generator: torch.Generator) -> Tensor:
    """Every image varied as pixels, `each` times: uint8 (N, 28, 28) -> uint8 (N each, 28, 28)."""
    copies = images.repeat_interleave(each, 0)[:, None].float() / 255  # (V, 1, 28, 28)
    return (augment(copies, Augmentation(), generator)[:, 0] * 255).round().byte()


def _of_classes(split: Split, names: list[str]) -> Split:
    """Old digits labelled with the network's own indices; those that it has no class for are left out."""
    numbers = torch.tensor([names.index(digit) if digit in names else -1 for digit in DIGITS])
    labels = numbers[split.labels]
    return Split(split.images[labels >= 0], labels[labels >= 0])
