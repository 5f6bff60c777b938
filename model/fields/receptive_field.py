"""Where a cell of a convolutional network looks: exact algebra on shapes, without weights and without a network.

A network is described as a chain of windows (`Conv`), global pools and parallel branches. Three questions are answered:

    receptive_field_of   which box of the input can reach a cell: size, stride, padding, centre
    count_paths          over how many distinct paths the cell reads each input pixel, borders included
    open_lattice         the same far from every border, where the picture repeats itself

The recursions are those of Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill
2019), with the effective kernel d (k - 1) + 1 of a dilated window. All pairs are (y, x).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from operator import index
from typing import Any, NamedTuple

import numpy as np

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
        ValueError: an entry is no whole number of its range.
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
        return _each(lambda u, r, s, p: u * s - p + (r - 1) / 2, cell, self.size, self.stride, self.padding)

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
        first = _each(lambda u, s, p: u * s - p, self.checked((y, x)), self.stride, self.padding)
        spans = _each(lambda start, r: (start, start + r), first, self.size)
        if clipped:
            spans = _each(lambda span, n: tuple(min(max(end, 0), n) for end in span), spans, self.image_size)
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


def count_paths(chain: Chain, cell: Cell, image_size: Pair) -> np.ndarray:
    """Over how many distinct paths a cell reads each pixel of the input.

    Paths lead from tap to tap through every map in between, round or through each parallel branch, and never through
    padding. The counts are what the chain gives with all weights one and no activation.

    Args:
        chain: layers, first to last.
        cell: (y, x) in the last map.
        image_size: height and width (H, W) of the input.

    Returns:
        (H, W) int64; Python integers (dtype object) where a count might not fit.

    Raises:
        ValueError: as `receptive_field_of`, or the cell lies outside the map.
    """
    field = receptive_field_of(chain, image_size)
    paths = np.zeros(field.map_size, _exact_dtype(chain, image_size))
    paths[field.checked(cell)] = 1
    return _back(chain, paths, image_size)


def open_lattice(chain: Chain, image_size: Pair) -> np.ndarray:
    """Over how many paths a cell far from every border reads each pixel of its field.

    Args:
        chain: layers, first to last.
        image_size: height and width of the input; it matters to global pools alone.

    Returns:
        (r_y, r_x), r the size of the field; dtype as of `count_paths`.

    Raises:
        ValueError: as `receptive_field_of`.
    """
    receptive_field_of(chain, image_size)
    return _spread(chain, np.ones((1, 1), _exact_dtype(chain, image_size)), image_size)


def hybrid_dilation_gap(dilations: Sequence[int]) -> int:
    """M_2 of Wang et al. 2018 ("Understanding Convolution for Semantic Segmentation", section 3.2).

    M_n = r_n and M_i = max(M_{i+1} - 2 r_i, 2 r_i - M_{i+1}, r_i) for the dilations r_1 ... r_n of windows of one
    kernel size that follow each other at stride 1: the largest distance of two taps that the first layer has to bridge.

    Raises:
        ValueError: fewer than two dilations, for which M_2 does not exist, or one below 1.
    """
    if len(dilations) < 2 or min(dilations) < 1:
        raise ValueError(f"The condition speaks of two or more dilations of at least 1, not of {tuple(dilations)}.")
    *earlier, gap = dilations[1:]
    for rate in reversed(earlier):
        gap = max(gap - 2 * rate, 2 * rate - gap, rate)
    return gap


def meets_hybrid_dilation(dilations: Sequence[int], kernel: int) -> bool:
    """Whether M_2 <= K, the design rule of Wang et al. 2018 against gridding.

    The rule presumes that the first dilation is 1 and that K is at least 3. (2, 2, 2) keeps it at K = 3 and yet leaves
    three pixels of four unread, as the paper's own advice against a common factor says; `open_lattice` decides every
    case.

    Raises:
        ValueError: as `hybrid_dilation_gap`.
    """
    return hybrid_dilation_gap(dilations) <= kernel


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _each(rule: Callable[..., Any], *pairs: Iterable[Any]) -> Any:
    """Apply a rule to the y entries and to the x entries."""
    return tuple(rule(*axis) for axis in zip(*pairs, strict=True))


def _through(field: ReceptiveField, chain: Chain) -> ReceptiveField:
    for layer in chain:
        if isinstance(layer, Parallel):
            field = _union([_through(field, branch) for branch in layer.branches])
        else:
            field = _read(field, _window(layer, field.map_size))
    return field


def _window(layer: Conv | GlobalPool, map_size: Pair) -> Conv:
    return Conv(map_size) if isinstance(layer, GlobalPool) else layer


def _read(field: ReceptiveField, conv: Conv) -> ReceptiveField:
    return ReceptiveField(
        size=_each(lambda r, k, d, s: r + d * (k - 1) * s, field.size, conv.kernel, conv.dilation, field.stride),
        stride=_each(lambda big, s: big * s, field.stride, conv.stride),
        padding=_each(lambda big, p, s: big + p * s, field.padding, conv.padding, field.stride),
        map_size=_map_size(conv, field.map_size),
        image_size=field.image_size,
    )


def _map_size(conv: Conv, size: Pair) -> Pair:
    reach = _each(lambda k, d: d * (k - 1) + 1, conv.kernel, conv.dilation)
    room = _each(lambda n, p: n + 2 * p, size, conv.padding)
    if reach[0] > room[0] or reach[1] > room[1]:
        raise ValueError(
            f"A window of {reach[0]} x {reach[1]} cells does not fit into the padded map;"
            f" expected at most {room[0]} x {room[1]}."
        )
    return _each(lambda n, k, s: (n - k) // s + 1, room, reach, conv.stride)


def _union(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    for name in ("stride", "center"):  # they imply one map size
        values = {getattr(field, name) for field in fields}
        if len(values) > 1:
            raise ValueError(f"Parallel branches disagree in {name}, {sorted(values)}; expected one for all.")
    largest = _each(max, *(field.size for field in fields))
    stride, center = fields[0].stride, fields[0].center
    padding = _each(lambda r, c: int((r - 1) / 2 - c), largest, center)
    return ReceptiveField(largest, stride, padding, fields[0].map_size, fields[0].image_size)


def _exact_dtype(chain: Chain, image_size: Pair) -> type:
    """int64 while no sum of path counts can leave it, else Python integers."""
    return np.int64 if _most_paths(chain, image_size) < 2**63 else object


def _most_paths(chain: Chain, size: Pair) -> int:
    """All paths that end in one cell: an upper bound of every count."""
    return prod(
        sum(_most_paths(branch, read) for branch in layer.branches)
        if isinstance(layer, Parallel)
        else prod(layer.kernel)
        for layer, read in _readings(chain, size)
    )


def _readings(chain: Chain, size: Pair) -> list[tuple[Conv | Parallel, Pair]]:
    """The layers of a chain, global pools as the windows they are, each with the size of the map it reads."""
    readings = []
    for layer in chain:
        layer = _window(layer, size) if isinstance(layer, GlobalPool) else layer
        readings.append((layer, size))
        size = _output_size((layer,), size)
    return readings


def _output_size(chain: Chain, size: Pair) -> Pair:
    for layer in chain:
        if isinstance(layer, Parallel):
            size = _output_size(layer.branches[0], size)
        else:
            size = _map_size(_window(layer, size), size)
    return size


def _back(chain: Chain, paths: np.ndarray, size: Pair) -> np.ndarray:
    """Path counts over the map a chain computes, (H', W') -> over the map it reads, (H, W)."""
    for layer, read in reversed(_readings(chain, size)):
        if isinstance(layer, Parallel):
            paths = sum(_back(branch, paths, read) for branch in layer.branches)
        else:
            rows, columns = (_taps(layer, axis, read, paths.shape[axis]).astype(paths.dtype) for axis in (0, 1))
            paths = rows.T @ paths @ columns
    return paths


def _taps(conv: Conv, axis: int, size: Pair, windows: int) -> np.ndarray:
    """Along one axis, which cells each window has a tap on: bool (windows, cells)."""
    offset = np.arange(size[axis]) + conv.padding[axis] - conv.stride[axis] * np.arange(windows)[:, None]
    reach, dilation = conv.dilation[axis] * (conv.kernel[axis] - 1), conv.dilation[axis]
    return (offset >= 0) & (offset <= reach) & (offset % dilation == 0)


def _spread(chain: Chain, paths: np.ndarray, size: Pair) -> np.ndarray:
    """`_back` on a plane without borders: (h', w') -> (h, w), the box that the taps reach."""
    for layer, read in reversed(_readings(chain, size)):
        if isinstance(layer, Parallel):
            paths = _add_centred([_spread(branch, paths, read) for branch in layer.branches])
        else:
            paths = _spread_taps(layer, paths)
    return paths


def _spread_taps(conv: Conv, paths: np.ndarray) -> np.ndarray:
    span = _each(lambda n, s: (n - 1) * s + 1, paths.shape, conv.stride)
    reach = _each(lambda k, d: d * (k - 1), conv.kernel, conv.dilation)
    spread = np.zeros(_each(lambda a, b: a + b, span, reach), paths.dtype)
    for y in range(0, reach[0] + 1, conv.dilation[0]):
        for x in range(0, reach[1] + 1, conv.dilation[1]):
            spread[y : y + span[0] : conv.stride[0], x : x + span[1] : conv.stride[1]] += paths
    return spread


def _add_centred(lattices: Sequence[np.ndarray]) -> np.ndarray:
    size = np.max([lattice.shape for lattice in lattices], axis=0)
    total = np.zeros(size, lattices[0].dtype)
    for lattice in lattices:
        top, left = (size - lattice.shape) // 2
        total[top : top + lattice.shape[0], left : left + lattice.shape[1]] += lattice
    return total
