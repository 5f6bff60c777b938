"""What looking into a network costs, known from its configuration alone, so that it can be refused or shortened before.

Work is counted in multiply-accumulates. A value that a layer hands on counts as some more of them: where channels are
few, time goes into moving values about.
"""

from math import prod

from model.cost.complexity import complexity_of
from model.layers import layers_of
from model.network import NetworkConfig

A_VALUE = 30  # multiply-accumulates in the time of which one value of a map is written, normed and rectified
BACKWARD = 2  # passes that a gradient costs

READING = 40_000_000  # one image, read while the pens of all others wait; what costs more waits in a line of its own
MEAN_FIELDS = 12_000_000_000  # the mean fields of all layers of one network
EXPLANATION = 30_000_000_000  # one explanation of a reading


def work_of(config: NetworkConfig) -> int:
    """Of one image on its way through the whole network."""
    return sum(_work_by_layer(config))


def mean_fields_work(config: NetworkConfig) -> int:
    """Of one image for the fields of all layers: one way forward, and from each layer all the way back."""
    work = _work_by_layer(config)
    back = sum(BACKWARD * sum(work[: depth + 1]) for depth in range(len(work)))
    return sum(work) + back


def drawings_for_mean_fields(config: NetworkConfig, at_hand: int) -> int:
    """Over how many drawings the mean fields of a network are taken: of all, or of as many as its size allows.

    Args:
        config: of the network.
        at_hand: how many drawings there are, at least 1.

    Returns:
        From 1 to `at_hand`.
    """
    return max(1, min(at_hand, MEAN_FIELDS // mean_fields_work(config)))


def check_explanation(config: NetworkConfig, images: int) -> None:
    """That a reading of this network may be explained by reading so many images.

    Raises:
        ValueError: it would take too long.
    """
    if work_of(config) * images > EXPLANATION:
        raise ValueError(
            f"This network is too large to be read {images:,} times over, as an explanation has to; "
            f"expected one that spends at most {EXPLANATION // images:,} multiply-accumulates on an image."
        )


def _work_by_layer(config: NetworkConfig) -> list[int]:
    costs = complexity_of(config).layers
    return [
        costs[layer.name].multiply_accumulates + A_VALUE * layer.channels * prod(costs[layer.name].map_size)
        for layer in layers_of(config)
        if layer.name in costs
    ]
