"""From the network's answers to digits: peaks of the centres, boxes, reading order.

- A peak is a cell that is at least as likely a centre as the eight around it, and as `LEAST_CENTRE`. Where neighbouring
  cells are exactly as likely, the leftmost counts, then the topmost.
- Peaks are taken from the likeliest on, ties again from the left. One whose box overlaps a box that was taken already
  by more than `MOST_OVERLAP` (intersection over union) is the same digit seen twice, and is dropped.
- Neighbours that are both unlike any digit, and whose boxes overlap by more than `SAME_SCRAWL` of the narrower one's
  width, are one thing: a scribble across the sheet is boxed once.
- Digits are read from left to right by the middles of their boxes, at the same place from top to bottom.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from model.drawing.strokes import IMAGE_SIZE
from model.line.network import ANSWERS, UNLIKE_NAME, LineNet, LineOutput
from model.line.strip import INK, LineError, check_strip

LEAST_CENTRE = 0.3
MOST_OVERLAP = 0.5
SAME_SCRAWL = 0.1
PAPER = -1  # in a mask: no ink, or ink of no digit

Box = tuple[float, float, float, float]


class LineDigit(NamedTuple):
    """One digit of a line, or something unlike any.

    Attributes:
        label: "0" to "9", or "unlike".
        probability: of the label, from 0 to 1.
        box: top, left, bottom, right in pixels of the strip; right and bottom are where the box ends.
        second: the second likeliest answer.
        second_probability: of that.
    """

    label: str
    probability: float
    box: Box
    second: str
    second_probability: float

    @property
    def is_digit(self) -> bool:
        """Whether it is read as a digit at all."""
        return self.label != UNLIKE_NAME


class LineReading(NamedTuple):
    """What a line says.

    Attributes:
        digits: left to right, things unlike any digit among them.
        mask: int64 (28, W), index of the digit that each pixel of ink belongs to, `PAPER` elsewhere.
    """

    digits: list[LineDigit]
    mask: np.ndarray

    @property
    def number(self) -> str:
        """The digits alone, as one writes them."""
        return "".join(digit.label for digit in self.digits if digit.is_digit)


def read(line: LineNet, strip: np.ndarray) -> LineReading:
    """Digits and mask of a strip, from one pass.

    Args:
        line: in eval mode.
        strip: uint8 (28, W), W from 28 to 560.

    Raises:
        LineError: it is not a strip, has no ink, or its digits stand above each other.
    """
    strip = check_strip(strip)
    with torch.inference_mode():
        output = line(torch.from_numpy(np.ascontiguousarray(strip))[None, None])
    digits = decode(output, line.stride, float(line.temperature), strip.shape[1])
    _check_side_by_side(digits)
    return LineReading(digits, mask_of(output, strip))


def read_line(line: LineNet, strip: np.ndarray) -> list[LineDigit]:
    """The digits of a strip, left to right; what is unlike any digit is among them, with the label "unlike".

    Args:
        line: in eval mode.
        strip: uint8 (28, W), as `rasterize_line` makes it.

    Raises:
        LineError: it is not a strip, has no ink, or its digits stand above each other.
    """
    return read(line, strip).digits


def segment_line(line: LineNet, strip: np.ndarray) -> np.ndarray:
    """Which digit each pixel belongs to.

    Args:
        line: in eval mode.
        strip: uint8 (28, W), as `rasterize_line` makes it.

    Returns:
        int64 (28, W): index of the digit's class; -1 for paper and for ink of no digit.

    Raises:
        LineError: as `read_line`.
    """
    return read(line, strip).mask


def decode(output: LineOutput, stride: int, temperature: float, width: int) -> list[LineDigit]:
    """The digits that the network sees in one strip, in reading order.

    Args:
        output: of a batch of one.
        stride: pixels a cell.
        temperature: what the digits' logits are divided by.
        width: of the strip, in pixels, which boxes end at.
    """
    likely = torch.sigmoid(output.centre[0])  # (Hc, Wc)
    highest = F.max_pool2d(likely[None, None], 3, 1, 1)[0, 0]
    ys, xs = torch.nonzero((likely == highest) & (likely >= LEAST_CENTRE), as_tuple=True)
    order = sorted(zip((-likely[ys, xs]).tolist(), xs.tolist(), ys.tolist(), strict=True))
    taken: list[tuple[Box, int, int]] = []
    for _, x, y in order:
        if any(abs(x - other_x) <= 1 and abs(y - other_y) <= 1 for _, other_x, other_y in taken):
            continue  # as likely as its neighbour, which was taken
        box = _box_at(output, y, x, stride, width)
        if all(iou(box, other) <= MOST_OVERLAP for other, _, _ in taken):
            taken.append((box, x, y))
    taken.sort(key=lambda one: (one[0][1] + one[0][3], one[0][0] + one[0][2]))
    digits: list[LineDigit] = []
    for box, x, y in taken:
        digit = _digit(output, box, y, x, temperature)
        if digits and _same_scrawl(digits[-1], digit):
            surer = max(digits[-1], digit, key=lambda one: one.probability)
            digits[-1] = surer._replace(box=_around(digits[-1].box, box))
        else:
            digits.append(digit)
    return digits


def _same_scrawl(one: LineDigit, other: LineDigit) -> bool:
    (_, left, _, right), (_, other_left, _, other_right) = one.box, other.box
    narrower = min(right - left, other_right - other_left)
    overlap = _overlap(left, right, other_left, other_right)
    return not one.is_digit and not other.is_digit and overlap > SAME_SCRAWL * narrower


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _box_at(output: LineOutput, y: int, x: int, stride: int, width: int) -> Box:
    top, left, bottom, right = output.box[0, :, y, x].tolist()
    down, across = (y + 0.5) * stride, (x + 0.5) * stride
    return (
        max(down - top, 0.0),
        max(across - left, 0.0),
        min(down + bottom, float(IMAGE_SIZE)),
        min(across + right, float(width)),
    )


def _digit(output: LineOutput, box: Box, y: int, x: int, temperature: float) -> LineDigit:
    probabilities = (output.digit[0, :, y, x] / temperature).softmax(0)
    (best, second), (first_index, second_index) = (part.tolist() for part in probabilities.topk(2))
    return LineDigit(ANSWERS[first_index], best, box, ANSWERS[second_index], second)


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    shared = _overlap(one[0], one[2], other[0], other[2]) * _overlap(one[1], one[3], other[1], other[3])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    union = sum(areas) - shared
    return shared / union if union > 0 else 0.0


def _overlap(start: float, end: float, other_start: float, other_end: float) -> float:
    return max(0.0, min(end, other_end) - max(start, other_start))


def mask_of(output: LineOutput, strip: np.ndarray) -> np.ndarray:
    """int64 (28, W): the likeliest digit of each pixel of ink, `PAPER` elsewhere and where it is unlike any digit."""
    answer = output.pixels[0].argmax(0).numpy()  # (28, W)
    return np.where((strip >= INK) & (answer < ANSWERS.index(UNLIKE_NAME)), answer, PAPER)


def _check_side_by_side(digits: list[LineDigit]) -> None:
    """Of digits in two rows nobody could say in which order they are meant."""
    boxes = [digit.box for digit in digits if digit.is_digit]
    for index, (top, left, bottom, right) in enumerate(boxes):
        for other in boxes[:index]:
            across = _overlap(left, right, other[1], other[3]) / max(min(right - left, other[3] - other[1]), 1e-6)
            apart = bottom <= other[0] + 1 or other[2] <= top + 1
            if across > 0.5 and apart:
                raise LineError(
                    "There are digits above each other; a line is read from left to right, "
                    "so one row of digits is expected."
                )
