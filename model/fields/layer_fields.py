"""Receptive fields and tap lattices of a DigitNet, by layer name: `model.layers` in the terms of the algebra.

Names are those of `net.named_modules()`. The field of `stages.0.pointwise` is that before the residual is added; the
sum of both paths is named `stages.0`. Norms work cell by cell and see what the layer before them sees.
"""

from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from model.drawing.strokes import IMAGE_SIZE
from model.fields.receptive_field import Cell, Chain, Conv, GlobalPool, Parallel, ReceptiveField, receptive_field_of
from model.fields.tap_lattice import count_paths, open_lattice
from model.layers import IMAGE, Layer, layers_of, milestones
from model.network import DigitNet, NetworkConfig

IMAGE_SHAPE = (IMAGE_SIZE, IMAGE_SIZE)

# A chain whose links are identified by the layers they belong to, so that it is known where branches part.
Links = tuple[tuple[str, Conv | GlobalPool | Parallel], ...]


class FieldError(ValueError):
    """A field is too large to be searched. The message is one sentence for people."""


class Coverage(NamedTuple):
    """How much of a receptive field is read at all.

    Attributes:
        read: pixels that at least one path leads to.
        total: pixels of the field.
        unread: bool over the field's box, (h, w): pixels that no path leads to, the holes of gridding.
    """

    read: int
    total: int
    unread: np.ndarray


@lru_cache(maxsize=128)
def layer_chains(config: NetworkConfig) -> dict[str, Chain]:
    """The chain from the image to each layer's output, by layer name, first to last. Do not change it."""
    maps: dict[str, Links] = {IMAGE: ()}
    chains: dict[str, Chain] = {}
    for layer in layers_of(config):
        links = _joined(layer.name, [maps[name] for name in layer.reads]) + _link(layer)
        chains[layer.name] = _chain(links)
        if layer.norm_name:
            chains[layer.norm_name] = _chain(links)
        if layer.residual:
            links = _joined(layer.output, [links, maps[layer.residual]])
        chains[layer.output] = _chain(links)
        maps[layer.name] = links
    return chains


def _link(layer: Layer) -> Links:
    if layer.is_convolution:
        padding = layer.dilation * (layer.kernel // 2)
        size, step, pad, apart = ((n, n) for n in (layer.kernel, layer.stride, padding, layer.dilation))
        return ((layer.name, Conv(size, step, pad, apart)),)
    return ((layer.name, GlobalPool()),) if layer.kind == "pool" else ()


def _joined(name: str, branches: list[Links]) -> Links:
    """What several paths have in common, then the rest of each path, side by side."""
    first, *others = branches
    if not others:
        return first
    common = len(list(takewhile(lambda links: len(set(links)) == 1, zip(*branches, strict=False))))
    return (*first[:common], (name, Parallel(tuple(_chain(branch[common:]) for branch in branches))))


def _chain(links: Links) -> Chain:
    return tuple(link for _, link in links)


def layer_chain(config: NetworkConfig, layer: str) -> Chain:
    """The chain from the image to one layer's output.

    Raises:
        ValueError: there is no such layer.
    """
    chains = layer_chains(config)
    if layer not in chains:
        raise ValueError(f"There is no layer {layer!r}; expected one of {', '.join(chains)}.")
    return chains[layer]


def receptive_field(net: DigitNet, layer: str) -> ReceptiveField:
    """Size, stride, padding and centre of the fields of a layer's output cells, in pixels of the 28 x 28 image.

    Fields may be larger than the image: `region(y, x)` is clipped to it, `region(y, x, clipped=False)` is not.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`; norms, whole stages, `pool` and `head` included.

    Raises:
        ValueError: there is no such layer.
    """
    return receptive_field_in(net.config, layer)


@lru_cache(maxsize=1024)
def receptive_field_in(config: NetworkConfig, layer: str) -> ReceptiveField:
    """As `receptive_field`, without building the network."""
    return receptive_field_of(layer_chain(config, layer), IMAGE_SHAPE)


def last_field(config: NetworkConfig) -> int:
    """Height and width of what a cell of the last stage sees, in pixels of the image or of the strip."""
    return receptive_field_in(config, milestones(config)[-1].output).size[0]


def tap_lattice(net: DigitNet, layer: str, cell: Cell) -> np.ndarray:
    """Over how many distinct paths a cell reads each pixel, borders and residual paths included.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map.

    Returns:
        (28, 28) exact counts: int64, or Python integers (dtype object) if they might not fit.

    Raises:
        ValueError: there is no such layer, or the cell lies outside its map.
    """
    return count_paths(layer_chain(net.config, layer), cell, IMAGE_SHAPE)


def coverage(net: DigitNet, layer: str, cell: Cell | None = None) -> Coverage:
    """How many pixels of a cell's field are read, and which are not.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map, for its field clipped to the image; None for a cell far from all
            borders, with its whole field.

    Raises:
        ValueError: there is no such layer, or the cell lies outside its map.
    """
    field = receptive_field(net, layer)
    if cell is None:
        lattice = open_lattice(layer_chain(net.config, layer), IMAGE_SHAPE, counted=False)
    else:
        paths = count_paths(layer_chain(net.config, layer), cell, IMAGE_SHAPE, exact=False)
        lattice = paths[field.region(*cell).slices]
    unread = lattice == 0
    return Coverage(int(unread.size - unread.sum()), unread.size, unread)
