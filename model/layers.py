"""The layers of a DigitNet as the chains that the algebra of receptive fields speaks of, and its answers by layer name.

Names are those of `net.named_modules()`. What `stages.0.pointwise` reads is what it reads before the residual is added;
the sum of both ways is named `stages.0`. Norms work cell by cell and see what the layer before them sees.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from model.fields.receptive_field import (
    Cell,
    Chain,
    Conv,
    GlobalPool,
    Parallel,
    ReceptiveField,
    count_paths,
    open_lattice,
    receptive_field_of,
)
from model.network import IMAGE_SIZE, DigitNet, NetworkConfig

IMAGE = (IMAGE_SIZE, IMAGE_SIZE)


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
    """What leads from the image to each layer's output, by layer name, first to last. Not to be changed."""
    chain: Chain = (_same(config.stem_kernel, config.stem_stride),)
    chains = {"stem": chain, "stem_norm": chain}
    channels = config.stem_channels
    for index, stage in enumerate(config.stages):
        name = f"stages.{index}"
        block: Chain = (_same(stage.kernel, stage.stride, stage.dilation),)
        first = "depthwise" if config.separable else "conv"
        chains[f"{name}.{first}"] = chains[f"{name}.{first}_norm"] = chain + block
        if config.separable:
            block += (_same(1),)
            chains[f"{name}.pointwise"] = chains[f"{name}.pointwise_norm"] = chain + block
        residual = stage.stride == 1 and stage.channels == channels
        chain += (Parallel((block, ())),) if residual else block
        chains[name] = chain
        channels = stage.channels
    chain += (GlobalPool(),)
    chains["pool"] = chains["head"] = chain
    return chains


def layer_chain(config: NetworkConfig, layer: str) -> Chain:
    """What leads from the image to one layer's output.

    Raises:
        ValueError: there is no such layer.
    """
    chains = layer_chains(config)
    if layer not in chains:
        raise ValueError(f"There is no layer {layer!r}; expected one of {', '.join(chains)}.")
    return chains[layer]


def receptive_field(net: DigitNet, layer: str) -> ReceptiveField:
    """Size, stride, padding and centre of the fields of a layer's output cells, in pixels of the 28 x 28 image.

    Fields may be larger than the image: `region(y, x)` is cut at its borders, `region(y, x, clipped=False)` is not.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`; norms, whole stages, `pool` and `head` included.

    Raises:
        ValueError: there is no such layer.
    """
    return _field(net.config, layer)


@lru_cache(maxsize=1024)
def _field(config: NetworkConfig, layer: str) -> ReceptiveField:
    return receptive_field_of(layer_chain(config, layer), IMAGE)


def tap_lattice(net: DigitNet, layer: str, cell: Cell) -> np.ndarray:
    """Over how many distinct paths a cell reads each pixel, borders and residual paths included.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map.

    Returns:
        (28, 28) exact counts: int64, or Python integers (dtype object) where they might not fit.

    Raises:
        ValueError: there is no such layer, or the cell lies outside its map.
    """
    return count_paths(layer_chain(net.config, layer), cell, IMAGE)


def coverage(net: DigitNet, layer: str, cell: Cell | None = None) -> Coverage:
    """How many pixels of a cell's field are read, and which are not.

    Args:
        net: any DigitNet.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map, for its field cut at the image's borders; None for a cell far from all
            borders, with its whole field.

    Raises:
        ValueError: there is no such layer, or the cell lies outside its map.
    """
    if cell is None:
        lattice = open_lattice(layer_chain(net.config, layer), IMAGE)
    else:
        lattice = tap_lattice(net, layer, cell)[receptive_field(net, layer).region(*cell).slices]
    unread = lattice == 0
    return Coverage(int(unread.size - unread.sum()), unread.size, unread)


def _same(kernel: int, stride: int = 1, dilation: int = 1) -> Conv:
    """A square window with "same" padding."""
    padding = dilation * (kernel // 2)
    return Conv((kernel, kernel), (stride, stride), (padding, padding), (dilation, dilation))
