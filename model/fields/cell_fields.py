"""Everything about where one cell looks: its box, the pixels in it that are read, and those that change it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from model.fields.effective_field import carrying_box, effective_receptive_field
from model.fields.layer_fields import IMAGE_SHAPE, layer_chain, receptive_field
from model.fields.receptive_field import Cell, ReceptiveField, Region
from model.fields.tap_lattice import count_paths
from model.layers import IMAGE, layer_named
from model.network import DigitNet, NetworkConfig

CELLS_IN_MEMORY = 4096  # lattices of 6 kB each


@dataclass(frozen=True, eq=False)
class CellFields:
    """Where one cell looks on one drawing.

    Attributes:
        theory: the theoretical receptive field of its map's cells.
        cell: (y, x) in that map.
        lattice: float64 (28, 28), over how many paths each pixel is read. Do not change it.
        effective: float32 (28, 28), how strongly each pixel changes it on this drawing.
    """

    theory: ReceptiveField
    cell: Cell
    lattice: np.ndarray
    effective: np.ndarray

    @property
    def center(self) -> tuple[float, float]:
        """Centre of the field, in pixels."""
        return self.theory.center_of(*self.cell)

    @property
    def box(self) -> Region:
        """The field, not clipped to the image."""
        return self.theory.region(*self.cell, clipped=False)

    @property
    def region(self) -> Region:
        """The part of the field that lies on the image."""
        return self.theory.region(*self.cell)

    @cached_property
    def inside(self) -> Region:
        """The box that contains 95 % of the influence; empty if no pixel changes the cell."""
        return carrying_box(self.effective, self.center)


def cell_fields(net: DigitNet, layer: str, cell: Cell, image: np.ndarray, channel: int | None = None) -> CellFields:
    """Where one cell looks.

    Args:
        net: a DigitNet in eval mode.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map.
        image: uint8 (28, 28), ink 255 on 0.
        channel: the channel of the cell; None takes the sum over all channels.

    Raises:
        ValueError: as `effective_receptive_field`.
    """
    effective = effective_receptive_field(net, layer, cell, image, channel)
    return CellFields(receptive_field(net, layer), cell, lattice_of(net.config, layer, cell), effective)


@lru_cache(CELLS_IN_MEMORY)
def lattice_of(config: NetworkConfig, layer: str, cell: Cell) -> np.ndarray:
    """As `tap_lattice`, float64; cached by the network's shape, which is all that it depends on."""
    return count_paths(layer_chain(config, layer), cell, IMAGE_SHAPE, exact=False)


def tap_centers(net: DigitNet, layer: str, cell: Cell) -> list[tuple[float, float]]:
    """Centres, in image pixels, of what each tap of a kernel reads: (y, x) each, in reading order.

    Args:
        net: any DigitNet.
        layer: name of a convolution of `layers_of`.
        cell: (y, x) in its map.
    """
    window = layer_named(net.config, layer)
    (source,) = window.reads
    step, start = 1, 0.0
    if source != IMAGE:
        before = receptive_field(net, layer_named(net.config, source).output)
        step, start = before.stride[0], before.center[0]
    apart = [window.dilation * (tap - window.kernel // 2) for tap in range(window.kernel)]
    y, x = (at * window.stride for at in cell)
    return [(start + step * (y + down), start + step * (x + right)) for down in apart for right in apart]
