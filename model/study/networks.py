"""The study: one network shape, separable or standard, dilated or not, with nothing else changed.

    python -m model.train --study          # trains the four with every seed and writes checkpoints/study-*.safetensors

Depth, channels, kernels, strides, recipe and seeds are the same, so that any difference between two of the four comes
from the convolutions.
"""

from typing import Any, NamedTuple

from model.checkpoint import checkpoint_names, checkpoint_path, load_checkpoint, read_metadata
from model.cost.complexity import complexity
from model.fields.layer_fields import coverage, receptive_field
from model.fields.mean_fields import load_mean_fields
from model.layers import milestones
from model.network import NetworkConfig
from model.stages import StageConfig

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


# The best published accuracies near the presets' sizes: parameters, accuracy, how it is known to have been selected.
PUBLISHED = (
    (575, 0.9800, "fitted on the test set"),
    (1_936, 0.9910, ""),
    (7_994, 0.9945, "best epoch on the test set"),
    (19_898, 0.9954, "best epoch on the test set"),
    (46_000, 0.9958, ""),
)


class Scores(NamedTuple):
    """One network's scores with every seed that it was trained with; from 0 to 1.

    Attributes:
        seeds: those of its existing checkpoints.
        test: accuracy on MNIST's test images, one value per seed.
        pendigits: accuracy on people's pen strokes, one value for every seed that it was measured for.
    """

    seeds: tuple[int, ...]
    test: tuple[float, ...]
    pendigits: tuple[float, ...]


class StudyNetwork(NamedTuple):
    """All that is known about one network of the study.

    Attributes:
        separable: whether its convolutions are separable.
        dilated: whether any of its dilations is more than 1.
        parameters: trainable numbers.
        multiply_accumulates: for one image.
        field: side of the last stage's receptive field, in pixels, before it is clipped to the image.
        read: pixels of that field that are read at all.
        inside: side of the square in the field of the middle cell that contains 95 % of the influence, on the average
            drawing; None if that was not computed.
        scores: its scores with every seed.
        size: bytes on disk.
    """

    separable: bool
    dilated: bool
    parameters: int
    multiply_accumulates: int
    field: int
    read: int
    inside: int | None
    scores: Scores
    size: int

    @property
    def title(self) -> str:
        """What it is, in words: "separable, dilated"."""
        return f"{'separable' if self.separable else 'standard'}, {'dilated' if self.dilated else 'undilated'}"


def study_networks() -> dict[str, StudyNetwork]:
    """The networks of the study whose checkpoints exist, by name.

    Raises:
        CheckpointError: one of them is damaged.
    """
    return {name: _described(name) for name in STUDY if checkpoint_path(name).is_file()}


def _described(name: str) -> StudyNetwork:
    net = load_checkpoint(name)
    cost, last = complexity(net), milestones(net.config)[-1].output
    fields = load_mean_fields(net, name)
    return StudyNetwork(
        separable=net.config.separable,
        dilated=any(stage.dilation > 1 for stage in net.config.stages),
        parameters=cost.parameters,
        multiply_accumulates=cost.multiply_accumulates,
        field=receptive_field(net, last).size[0],
        read=coverage(net, last).read,
        inside=fields[last].box.size[0] if fields else None,
        scores=scores_of(name),
        size=checkpoint_path(name).stat().st_size,
    )


def scores_of(name: str) -> Scores:
    """The scores of one network of the study, or of a preset, from its checkpoints' own metadata.

    Raises:
        CheckpointError: one of them is damaged.
    """
    records = sorted(
        (read_metadata(file) for file in checkpoint_names() if file == name or file.startswith(f"{name}-seed")),
        key=lambda metadata: metadata["seed"],
    )
    seeds = tuple(metadata["seed"] for metadata in records)
    return Scores(seeds, _accuracies(records, "test"), _accuracies(records, "pendigits"))


def _accuracies(records: list[dict[str, Any]], data: str) -> tuple[float, ...]:
    figures = [metadata.get("figures", {}).get(data) for metadata in records]
    return tuple(figure["accuracy"] for figure in figures if figure)
