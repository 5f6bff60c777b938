"""What analysing a network costs, known from its configuration alone, so that it can be refused or shortened first.

Work is counted in multiply-accumulates. Each value that a layer passes on counts as some more of them: with few
channels, time goes into moving values about.
"""

from math import prod

from model.cost.complexity import complexity_of
from model.layers import layers_of
from model.network import NetworkConfig

A_VALUE = 30  # multiply-accumulates that take as long as writing, norming and rectifying one value of a map
BACKWARD = 2  # forward passes that a gradient costs

READING = 40_000_000  # one image, read while the pens of all others wait; what costs more waits in a line of its own
MEAN_FIELDS = 12_000_000_000  # the mean fields of all layers of one network
WHOLE_FIELD = 250 * 250  # pixels that are gone through one by one; with a few large strides they would be billions
EXPLANATION = 30_000_000_000  # one explanation of a reading


def work_of(config: NetworkConfig) -> int:
    """Work of one image's pass through the whole network."""
    return sum(_work_by_layer(config))


def mean_fields_work(config: NetworkConfig) -> int:
    """Work of one image for the fields of all layers: one pass forward, and from each layer all the way back."""
    work = _work_by_layer(config)
    back = sum(BACKWARD * sum(work[: depth + 1]) for depth in range(len(work)))
    return sum(work) + back


def drawings_for_mean_fields(config: NetworkConfig, at_hand: int) -> int:
    """How many drawings the mean fields of a network are averaged over: all, or as many as its size allows.

    Args:
        config: the network's configuration.
        at_hand: number of drawings, at least 1.

    Returns:
        From 1 to `at_hand`.
    """
    return max(1, min(at_hand, MEAN_FIELDS // mean_fields_work(config)))


def check_explanation(config: NetworkConfig, images: int) -> None:
    """Check that a reading of this network may be explained by reading that many images.

    Raises:
        ValueError: it would take too long.
    """
    if work_of(config) * images > EXPLANATION:
        raise ValueError(
            f"This network is too large to read {images:,} images for an explanation; "
            f"expected one that needs at most {EXPLANATION // images:,} multiply-accumulates an image."
        )


def _work_by_layer(config: NetworkConfig) -> list[int]:
    costs = complexity_of(config).layers
    return [
        costs[layer.name].multiply_accumulates + A_VALUE * layer.channels * prod(costs[layer.name].map_size)
        for layer in layers_of(config)
        if layer.name in costs
    ]
