"""Which rows and columns a cell reads through a series of windows, and where dilations leave gaps between them.

Windows are square and odd, so that a cell reads the same rows as columns: one axis is enough. Wang et al.,
"Understanding Convolution for Semantic Segmentation" (2018), call the gaps gridding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import IMAGE_SHAPE, FieldError, layer_chain
from model.fields.tap_lattice import count_paths
from model.layers import Layer, milestones, parts_of
from model.network import NetworkConfig
from model.stages import StageConfig

MAX_COLUMNS = 20_000  # of a field that is searched for gaps; with a few large strides they would be billions


class Window(NamedTuple):
    """One axis of everything between two milestones: the stem or a stage.

    Of dilations side by side, the taps of all: a cell reads every row and column that one of them reaches, but not
    every pixel where they cross, as `pixels_of_image` says.

    Attributes:
        taps: offsets of the cells that are read from the middle one, ascending; symmetrical.
        stride: distance of neighbouring outputs.
    """

    taps: tuple[int, ...]
    stride: int

    @property
    def reach(self) -> int:
        """Cells from the first tap to the last, d (k - 1) + 1 of one convolution."""
        return self.taps[-1] - self.taps[0] + 1


def windows_of(config: NetworkConfig) -> list[Window]:
    """The stem's window and those of the stages, first to last."""
    return [_window(part) for part in parts_of(config)]


def _window(layers: list[Layer]) -> Window:
    """What the last of some layers reads of what the first ones read; a residual adds no other cells."""
    windows: dict[str, Window] = {}
    for layer in layers:
        read = [windows.get(name, Window((0,), 1)) for name in layer.reads]
        jump = read[0].stride
        own = [jump * layer.dilation * (tap - layer.kernel // 2) for tap in range(layer.kernel)]
        taps = {tap + offset for window in read for tap in window.taps for offset in own}
        windows[layer.name] = Window(tuple(sorted(taps)), jump * layer.stride)
    return windows[layers[-1].name]


def map_sizes(config: NetworkConfig) -> list[int]:
    """Side of the image, of the stem's map and of every stage's."""
    sizes = [IMAGE_SIZE]
    for window in windows_of(config):
        sizes.append(-(-sizes[-1] // window.stride))
    return sizes


def field_width(windows: list[Window]) -> int:
    """Columns in the field of a cell far from every border: r of Araujo et al. 2019."""
    width, jump = 1, 1
    for window in windows:
        width, jump = width + (window.reach - 1) * jump, jump * window.stride
    return width


def columns_in_field(windows: list[Window]) -> np.ndarray:
    """Which columns of its field a cell far from every border reads: bool (r,), with r the size of the field.

    Raises:
        FieldError: there are more than `MAX_COLUMNS`.
    """
    if field_width(windows) > MAX_COLUMNS:
        raise FieldError(f"A field of {field_width(windows):,} columns is too wide to look for gaps in it.")
    read = np.ones(1, bool)
    for window in reversed(windows):
        spread = np.zeros((len(read) - 1) * window.stride + window.reach, bool)
        for tap in (tap - window.taps[0] for tap in window.taps):
            spread[tap : tap + (len(read) - 1) * window.stride + 1 : window.stride] |= read
        read = spread
    return read


@lru_cache(maxsize=256)
def pixels_of_image(config: NetworkConfig, depth: int) -> np.ndarray:
    """Which pixels of the image the middle cell of a map reads: bool (28, 28). Do not change it.

    Args:
        config: of the network.
        depth: 0 for the stem's map, 1 for that of the first stage, ...
    """
    middle = map_sizes(config)[depth + 1] // 2
    layer = milestones(config)[depth].output
    return count_paths(layer_chain(config, layer), (middle, middle), IMAGE_SHAPE, exact=False) > 0


@dataclass(frozen=True)
class Gridding:
    """Dilations that leave gaps.

    Attributes:
        stages: first to last.
        read: columns of the stem's map that a cell of the last stage reads.
        total: columns of its field there.
        pixels: columns of the image that it reads through the stem, and columns of its field there.
        mended: the stages with dilations that leave no gap, or None if there are none.
    """

    stages: tuple[StageConfig, ...]
    read: int
    total: int
    pixels: tuple[int, int]
    mended: tuple[StageConfig, ...] | None

    @property
    def sentence(self) -> str:
        """What is wrong, and what would be better."""
        several = len(self.stages) > 1 or len(self.stages[0].dilations) > 1
        which, verb = ("Dilations", "read") if several else ("Dilation", "reads")
        sentence = f"{which} {_list(self.stages)} {verb} only {self.read} of the {self.total} columns in their field"
        if self.mended is None:
            sentence += "; strides this large need larger kernels."
        elif self.stages[0].kernel > 1 and min(self.stages[0].dilations) > 1:
            sentence += "; begin with 1" + (f", for example {_list(self.mended)}." if len(self.mended) > 1 else ".")
        else:
            sentence += f"; {_list(self.mended)} would read all of theirs."
        read, total = self.pixels
        if read < total:
            return f"{sentence} On the image, too, only {read} of {total} columns are read."
        return f"{sentence} On the image, the stem's wide kernel closes the gaps."


def gridding_of(config: NetworkConfig) -> Gridding | None:
    """What is wrong with a design's dilations; None if a cell of the last stage reads every column of its field.

    Raises:
        FieldError: as `columns_in_field`.
    """
    windows = windows_of(config)
    read, pixels = columns_in_field(windows[1:]), columns_in_field(windows)
    if read.all():
        return None
    better = replace(config, stages=_mended(config.stages))
    gapless = columns_in_field(windows_of(better)[1:]).all()
    counts = int(pixels.sum()), len(pixels)
    return Gridding(config.stages, int(read.sum()), len(read), counts, better.stages if gapless else None)


def _mended(stages: Sequence[StageConfig]) -> tuple[StageConfig, ...]:
    """Each dilation as it is, but limited to what the stages before it read without a gap."""
    better, width, jump = [], 1, 1  # columns that a cell reads so far, and how far apart neighbouring cells look
    for stage in stages:
        most = max(1, width // jump) if stage.kernel > 1 else max(stage.dilations)
        dilation, *branches = (min(each, most) for each in stage.dilations)
        better.append(replace(stage, dilation=dilation, branches=tuple(branches)))
        width += max(dilation, *branches, 1) * (stage.kernel - 1) * jump
        jump *= stage.stride
    return tuple(better)


def idle_stages(config: NetworkConfig) -> list[int]:
    """Stages of which only the middle tap ever lies on the map: their dilation spans the whole map that they read."""
    read = zip(windows_of(config)[1:], map_sizes(config)[1:-1], strict=True)
    return [
        index
        for index, (window, size) in enumerate(read)
        if len(window.taps) > 1 and min(abs(tap) for tap in window.taps if tap) >= size
    ]


def hybrid_dilation_gap(dilations: Sequence[int]) -> int:
    """M_2 of Wang et al. 2018 ("Understanding Convolution for Semantic Segmentation", section 3.2).

    M_n = r_n and M_i = max(M_{i+1} - 2 r_i, 2 r_i - M_{i+1}, r_i) for the dilations r_1 ... r_n of windows of one
    kernel size that follow each other at stride 1: the largest distance of two taps that the first layer has to bridge.

    Raises:
        ValueError: fewer than two dilations, for which M_2 does not exist, or one below 1.
    """
    if len(dilations) < 2 or min(dilations) < 1:
        raise ValueError(f"The condition needs two or more dilations of at least 1, not {tuple(dilations)}.")
    *earlier, gap = dilations[1:]
    for rate in reversed(earlier):
        gap = max(gap - 2 * rate, 2 * rate - gap, rate)
    return gap


def meets_hybrid_dilation(dilations: Sequence[int], kernel: int) -> bool:
    """Whether M_2 <= K, the design rule of Wang et al. 2018 against gridding.

    The rule assumes that the first dilation is 1 and that K is at least 3. (2, 2, 2) obeys it at K = 3 and yet leaves
    three pixels of four unread, as the paper's own advice against a common factor says; `open_lattice` decides every
    case.

    Raises:
        ValueError: as `hybrid_dilation_gap`.
    """
    return hybrid_dilation_gap(dilations) <= kernel


def _list(stages: tuple[StageConfig, ...]) -> str:
    return ", ".join(stage.written for stage in stages)
