"""A network of one's own design: read from what people write, and kept small enough to train beside other visitors.

A design is a `NetworkConfig` for the ten digits. Nothing here trains a network or allocates one: its cost is known from
its shapes.
"""

from math import prod
from typing import Any

from model.cost.complexity import Complexity, complexity_of
from model.layers import layers_of
from model.network import MAX_STAGES, NetworkConfig
from model.stages import StageConfig

MAX_PARAMETERS = 1_200_000  # with them, a file is still small enough to be opened again
MAX_MULTIPLY_ACCUMULATES = 60_000_000  # for one image
MAX_VALUES = 400_000  # outputs of all convolutions for one image; training holds several copies for a whole batch

FIELDS = ("stem_channels", "stem_kernel", "stem_stride", "separable", "stages")
STAGE_FIELDS = ("channels", "kernel", "dilation", "stride", "shares", "branches")

DEFAULT_DESIGN = NetworkConfig(16, stages=(StageConfig(64, stride=2), StageConfig(64, dilation=2), StageConfig(64)))


class DesignError(ValueError):
    """Not a valid design, or too large a one. The message is one sentence that names the field or the limit."""


def read_design(values: object) -> NetworkConfig:
    """The design that somebody wrote; fields that are left out take `NetworkConfig`'s defaults.

    Args:
        values: {stem_channels, stem_kernel, stem_stride, separable, stages: [{channels, kernel, dilation, stride,
            shares, branches}]}, as `write_design` writes it.

    Raises:
        ValueError: names the field and says what is allowed.
    """
    fields = _fields("A design", values, FIELDS, "stem_channels", "stages")
    stages = fields["stages"]
    if not isinstance(stages, list) or not 1 <= len(stages) <= MAX_STAGES:
        number = f"has {len(stages)} entries" if isinstance(stages, list) else "is not a list"
        raise DesignError(f"stages {number}; expected a list of 1 to {MAX_STAGES} stages.")
    if not isinstance(fields.get("separable", True), bool):
        raise DesignError(f"separable is {fields['separable']!r}; expected true or false.")
    blocks = [_fields(f"stages[{index}]", stage, STAGE_FIELDS, "channels") for index, stage in enumerate(stages)]
    return NetworkConfig(**{**fields, "stages": tuple(map(_stage, blocks))})


def _stage(fields: dict[str, Any]) -> StageConfig:
    branches = fields.get("branches", ())
    return StageConfig(**{**fields, "branches": tuple(branches) if isinstance(branches, list) else branches})


def write_design(config: NetworkConfig) -> dict[str, Any]:
    """The inverse of `read_design`: plain JSON values."""
    values = config.to_dict()
    return {**{name: values[name] for name in FIELDS}, "stages": list(values["stages"])}


def _fields(what: str, values: object, known: tuple[str, ...], *needed: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise DesignError(f"{what} has to be an object with the fields {', '.join(known)}.")
    unknown = sorted(str(name) for name in values.keys() - set(known))
    if unknown:
        raise DesignError(f"{what} has a field {unknown[0][:40]!r}; the known ones are {', '.join(known)}.")
    for name in needed:
        if name not in values:
            raise DesignError(f"{what} lacks the field {name}; expected {', '.join(needed)} at least.")
    return values


def cost_of(config: NetworkConfig) -> Complexity:
    """What a network of this shape costs, found without building it."""
    return complexity_of(config)


def values_of(config: NetworkConfig) -> int:
    """Outputs of all convolutions for one image: training has to hold several copies of them for each image."""
    costs = cost_of(config).layers
    convolutions = (layer for layer in layers_of(config) if layer.is_convolution)
    return sum(layer.channels * prod(costs[layer.name].map_size) for layer in convolutions)


def check_size(config: NetworkConfig) -> None:
    """Check that a design is small enough to be trained while other visitors are served.

    Raises:
        DesignError: it is too large; names the limit and the reason for it.
    """
    cost = cost_of(config)
    for amount, most, what, why in (
        (cost.parameters, MAX_PARAMETERS, "parameters", "its file stays small enough to be kept for you"),
        (
            cost.multiply_accumulates,
            MAX_MULTIPLY_ACCUMULATES,
            "multiply-accumulates an image",
            "a training ends in minutes and nobody else has to wait",
        ),
        (values_of(config), MAX_VALUES, "values in its maps", "a training batch fits into memory"),
    ):
        if amount > most:
            raise DesignError(f"This design has {amount:,} {what}; at most {most:,} are allowed, so that {why}.")
