"""Accuracy by digit and style on drawn digits, with a seed that nothing was trained on or chosen by."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import torch

from model.drawing.hands import DIGITS, styles, write
from model.drawing.strokes import rasterize
from model.familiarity import is_familiar
from model.metrics import check_digits, logits_of
from model.network import DigitNet

SEED = 3  # 1 is for training, 2 for choosing and calibrating
EACH = 200  # drawings per style


class StyleFigures(NamedTuple):
    """How one style of a digit is read.

    Attributes:
        digit: "0" to "9".
        style: its name.
        drawings: how many were read.
        correct: how many of them as the digit.
        unlike: how many of them are called unlike a digit, whether read correctly or not.
        mistaken: the most common wrong answer and how often it was given, or None.
    """

    digit: str
    style: str
    drawings: int
    correct: int
    unlike: int
    mistaken: tuple[str, int] | None


def style_figures(net: DigitNet, each: int = EACH, seed: int = SEED) -> list[StyleFigures]:
    """How a network reads every style of every digit.

    Args:
        net: in eval mode, of the ten digits.
        each: drawings per style.
        seed: of their variation.

    Raises:
        ValueError: the network's classes are not the ten digits.
    """
    check_digits(net)
    generator = np.random.default_rng(seed)
    found = []
    for digit in DIGITS:
        for style in styles(digit):
            drawings = (write(digit, style, generator) for _ in range(each))
            logits = logits_of(net, torch.from_numpy(np.stack([rasterize(drawing) for drawing in drawings])))
            answers = Counter(net.classes[index] for index in logits.argmax(1).tolist())
            correct = answers.pop(digit, 0)
            unlike = int((~is_familiar(net, logits)).sum())
            found.append(StyleFigures(digit, style, each, correct, unlike, next(iter(answers.most_common(1)), None)))
    return found


def hands_figures(found: list[StyleFigures]) -> dict[str, Any]:
    """`style_figures` as plain values for a checkpoint: `drawings`, `accuracy`, `unlike` (0..1) and `by_style`."""
    drawings = sum(one.drawings for one in found)
    return {
        "drawings": drawings,
        "accuracy": sum(one.correct for one in found) / drawings,
        "unlike": sum(one.unlike for one in found) / drawings,
        "by_style": {f"{one.digit} {one.style}": one.correct / one.drawings for one in found},
    }


def hands_report(found: list[StyleFigures]) -> str:
    """`style_figures` as text, one line per style."""
    lines = [f"{'digit':<7}{'style':<32}{'read right':>11}{'unlike':>10}   commonest mistake"]
    for one in found:
        mistake = f"{one.mistaken[0]} ({one.mistaken[1]} of {one.drawings})" if one.mistaken else "-"
        right, unlike = 100 * one.correct / one.drawings, 100 * one.unlike / one.drawings
        lines.append(f"{one.digit:<7}{one.style:<32}{right:9.1f} %{unlike:8.1f} %   {mistake}")
    for digit in DIGITS:
        of_digit = [one for one in found if one.digit == digit]
        right = 100 * sum(one.correct for one in of_digit) / max(sum(one.drawings for one in of_digit), 1)
        lines.append(f"{digit:<7}{'all styles':<32}{right:9.2f} %")
    values = hands_figures(found)
    lines.append(
        f"{'all':<39}{100 * values['accuracy']:9.2f} %{100 * values['unlike']:8.2f} %   "
        f"{values['drawings']:,} drawings of a seed that was not trained on"
    )
    return "\n".join(lines)
