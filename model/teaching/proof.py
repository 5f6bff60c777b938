"""What held-out digits prove about a lesson, and how surely."""

import math
from typing import NamedTuple

from torch import Tensor

CONFIDENCE = 1.96  # standard deviations that 95 % of a normal distribution lie within


class Proof(NamedTuple):
    """What a lesson cost other people's digits.

    Attributes:
        source: where the digits come from.
        rehearsed: how many were rehearsed.
        chosen: how many others decided how far to go.
        held_out: how many others it was proved by.
        right: how many of those were read correctly before.
        lost: how many of these are not any more.
        least: the least share of such digits that is lost, with 95 % confidence, if people's are like these; 0 to 1.
        most: the most.
    """

    source: str
    rehearsed: int
    chosen: int
    held_out: int
    right: int
    lost: int
    least: float
    most: float


def prove(source: str, rehearsed: int, chosen: int, before: Tensor, after: Tensor, labels: Tensor) -> Proof:
    """Count what was lost.

    Args:
        source: where the digits come from.
        rehearsed: how many were rehearsed.
        chosen: how many were chosen by.
        before: logits (H, classes before) of the original network for the held-out digits.
        after: logits (H, classes) of the taught one.
        labels: int64 (H,).
    """
    right = before.argmax(1) == labels
    lost = right & (after.argmax(1) != labels)
    counts = int(lost.sum()), int(right.sum())
    return Proof(source, rehearsed, chosen, len(labels), counts[1], counts[0], *wilson(*counts))


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, "Probable Inference", 1927), also used by Newcombe (1998); 0 to 1.

    Args:
        count: how often it happened.
        total: of how many times; with none, nothing is known.
    """
    if not total:
        return 0.0, 1.0
    share, spread = count / total, CONFIDENCE**2 / total
    middle = share + spread / 2
    half = math.sqrt(spread * (share * (1 - share) + spread / 4))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
