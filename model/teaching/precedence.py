"""Who has precedence where a new class looks like a digit: how far the class is held back, and what each choice costs.

A lesson shows a new class more often than any digit, so that the network expects it too often (prior shift: Saerens et
al., "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002). Its threshold, the bias of its row in
the head, is set afterwards by old digits that were not trained on. Some classes cannot be told from a digit at all;
then the digits are kept, unless the visitor decides for the class.
"""

from typing import NamedTuple

import torch
from torch import Tensor

OF_EACH = 0.01  # share of the old digits of any one kind that may be taken for a new class
OF_ALL = 0.003  # share of all of them
OF_OWN = 0.02  # share of the visitor's own varied drawings of an earlier class that may be
STILL_READ = 0.9  # share of a new class's varied drawings that must still be read where the class has precedence
CLOSE_CALL = 0.01  # share of a digit that is worth asking the visitor about
HARDLY_READ = 0.05  # share of the drawings of a new class that is


class Choice(NamedTuple):
    """What it would mean to keep the digits, or the class.

    Attributes:
        read: share of varied drawings of the class, of which none was trained on, that are read as it.
        taken: share of the held-out digits of the kind that it looks like that are taken for it.
        of_all: share of all held-out digits that are.
    """

    read: float
    taken: float
    of_all: float


class Contest(NamedTuple):
    """A new class and the digit that it looks like most.

    Attributes:
        name: the class.
        like: the digit, or the empty text where there are no digits.
        digits: what it means if digits have precedence.
        drawings: what it means if the class has.
    """

    name: str
    like: str
    digits: Choice
    drawings: Choice

    @property
    def close(self) -> bool:
        """Whether the visitor should know: with some choice, the class is not read, or the digit is lost."""
        return bool(self.like) and (
            max(self.drawings.taken, self.digits.taken) > CLOSE_CALL
            or self.drawings.read > self.digits.read + HARDLY_READ
        )


class Bars(NamedTuple):
    """By how much the threshold of a class is raised if digits have precedence, and if the class has; 0 or more."""

    digits: float
    drawings: float


def bars(number: int, chosen: tuple[Tensor, Tensor], own: tuple[Tensor, Tensor], fresh: Tensor, known: int) -> Bars:
    """How far to hold a class back.

    Args:
        number: the class.
        chosen: logits (H, classes) and labels (H,) of old digits that were not trained on.
        own: the same for the visitor's samples and their variants.
        fresh: logits (F, classes) of varied drawings of the class that were not trained on.
        known: how many classes the network had before; those are what is protected.
    """
    logits, labels = chosen
    digits = labels.unique()
    if not len(digits):
        return Bars(0.0, 0.0)
    leads = _lead(logits, number, digits)
    demands = [_exceeded_by(leads, OF_ALL), *(_exceeded_by(leads[labels == digit], OF_EACH) for digit in digits)]
    shown, shown_labels = own
    for earlier in set(shown_labels[shown_labels < known].tolist()) - {number}:
        rivals = torch.tensor([earlier])
        demands.append(_exceeded_by(_lead(shown[shown_labels == earlier], number, rivals), OF_OWN))
    raised = max(0.0, *demands)
    read = _lead(fresh, number, digits).quantile(1 - STILL_READ).item() if len(fresh) else raised
    return Bars(raised, max(0.0, min(raised, read)))


def contest(
    number: int,
    names: list[str],
    choices: Bars,
    applied: float,
    held_out: tuple[Tensor, Tensor],
    fresh: Tensor,
) -> Contest:
    """What each choice means for a class.

    Args:
        number: the class.
        names: of all classes.
        choices: of `bars`.
        applied: by how much it was really held back.
        held_out: logits (H, classes), and labels (H,), of digits by which nothing was chosen.
        fresh: as for `bars`.
    """
    logits, labels = held_out

    def taken(raised: float, logits: Tensor) -> Tensor:
        moved = logits.clone()
        moved[:, number] += applied - raised
        return moved.argmax(1) == number

    kinds = labels.unique().tolist()
    lost = {kind: taken(choices.drawings, logits[labels == kind]).double().mean().item() for kind in kinds}
    # Where nothing is taken at all, the digit whose drawings come nearest to it.
    near = {kind: _lead(logits[labels == kind], number, labels.unique()).mean().item() for kind in kinds}
    like = max(kinds, key=lambda kind: (lost[kind], near[kind]), default=None)
    if like is None:
        return Contest(names[number], "", Choice(1.0, 0.0, 0.0), Choice(1.0, 0.0, 0.0))

    def choice(raised: float) -> Choice:
        away = taken(raised, logits)
        read = taken(raised, fresh).double().mean().item() if len(fresh) else 1.0
        return Choice(read, away[labels == like].double().mean().item(), away.double().mean().item())

    return Contest(names[number], names[like], choice(choices.digits), choice(choices.drawings))


def _lead(logits: Tensor, number: int, others: Tensor) -> Tensor:
    """By how much a class leads the best of the others: (N, classes) -> (N,)."""
    return logits[:, number] - logits[:, others].amax(1)


def _exceeded_by(leads: Tensor, share: float) -> float:
    """The smallest bar that no more than this share of the leads (N,) exceeds."""
    if not len(leads):
        return 0.0
    return leads.sort(descending=True).values[min(int(share * len(leads)), len(leads) - 1)].item() + 1e-4
