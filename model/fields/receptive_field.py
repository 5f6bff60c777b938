"""Where a cell of a convolutional network looks: exact algebra on shapes, without weights and without a network.

A network is described as a chain of windows (`Conv`), global pools and parallel branches. `receptive_field_of` says
which box of the input can reach a cell: size, stride, padding, centre. Which pixels of it are read is told by
`model.fields.tap_lattice`.

The recursions are those of Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill
2019), with the effective kernel d (k - 1) + 1 of a dilated window. All pairs are (y, x).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from operator import index
from typing import Any, NamedTuple

Pair = tuple[int, int]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Conv:
    """A window that slides over a map: a convolution of any kind, or a pooling layer.

    Attributes:
        kernel: taps of the window.
        stride: distance of neighbouring windows, in cells of the map it reads.
        padding: cells added before the first and after the last one.
        dilation: distance of neighbouring taps, in cells of the map it reads.

    Raises:
        ValueError: an entry is not a whole number in its range.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    def __post_init__(self) -> None:
        for name, lowest in (("kernel", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            pair = getattr(self, name)
            if len(pair) != 2 or not all(_is_whole(value) and value >= lowest for value in pair):
                raise ValueError(f"{name} is {pair!r}; expected two whole numbers (y, x) of at least {lowest}.")


@dataclass(frozen=True)
class GlobalPool:
    """One window as large as the map it reads."""


@dataclass(frozen=True)
class Parallel:
    """Branches that read the same map and are added or concatenated; an empty branch is the identity.

    A residual block is `Parallel((block, ()))`.

    Raises:
        ValueError: fewer than two branches.
    """

    branches: tuple["Chain", ...]

    def __post_init__(self) -> None:
        if len(self.branches) < 2:
            raise ValueError(f"Parallel has {len(self.branches)} branches; expected two or more.")


Layer = Conv | GlobalPool | Parallel
Chain = tuple[Layer, ...]


class Region(NamedTuple):
    """A box of the input: `[start, stop)` along y and along x."""

    y: Pair
    x: Pair

    @property
    def size(self) -> Pair:
        """Height and width, in pixels."""
        return self.y[1] - self.y[0], self.x[1] - self.x[0]

    @property
    def area(self) -> int:
        """Pixels in the box."""
        return prod(self.size)

    @property
    def slices(self) -> tuple[slice, slice]:
        """What cuts a clipped region out of an image (..., H, W)."""
        return slice(*self.y), slice(*self.x)

    @property
    def corners(self) -> list[int]:
        """Top, left, bottom, right; the last two lie outside."""
        return [self.y[0], self.x[0], self.y[1], self.x[1]]


@dataclass(frozen=True)
class ReceptiveField:
    """What the cells of one map see of the input. Every attribute is a pair (y, x), lengths are input pixels.

    Attributes:
        size: height and width of the field.
        stride: distance of the fields of neighbouring cells.
        padding: how far the field of cell (0, 0) begins before the first pixel; negative where it begins after it.
        map_size: cells of the map.
        image_size: pixels of the input.
    """

    size: Pair
    stride: Pair
    padding: Pair
    map_size: Pair
    image_size: Pair

    @property
    def center(self) -> tuple[float, float]:
        """Centre of the field of cell (0, 0), in pixels; half-integer where the size is even."""
        return self.center_of(0, 0)

    def center_of(self, y: int, x: int) -> tuple[float, float]:
        """Centre of the field of cell (y, x), in pixels.

        Raises:
            ValueError: the cell lies outside the map.
        """
        cell = self.checked((y, x))
        return each_axis(lambda u, r, s, p: u * s - p + (r - 1) / 2, cell, self.size, self.stride, self.padding)

    def region(self, y: int, x: int, clipped: bool = True) -> Region:
        """The box that cell (y, x) sees.

        Args:
            y: row of the cell.
            x: column of the cell.
            clipped: cut it at the borders of the image; what lies beyond is padding. A window that lies in the padding
                altogether leaves an empty box.

        Raises:
            ValueError: the cell lies outside the map.
        """
        first = each_axis(lambda u, s, p: u * s - p, self.checked((y, x)), self.stride, self.padding)
        spans = each_axis(lambda start, r: (start, start + r), first, self.size)
        if clipped:
            spans = each_axis(lambda span, n: tuple(min(max(end, 0), n) for end in span), spans, self.image_size)
        return Region(*spans)

    def checked(self, cell: Cell) -> Cell:
        """The cell as plain integers.

        Raises:
            ValueError: it is not a pair of whole numbers inside the map.
        """
        height, width = self.map_size
        try:
            y, x = (index(value) for value in cell)
        except TypeError as error:
            raise ValueError(f"A cell is two whole numbers (y, x), not {cell!r}.") from error
        except ValueError as error:
            raise ValueError(f"A cell is two whole numbers (y, x), not {len(cell)} of them.") from error
        if not (0 <= y < height and 0 <= x < width):
            raise ValueError(
                f"Cell ({y}, {x}) lies outside the map; expected y from 0 to {height - 1} and x from 0 to {width - 1}."
            )
        return y, x


def receptive_field_of(chain: Chain, image_size: Pair) -> ReceptiveField:
    """The field of the cells that a chain of layers computes.

    With k' = d (k - 1) + 1, a window turns size r, stride S and padding P into r + (k' - 1) S, s S and P + p S
    (Araujo et al. 2019, "Single-path networks"). Parallel branches, which have to be concentric, give the box around
    them all.

    Args:
        chain: layers, first to last.
        image_size: height and width of the input.

    Raises:
        ValueError: a window does not fit into the map it reads, or parallel branches disagree in stride or centre, so
            that no single field describes their sum.
    """
    pixel = ReceptiveField((1, 1), (1, 1), (0, 0), image_size, image_size)
    return _through(pixel, chain)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def each_axis(rule: Callable[..., Any], *pairs: Iterable[Any]) -> Any:
    """Apply a rule to the y entries and to the x entries."""
    return tuple(rule(*axis) for axis in zip(*pairs, strict=True))


def _through(field: ReceptiveField, chain: Chain) -> ReceptiveField:
    for layer in chain:
        if isinstance(layer, Parallel):
            field = _union([_through(field, branch) for branch in layer.branches])
        else:
            field = _read(field, window_of(layer, field.map_size))
    return field


def window_of(layer: Conv | GlobalPool, map_size: Pair) -> Conv:
    """The window that a layer slides over a map of that size."""
    return Conv(map_size) if isinstance(layer, GlobalPool) else layer


def _read(field: ReceptiveField, conv: Conv) -> ReceptiveField:
    return ReceptiveField(
        size=each_axis(lambda r, k, d, s: r + d * (k - 1) * s, field.size, conv.kernel, conv.dilation, field.stride),
        stride=each_axis(lambda big, s: big * s, field.stride, conv.stride),
        padding=each_axis(lambda big, p, s: big + p * s, field.padding, conv.padding, field.stride),
        map_size=map_size_of(conv, field.map_size),
        image_size=field.image_size,
    )


def map_size_of(conv: Conv, size: Pair) -> Pair:
    """Cells of the map that a window gives when it slides over one of that size.

    Raises:
        ValueError: the window does not fit into it.
    """
    reach = each_axis(lambda k, d: d * (k - 1) + 1, conv.kernel, conv.dilation)
    room = each_axis(lambda n, p: n + 2 * p, size, conv.padding)
    if reach[0] > room[0] or reach[1] > room[1]:
        raise ValueError(
            f"A window of {reach[0]} x {reach[1]} cells does not fit into the padded map;"
            f" expected at most {room[0]} x {room[1]}."
        )
    return each_axis(lambda n, k, s: (n - k) // s + 1, room, reach, conv.stride)


def _union(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    for name in ("stride", "center"):  # they imply one map size
        values = {getattr(field, name) for field in fields}
        if len(values) > 1:
            raise ValueError(f"Parallel branches disagree in {name}, {sorted(values)}; expected one for all.")
    largest = each_axis(max, *(field.size for field in fields))
    stride, center = fields[0].stride, fields[0].center
    padding = each_axis(lambda r, c: int((r - 1) / 2 - c), largest, center)
    return ReceptiveField(largest, stride, padding, fields[0].map_size, fields[0].image_size)
