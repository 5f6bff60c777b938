"""The check on other people's hands: every way of writing each digit, read before a lesson and after it.

Old digits of one collection say little about a way of writing that is rare in it: a lesson about 7s may lose every 1
with a flag, and still read that collection's 1s.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.drawing.hands import DIGITS, styles, write
from model.drawing.strokes import rasterize
from model.metrics import logits_of
from model.network import DigitNet

EACH = 4  # drawings of a style
SEED = 4  # 1 is trained on, 2 is chosen and calibrated by, 3 is measured on
LOST = 0.5  # share of a style's drawings whose loss is worth a word
FEW = 3  # taught classes that are named one by one


class StyleChange(NamedTuple):
    """How one style of a digit is read before a lesson and after it.

    Attributes:
        digit: "0" to "9".
        style: its name among the digit's styles.
        drawings: how many were read.
        before: how many of them the original network reads correctly.
        after: how many the taught one does.
        instead: the commonest wrong answer of the taught one, or None.
    """

    digit: str
    style: str
    drawings: int
    before: int
    after: int
    instead: str | None

    @property
    def is_lost(self) -> bool:
        """Whether so many are lost that it is worth a word."""
        return self.before - self.after >= LOST * self.drawings


@lru_cache(1)
def hands() -> tuple[tuple[tuple[str, str], ...], Tensor]:
    """Every style as (digit, style), and `EACH` drawings of it: uint8 (styles * EACH, 28, 28)."""
    generator = np.random.default_rng(SEED)
    every = tuple((digit, style) for digit in DIGITS for style in styles(digit))
    images = [rasterize(write(digit, style, generator)) for digit, style in every for _ in range(EACH)]
    return every, torch.from_numpy(np.stack(images))


def answers_to_hands(net: DigitNet) -> list[str]:
    """What a network, in eval mode, says to each of the drawings of `hands`."""
    return [net.classes[index] for index in logits_of(net, hands()[1]).argmax(1).tolist()]


def style_changes(before: Sequence[str], after: Sequence[str], classes: Sequence[str]) -> list[StyleChange]:
    """What a lesson changed, style by style; digits that are no class of the network are left out.

    Args:
        before: `answers_to_hands` of the original network.
        after: those of the taught one.
        classes: of the original network.
    """
    changes = []
    for index, (digit, style) in enumerate(hands()[0]):
        if digit not in classes:
            continue
        own = slice(index * EACH, (index + 1) * EACH)
        wrong = Counter(answer for answer in after[own] if answer != digit).most_common(1)
        kept = EACH - sum(answer != digit for answer in after[own])
        changes.append(StyleChange(digit, style, EACH, before[own].count(digit), kept, wrong[0][0] if wrong else None))
    return changes


def advice(changes: Sequence[StyleChange], taught: Sequence[str]) -> str:
    """What to draw as well, where styles of digits that were not taught are lost; empty where none is.

    Args:
        changes: of `style_changes`.
        taught: labels of the samples.
    """
    lost = sorted(
        (change for change in changes if change.is_lost and change.digit not in taught),
        key=lambda change: change.after - change.before,
    )
    if not lost:
        return ""
    worst, given = lost[0], list(dict.fromkeys(taught))
    only = f"You gave only {_listed(given)}" if len(given) <= FEW else "Your samples lack some digits"
    return (
        f"{only}; add some {_listed(list(dict.fromkeys(change.digit for change in lost)))}: of {worst.drawings} "
        f"drawings of {worst.digit}, {worst.style}, it now reads {worst.after} correctly ({worst.before} before) and "
        f"takes the others for {worst.instead}."
    )


def _listed(labels: list[str]) -> str:
    named = [f"{label}s" for label in labels]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
