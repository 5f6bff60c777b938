"""Herding: of many digits, a few that together are most like people's."""

import torch
from torch import Tensor

ROWS = 500  # of a table of distances that are in memory at once


def herd(some: Tensor, real: Tensor, count: int) -> Tensor:
    """Choose those whose distribution is nearest to that of real ones, one after the other.

    Each is the one that is nearest to the real ones and farthest from those chosen before it: Chen, Welling & Smola,
    "Super-Samples from Kernel Herding", UAI 2010, equation 8, without repetition, with the negative distance as the
    kernel: it has no width to be chosen, and what becomes small is the energy distance (Székely & Rizzo, 2013).

    Args:
        some: features (N, C) to choose from.
        real: features (M, C) of real digits.
        count: how many to choose, at most N.

    Returns:
        int64 (count,): rows of `some`, in the order in which they were chosen; any first ones of them are herded too.

    Raises:
        ValueError: there are fewer than `count`.
    """
    if count > len(some):
        raise ValueError(f"{count:,} of {len(some):,} digits cannot be chosen; expected at most as many as there are.")
    middle, spread = real.mean(0), real.std(0).clamp(min=1e-6)
    some, real = (some - middle) / spread, (real - middle) / spread
    far = torch.cat([torch.cdist(rows, real).mean(1) for rows in some.split(ROWS)])  # (N,)
    from_chosen = torch.zeros(len(some))
    free = torch.ones(len(some), dtype=torch.bool)
    chosen: list[int] = []
    for _ in range(count):
        gain = from_chosen / (len(chosen) + 1) - far
        best = int(gain.masked_fill(~free, -torch.inf).argmax())
        chosen.append(best)
        free[best] = False
        from_chosen += torch.cdist(some, some[best : best + 1])[:, 0]
    return torch.tensor(chosen)
