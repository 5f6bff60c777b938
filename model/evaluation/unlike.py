"""How often a network calls drawings unlike anything it has learned: digits (an error) and everything else."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.drawing.hands import Drawing, written
from model.drawing.outliers import KINDS, MEASURED, UNSEEN, letters, outliers
from model.drawing.strokes import rasterize
from model.evaluation.pen_strokes import PenStrokes
from model.familiarity import is_familiar
from model.metrics import logits_of
from model.network import DigitNet

SEED = 3  # 1 is for training, 2 for choosing and calibrating
EACH = 1_000  # drawings per kind


def unlike_rates(
    net: DigitNet,
    corpus: str | Path | None = None,
    pen_strokes: PenStrokes | None = None,
    mnist: Tensor | None = None,
    each: int = EACH,
) -> dict[str, float]:
    """The share of each kind of drawing, 0 to 1, that is called unlike.

    Args:
        net: in eval mode.
        corpus: as for `model.drawing.outliers.letters`; adds the alphabets that are never trained on.
        pen_strokes: adds people's digits.
        mnist: uint8 (N, 28, 28): adds these digits.
        each: drawings per kind.

    Returns:
        Digits first (`digits: hands`, `digits: pen strokes`, `digits: MNIST`), where less is better; then each kind of
        outlier, where more is better. Names of kinds that are never trained on end in "*".

    Raises:
        CorpusError: the corpus is missing or holds no drawings.
    """
    images = {"digits: hands": _rendered(one.drawing for one in written(each, SEED))}
    if pen_strokes is not None:
        images["digits: pen strokes"] = pen_strokes.images
    if mnist is not None:
        images["digits: MNIST"] = mnist
    for number, kind in enumerate(KINDS):
        drawn = outliers(each, SEED + number, (kind,))
        images[f"{kind} *" if kind in UNSEEN else kind] = _rendered(one.drawing for one in drawn)
    if corpus is not None:
        for alphabet in MEASURED:
            drawn = letters(corpus, only=(alphabet,), without=())
            images[f"{alphabet} letters *"] = _rendered(one.drawing for one in drawn)
    return {name: _share_unlike(net, some) for name, some in images.items()}


def _rendered(drawings: Iterable[Drawing]) -> Tensor:
    return torch.from_numpy(np.stack([rasterize(drawing) for drawing in drawings]))


def _share_unlike(net: DigitNet, images: Tensor) -> float:
    return 1 - is_familiar(net, logits_of(net, images)).double().mean().item()


def unlike_report(rates: dict[str, float]) -> str:
    """`unlike_rates` as text."""
    lines = [f"{'called unlike what it learned':<34}{'':>9}"]
    lines += [f"{name:<34}{100 * rate:7.2f} %" for name, rate in rates.items()]
    return "\n".join([*lines, "* a kind that is never trained on"])
