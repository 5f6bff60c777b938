"""Which rows and columns a cell reads through windows in a row, and where dilations leave gaps between them.

Windows are square and odd, so that a cell reads the same rows as columns, and the identity of a residual adds nothing
to what the middle tap reads: one axis tells all. Wang et al., "Understanding Convolution for Semantic Segmentation"
(2018), call the gaps gridding.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from model.network import IMAGE_SIZE, NetworkConfig


class Window(NamedTuple):
    """One axis of a convolution with "same" padding.

    Attributes:
        kernel: taps, odd.
        stride: distance of neighbouring outputs.
        dilation: distance of neighbouring taps.
    """

    kernel: int
    stride: int
    dilation: int

    @property
    def reach(self) -> int:
        """Cells from the first tap to the last, d (k - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1


def windows_of(config: NetworkConfig) -> list[Window]:
    """The stem's window and those of the stages, first to last."""
    stages = (Window(stage.kernel, stage.stride, stage.dilation) for stage in config.stages)
    return [Window(config.stem_kernel, config.stem_stride, 1), *stages]


def map_sizes(config: NetworkConfig) -> list[int]:
    """Side of the image, of the stem's map and of every stage's."""
    sizes = [IMAGE_SIZE]
    for window in windows_of(config):
        sizes.append(-(-sizes[-1] // window.stride))
    return sizes


def columns_in_field(windows: list[Window]) -> np.ndarray:
    """Which columns of its field a cell far from every border reads: bool (r,), r the size of the field."""
    read = np.ones(1, bool)
    for window in reversed(windows):
        spread = np.zeros((len(read) - 1) * window.stride + window.reach, bool)
        for tap in range(0, window.reach, window.dilation):
            spread[tap : tap + (len(read) - 1) * window.stride + 1 : window.stride] |= read
        read = spread
    return read


def columns_of_image(config: NetworkConfig, depth: int) -> list[int]:
    """Which columns of the image the middle cell of a map reads; paths lead through no padding.

    Args:
        config: of the network.
        depth: 0 for the stem's map, 1 for that of the first stage, ...

    Returns:
        Some of 0 to 27, ascending; of the rows, it reads the same.
    """
    windows, sizes = windows_of(config)[: depth + 1], map_sizes(config)
    columns = {sizes[depth + 1] // 2}
    for window, size in zip(reversed(windows), reversed(sizes[: depth + 1]), strict=True):
        taps = range(-(window.reach // 2), window.reach // 2 + 1, window.dilation)
        reached = {column * window.stride + tap for column in columns for tap in taps}
        columns = {column for column in reached if 0 <= column < size}
    return sorted(columns)


@dataclass(frozen=True)
class Gridding:
    """Dilations that leave gaps.

    Attributes:
        dilations: of the stages, first to last.
        read: columns of the stem's map that a cell of the last stage reads.
        total: columns of its field there.
        pixels: columns of the image that it reads through the stem, and columns of its field there.
        mended: dilations that leave no gap, or None where no dilations would do.
    """

    dilations: tuple[int, ...]
    read: int
    total: int
    pixels: tuple[int, int]
    mended: tuple[int, ...] | None

    @property
    def sentence(self) -> str:
        """What is wrong, and what would be better."""
        which = "Dilations" if len(self.dilations) > 1 else "Dilation"
        verb = "read" if len(self.dilations) > 1 else "reads"
        said = f"{which} {_list(self.dilations)} {verb} only {self.read} of the {self.total} columns in their field"
        if self.mended is None:
            said += "; strides this large need larger kernels."
        elif self.dilations[0] > 1:
            said += "; begin with 1" + (f", for example {_list(self.mended)}." if len(self.mended) > 1 else ".")
        else:
            said += f"; {_list(self.mended)} would read all of theirs."
        read, total = self.pixels
        if read < total:
            return f"{said} On the image, too, only {read} of {total} columns are read."
        return f"{said} On the image the stem's kernel, which is wide, closes the gaps."


def gridding_of(config: NetworkConfig) -> Gridding | None:
    """What is wrong with the dilations of a design; None where a cell of the last stage misses nothing in its field."""
    windows = windows_of(config)
    read, pixels = columns_in_field(windows[1:]), columns_in_field(windows)
    if read.all():
        return None
    better = _mended(windows[1:])
    mended = tuple(window.dilation for window in better) if columns_in_field(better).all() else None
    dilations = tuple(stage.dilation for stage in config.stages)
    return Gridding(dilations, int(read.sum()), len(read), (int(pixels.sum()), len(pixels)), mended)


def _mended(windows: list[Window]) -> list[Window]:
    """Each dilation as it is, but no more than what the windows before it read without a gap."""
    better, width, jump = [], 1, 1  # columns that a cell reads so far, and how far apart neighbouring cells look
    for window in windows:
        dilation = max(1, min(window.dilation, width // jump)) if window.kernel > 1 else window.dilation
        better.append(window._replace(dilation=dilation))
        width += dilation * (window.kernel - 1) * jump
        jump *= window.stride
    return better


def idle_stages(config: NetworkConfig) -> list[int]:
    """Stages whose taps beside the middle one always lie in the padding: dilation spans the whole map they read."""
    sizes = map_sizes(config)[1:]
    return [
        index
        for index, (stage, (size, _)) in enumerate(zip(config.stages, pairwise(sizes), strict=True))
        if stage.kernel > 1 and stage.dilation >= size
    ]


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
