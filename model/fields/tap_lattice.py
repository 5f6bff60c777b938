"""Which cells of the input a cell reads, and over how many paths: the lattice of taps inside a receptive field.

Two questions are answered, of the chains of `model.fields.receptive_field`:

    count_paths          over how many distinct paths the cell reads each input pixel, borders included
    open_lattice         the same far from every border, where the picture repeats itself

All pairs are (y, x).
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from model.fields.receptive_field import (
    Cell,
    Chain,
    Conv,
    GlobalPool,
    Pair,
    Parallel,
    map_size_of,
    receptive_field_of,
    window_of,
)


def count_paths(chain: Chain, cell: Cell, image_size: Pair, exact: bool = True) -> np.ndarray:
    """Over how many distinct paths a cell reads each pixel of the input.

    Paths lead from tap to tap through every map in between, round or through each parallel branch, and never through
    padding. The counts are what the chain gives with all weights one and no activation.

    Args:
        chain: layers, first to last.
        cell: (y, x) in the last map.
        image_size: height and width (H, W) of the input.
        exact: False counts in floating-point numbers, exact up to 2^53 and equally fast for any chain.

    Returns:
        (H, W) int64, or Python integers (dtype object) if a count might not fit; float64 if it need not be exact.

    Raises:
        ValueError: as `receptive_field_of`, or the cell lies outside the map.
    """
    field = receptive_field_of(chain, image_size)
    paths: np.ndarray = np.zeros(field.map_size, _exact_dtype(chain, image_size) if exact else np.float64)
    paths[field.checked(cell)] = 1
    return _back(chain, paths, image_size)


def open_lattice(chain: Chain, image_size: Pair, counted: bool = True) -> np.ndarray:
    """Over how many paths a cell far from every border reads each pixel of its field.

    Args:
        chain: layers, first to last.
        image_size: height and width of the input, which matters only to global pools.
        counted: False finds only whether there is a path.

    Returns:
        (r_y, r_x), with r the size of the field; dtype as for `count_paths`, or bool if nothing is counted. Time and
        memory grow with the field, which strides make huge: check the size of an unknown chain first.

    Raises:
        ValueError: as `receptive_field_of`.
    """
    receptive_field_of(chain, image_size)
    return _spread(chain, np.ones((1, 1), _exact_dtype(chain, image_size) if counted else bool), image_size)


def _exact_dtype(chain: Chain, image_size: Pair) -> type:
    """int64 if no sum of path counts can overflow it, else Python integers."""
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
        layer = window_of(layer, size) if isinstance(layer, GlobalPool) else layer
        readings.append((layer, size))
        size = _output_size((layer,), size)
    return readings


def _output_size(chain: Chain, size: Pair) -> Pair:
    for layer in chain:
        if isinstance(layer, Parallel):
            size = _output_size(layer.branches[0], size)
        else:
            size = map_size_of(window_of(layer, size), size)
    return size


def _back(chain: Chain, paths: np.ndarray, size: Pair) -> np.ndarray:
    """Path counts over the map a chain computes, (H', W') -> over the map it reads, (H, W)."""
    for layer, read in reversed(_readings(chain, size)):
        if isinstance(layer, Parallel):
            paths = np.sum([_back(branch, paths, read) for branch in layer.branches], axis=0)
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
    """One axis after the other: a window's taps are all pairs of its rows and columns."""
    for axis in (0, 1):
        span = (paths.shape[axis] - 1) * conv.stride[axis] + 1
        reach = conv.dilation[axis] * (conv.kernel[axis] - 1)
        size = list(paths.shape)
        size[axis] = span + reach
        spread = np.zeros(size, paths.dtype)
        along = np.moveaxis(spread, axis, 0)
        for tap in range(0, reach + 1, conv.dilation[axis]):
            along[tap : tap + span : conv.stride[axis]] += np.moveaxis(paths, axis, 0)
        paths = spread
    return paths


def _add_centred(lattices: Sequence[np.ndarray]) -> np.ndarray:
    size = np.max([lattice.shape for lattice in lattices], axis=0)
    total = np.zeros(size, lattices[0].dtype)
    for lattice in lattices:
        top, left = (size - lattice.shape) // 2
        total[top : top + lattice.shape[0], left : left + lattice.shape[1]] += lattice
    return total
