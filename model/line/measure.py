"""What a network for lines is worth: lines read right, digits found, pixels told apart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from model.line.decoding import LineDigit, decode, iou, mask_of
from model.line.layout import Line
from model.line.network import LineNet
from model.line.strip import INK
from model.network import DIGITS

LEAST_IOU = 0.5  # at which a digit counts as found


class LineFigures(NamedTuple):
    """How lines are read; all but `lines` from 0 to 1.

    Attributes:
        lines: how many.
        right: share of lines whose number is right, all digits of it and no other.
        f1: of the digits found: the right label, and a box whose IoU with the digit's own is at least 0.5.
        iou: of the pixels of ink, by class: intersection over union over all lines, then the mean of the ten digits.
    """

    lines: int
    right: float
    f1: float
    iou: float


def line_figures(net: LineNet, lines: Sequence[Line]) -> LineFigures:
    """How a network reads lines.

    Args:
        net: in eval mode.
        lines: with the digits in them.
    """
    right = found = claimed = there = 0
    shared, either = np.zeros(len(DIGITS)), np.zeros(len(DIGITS))
    for line in lines:
        digits, mask = answers(net, line.strip)
        digits = [digit for digit in digits if digit.is_digit]
        real = line.labels < len(DIGITS)
        labels, boxes = line.labels[real], line.boxes[real]
        right += "".join(digit.label for digit in digits) == "".join(DIGITS[label] for label in labels)
        found += matched(digits, labels, boxes)
        claimed, there = claimed + len(digits), there + len(labels)
        ink = (line.strip >= INK) & (line.owners >= 0)
        for label in range(len(DIGITS)):
            said, true = mask[ink] == label, line.owners[ink] == label
            shared[label] += (said & true).sum()
            either[label] += (said | true).sum()
    seen = either > 0
    return LineFigures(
        len(lines),
        right / max(len(lines), 1),
        2 * found / max(claimed + there, 1),
        float((shared[seen] / either[seen]).mean()) if seen.any() else 0.0,
    )


def answers(net: LineNet, strip: np.ndarray) -> tuple[list[LineDigit], np.ndarray]:
    """Digits and mask of a strip, wherever its digits stand."""
    with torch.inference_mode():
        output = net(torch.from_numpy(strip)[None, None])
    return decode(output, net.stride, float(net.temperature), strip.shape[1]), mask_of(output, strip)


def matched(digits: Sequence[LineDigit], labels: np.ndarray, boxes: np.ndarray) -> int:
    """How many digits are found, each by one answer at most: the surest answers choose first."""
    free = list(range(len(labels)))
    count = 0
    for digit in sorted(digits, key=lambda digit: -digit.probability):
        overlaps = {index: iou(digit.box, tuple(boxes[index].tolist())) for index in free}
        fits = {i: v for i, v in overlaps.items() if v >= LEAST_IOU and DIGITS[labels[i]] == digit.label}
        if fits:
            free.remove(max(fits, key=fits.__getitem__))
            count += 1
    return count
