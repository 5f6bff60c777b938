"""Separable convolution by hand: a small input and kernel, with every product of every cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from model.checks import check_whole
from model.cost.separable import depthwise_conv2d, depthwise_separable_conv2d

Numbers = Sequence[Sequence[float]]

IN_READING_ORDER = ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), (0.7, 0.8, 0.9))  # both the input and the kernel of the example
POINTWISE = (2.0, -0.5)  # one weight for each of two output channels
SIDE = 3
LARGEST = 1000.0


class Product(NamedTuple):
    """What one tap adds to a cell.

    Attributes:
        row: row of the input cell under the tap; outside 0..2 it lies in the padding.
        column: its column, likewise.
        read: the number there; None in the padding, which counts as 0.
        weight: the tap's weight.
        product: the product of both.
    """

    row: int
    column: int
    read: float | None
    weight: float
    product: float


class WorkedCell(NamedTuple):
    """One cell of the output.

    Attributes:
        products: one for each tap, in reading order.
        depthwise: their sum.
        pointwise: that sum times the pointwise weight of each output channel.
    """

    products: list[Product]
    depthwise: float
    pointwise: list[float]


@dataclass(frozen=True)
class WorkedExample:
    """A depthwise and a pointwise convolution of one channel, number by number.

    Attributes:
        source: the 3 x 3 input.
        kernel: the 3 x 3 depthwise kernel.
        pointwise: a weight for each output channel.
        padding: "valid" or "same".
        dilation: from 1 to 3.

    Raises:
        ValueError: a number is invalid or too large, or a shape is wrong.
    """

    source: Numbers = IN_READING_ORDER
    kernel: Numbers = IN_READING_ORDER
    pointwise: Sequence[float] = POINTWISE
    padding: str = "valid"
    dilation: int = 1

    def __post_init__(self) -> None:
        _check_numbers("The input", self.source)
        _check_numbers("The kernel", self.kernel)
        _check_row("The pointwise weights", self.pointwise, len(POINTWISE))
        if self.padding not in ("valid", "same"):
            raise ValueError('padding has to be "valid" or "same" in the example.')
        check_whole("dilation", self.dilation, 1, SIDE)

    def cells(self) -> list[list[WorkedCell]]:
        """The cells of the output, in rows. Sums are those of `depthwise_separable_conv2d`.

        Raises:
            ValueError: padding is "valid" and the dilated kernel does not fit into the input.
        """
        x, kernel = (torch.tensor(numbers, dtype=torch.float64)[None, None] for numbers in (self.source, self.kernel))
        mixing = torch.tensor(self.pointwise, dtype=torch.float64).view(-1, 1, 1, 1)  # (C_out, 1, 1, 1)
        padding, dilation = self.padding, self.dilation
        depthwise = depthwise_conv2d(x, kernel, padding=padding, dilation=dilation)[0, 0]  # (H', W')
        outputs = depthwise_separable_conv2d(x, kernel, mixing, padding=padding, dilation=dilation)[
            0
        ]  # (C_out, H', W')
        first = -self.dilation if self.padding == "same" else 0  # where the first tap of the first cell lies
        return [
            [
                WorkedCell(self._products(first + y, first + x), float(depthwise[y, x]), outputs[:, y, x].tolist())
                for x in range(depthwise.shape[1])
            ]
            for y in range(depthwise.shape[0])
        ]

    def _products(self, top: int, left: int) -> list[Product]:
        products = []
        for u, weights in enumerate(self.kernel):
            for v, weight in enumerate(weights):
                row, column = top + u * self.dilation, left + v * self.dilation
                inside = row in range(SIDE) and column in range(SIDE)
                read = self.source[row][column] if inside else None
                products.append(Product(row, column, read, weight, 0.0 if read is None else weight * read))
        return products


def _check_numbers(name: str, rows: object) -> None:
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) != SIDE:
        raise ValueError(f"{name} has to be {SIDE} rows of {SIDE} numbers.")
    for row in rows:
        _check_row(name, row, SIDE)


def _check_row(name: str, row: object, count: int) -> None:
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != count:
        raise ValueError(f"{name} has to have rows of {count} numbers.")
    for value in row:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            raise ValueError(f"{name} has an entry {value!r}; expected numbers from {-LARGEST:g} to {LARGEST:g}.")
