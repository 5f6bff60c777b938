"""How far to go from the old weights to the new (WiSE-FT: Wortsman et al., CVPR 2022)."""

import torch
from torch import Tensor

from model.data import Split
from model.metrics import logits_of
from model.network import DigitNet
from model.teaching.result import accuracy_of

INTERPOLATIONS = (1.0, 0.8, 0.6, 0.4, 0.2)
TOLERANCE = 0.004  # share of the old digits to choose by that may be lost on the way to the new weights


def interpolate(
    old: DigitNet, new: DigitNet, chosen: Split, before: float, share: float | None
) -> tuple[float, Tensor]:
    """Go from the old weights towards the new, as far as old digits are still read as well as before.

    If no share is good enough, the best one is taken: a new class may be mistaken most where it is least taught.

    Args:
        old: the original network.
        new: the taught one, in eval mode; its weights are set to the ones found.
        chosen: old digits to choose by; none of them was trained on.
        before: accuracy of the original network on them, 0 to 1.
        share: how far to go, 0 to 1; None searches.

    Returns:
        The share, and the logits for those digits with it (H, classes).
    """
    learned = [parameter.detach().clone() for parameter in new.parameters()]
    if share is not None:
        return share, _go(old, new, learned, share, chosen)
    kept: dict[float, float] = {}
    for each in INTERPOLATIONS:
        logits = _go(old, new, learned, each, chosen)
        kept[each] = accuracy_of(logits, chosen.labels)
        if kept[each] >= before - TOLERANCE:
            return each, logits
    best = max(kept, key=kept.__getitem__)
    return best, _go(old, new, learned, best, chosen)


@torch.no_grad()
def _go(old: DigitNet, new: DigitNet, learned: list[Tensor], share: float, chosen: Split) -> Tensor:
    """Set the weights that share of the way from the old to the learned ones; returns the logits with it."""
    for parameter, near, far in zip(new.parameters(), old.parameters(), learned, strict=True):
        parameter.copy_(torch.lerp(near, far, share))
    return logits_of(new, chosen.images)
