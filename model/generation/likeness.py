"""How similar generated digits are to people's: read as asked, as varied as real ones, and none of them copied."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from model.data import Split
from model.drawing.strokes import IMAGE_SIZE
from model.metrics import BATCH, confusion_matrix, logits_of
from model.network import DigitNet

NEIGHBOURS = 5  # k of Naeem et al. 2020, section 3.3
ROWS = 1_000  # of a table of distances that are in memory at once


class Likeness(NamedTuple):
    """A set of digits beside real ones that nothing was trained on.

    Attributes:
        read_right: share that a reader reads as labelled, 0 to 1.
        worst: the class that is read worst.
        worst_read_right: share of it that is read right.
        coverage: share of the real digits that have one of the set in their neighbourhood, 0 to 1.
        density: how many real neighbourhoods a digit of the set lies in, in units of what is expected: 1 for real ones;
            more where the set keeps to where real ones are dense.
    """

    read_right: float
    worst: str
    worst_read_right: float
    coverage: float
    density: float

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return self._asdict()


def likeness(reader: DigitNet, some: Split, real: Split) -> Likeness:
    """Compare digits with real ones.

    Args:
        reader: in eval mode, of the ten digits.
        some: the digits; as many as there are real ones, since coverage grows with their number.
        real: real digits that nothing was trained on.
    """
    confusion = confusion_matrix(logits_of(reader, some.images), some.labels).double()
    right = confusion.diagonal() / confusion.sum(1).clamp(min=1)
    coverage, density = coverage_and_density(features_of(reader, some.images), features_of(reader, real.images))
    worst = int(right.argmin())
    return Likeness(
        (confusion.diagonal().sum() / confusion.sum()).item(),
        reader.classes[worst],
        right[worst].item(),
        coverage,
        density,
    )


@torch.inference_mode()
def features_of(reader: DigitNet, images: Tensor) -> Tensor:
    """A reader's pooled features of images uint8 (N, 28, 28): (N, C)."""
    batches = images[:, None].split(BATCH)
    return torch.cat([reader.features(batch.contiguous(memory_format=torch.channels_last)) for batch in batches])


def coverage_and_density(some: Tensor, real: Tensor, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", ICML 2020, equations 3 and 4.

    Args:
        some: features (M, C) of the images that are measured.
        real: features (N, C) of real images, more than `neighbours`.
        neighbours: k; a real image's neighbourhood reaches to its k-th nearest of the others.

    Returns:
        Coverage, 0 to 1, and density, 0 or more.
    """
    covered, inside = 0, 0
    for row in real.split(ROWS):
        radii = torch.cdist(row, real).kthvalue(neighbours + 1, dim=1).values  # the nearest is the image itself
        within = torch.cdist(row, some) < radii[:, None]  # (rows, M)
        covered += int(within.any(1).sum())
        inside += int(within.sum())
    return covered / len(real), inside / (neighbours * len(some))


def nearest_distances(images: Tensor, others: Tensor) -> Tensor:
    """How far each image's nearest among the others is: the root of the mean squared difference, 0 to 1, (N,).

    Args:
        images: uint8 (N, 28, 28).
        others: uint8 (M, 28, 28).
    """
    rest = others.flatten(1).float() / 255
    nearest = [torch.cdist(some.flatten(1).float() / 255, rest).min(1).values for some in images.split(ROWS // 5)]
    return torch.cat(nearest) / math.sqrt(IMAGE_SIZE**2)
