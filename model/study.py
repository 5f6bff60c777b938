"""The study: one network shape, separable or standard, dilated or not, and nothing else different.

    python -m model.train --study          # trains the four with every seed and writes checkpoints/study-*.safetensors

Depth, channels, kernels, strides, recipe and seeds are the same, so that what differs between two of the four is what
the convolutions do.
"""

from typing import Any, NamedTuple

from model.checkpoint import checkpoint_names, read_metadata
from model.network import NetworkConfig, StageConfig

CHANNELS = 24
DILATIONS = {"dilated": (1, 2, 3, 1), "undilated": (1, 1, 1, 1)}
SEEDS = (0, 1, 2)


def _network(separable: bool, dilations: tuple[int, ...]) -> NetworkConfig:
    stages = tuple(StageConfig(CHANNELS, dilation=dilation) for dilation in dilations)
    return NetworkConfig(CHANNELS, stages=stages, separable=separable)


STUDY: dict[str, NetworkConfig] = {
    f"study-{kind}-{spread}": _network(kind == "separable", dilations)
    for kind in ("standard", "separable")
    for spread, dilations in DILATIONS.items()
}


class Scores(NamedTuple):
    """What one network of the study scores with every seed it was trained with; from 0 to 1.

    Attributes:
        seeds: of its checkpoints that are there.
        test: accuracy on MNIST's test images, one value a seed.
        pendigits: accuracy on people's pen strokes, one value for every seed that it was measured for.
    """

    seeds: tuple[int, ...]
    test: tuple[float, ...]
    pendigits: tuple[float, ...]


def study_scores(name: str) -> Scores:
    """The scores of one network of the study, from its checkpoints' own metadata.

    Raises:
        CheckpointError: one of them is damaged.
    """
    said = sorted(
        (read_metadata(file) for file in checkpoint_names() if file == name or file.startswith(f"{name}-seed")),
        key=lambda metadata: metadata["seed"],
    )
    seeds = tuple(metadata["seed"] for metadata in said)
    return Scores(seeds, _accuracies(said, "test"), _accuracies(said, "pendigits"))


def _accuracies(said: list[dict[str, Any]], data: str) -> tuple[float, ...]:
    figures = [metadata.get("figures", {}).get(data) for metadata in said]
    return tuple(figure["accuracy"] for figure in figures if figure)
