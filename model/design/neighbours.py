"""What a different kernel, dilation or number of filters in one stage of a design would bring, and what it would cost.

Nothing is estimated: the changed design is described in full, and the two are compared.
"""

from dataclasses import replace
from typing import Any

from model.design.configuration import cost_of
from model.drawing.strokes import IMAGE_SIZE
from model.fields.gridding import columns_in_field, field_width, windows_of
from model.fields.layer_fields import FieldError
from model.network import MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, NetworkConfig


def advice_on(config: NetworkConfig, index: int) -> dict[str, str]:
    """A sentence each on the kernel, the dilation and the filters of a stage, and on the kind of convolution.

    Args:
        config: the design's configuration.
        index: index of the stage, from 0.

    Raises:
        ValueError: there is no such stage.
    """
    if not 0 <= index < len(config.stages):
        raise ValueError(f"There is no stage {index + 1}; expected one from 1 to {len(config.stages)}.")
    return {
        "kernel": _on_kernel(config, index),
        "dilation": _on_dilation(config, index),
        "filters": _on_filters(config, index),
        "separable": _on_separable(config),
    }


def _on_kernel(config: NetworkConfig, index: int) -> str:
    stage, family = config.stages[index], _family(config, index)
    if stage.kernel + 2 > MAX_KERNEL:
        return f"A kernel of {stage.kernel} is the largest that can be chosen."
    other = _changed(config, family, kernel=stage.kernel + 2)
    sentence = (
        f"Kernel {stage.kernel + 2} instead of {stage.kernel} in {_stages(family)} {_difference(config, other)}; "
        f"{_field(config, other)}."
    )
    if stage.kernel == 3 and not stage.branches and len(family) == 1 and 2 * stage.dilation <= MAX_DILATION:
        sentence += f" Dilation {2 * stage.dilation} with kernel 3 reaches as far for free, with taps further apart."
    return sentence


def _on_dilation(config: NetworkConfig, index: int) -> str:
    stage = config.stages[index]
    if stage.kernel == 1:
        return "A kernel of 1 has a single tap, so dilation has no effect."
    widest = max(stage.dilations)
    if widest == MAX_DILATION:
        return f"A dilation of {MAX_DILATION} is the largest that can be chosen."
    at = stage.dilations.index(widest)
    dilation, *branches = (each + (place == at) for place, each in enumerate(stage.dilations))
    other = _changed(config, [index], dilation=dilation, branches=tuple(branches))
    return (
        f"Dilation {widest + 1} instead of {widest} in stage {index + 1} "
        f"{_difference(config, other)}; {_field(config, other)}{_gaps(other)}."
    )


def _gaps(config: NetworkConfig) -> str:
    try:
        read = columns_in_field(windows_of(config))
    except FieldError:
        return ""  # the page says so about the design itself
    if read.all():
        return ", and all of its columns are read"
    return f", and only {read.sum()} of its {read.size} columns are read"


def _on_filters(config: NetworkConfig, index: int) -> str:
    stage = config.stages[index]
    if len(_family(config, index)) > 1 or len(_family(config, index + 1)) > 1:
        return f"The filters of stage {index + 1} are tied to stages that share their weights."
    if 2 * stage.channels > MAX_CHANNELS:
        return f"{MAX_CHANNELS:,} filters are the most that can be chosen."
    other = _changed(config, [index], channels=2 * stage.channels)
    return (
        f"{2 * stage.channels:,} filters instead of {stage.channels:,} in stage {index + 1} "
        f"{_difference(config, other, 'cost')}; the field stays as it is."
    )


def _on_separable(config: NetworkConfig) -> str:
    if any(stage.branches for stage in config.stages):
        return "Parallel dilations are depthwise convolutions; standard ones have none to compare with."
    other = replace(config, separable=not config.separable)
    before, after = cost_of(config), cost_of(other)
    kinds = ("Standard", "separable") if config.separable else ("Separable", "standard")
    return (
        f"{kinds[0]} convolutions instead of {kinds[1]} ones would come to {after.parameters:,} parameters "
        f"({after.parameters / before.parameters:.2f} times as many) and {after.multiply_accumulates:,} "
        f"multiply-accumulates ({after.multiply_accumulates / before.multiply_accumulates:.2f} times as many)."
    )


def _family(config: NetworkConfig, index: int) -> list[int]:
    """The stages that share weights with one stage, itself included."""
    owners = [at if stage.shares is None else stage.shares for at, stage in enumerate(config.stages)]
    return [at for at, owner in enumerate(owners) if index < len(owners) and owner == owners[index]]


def _changed(config: NetworkConfig, indices: list[int], **fields: Any) -> NetworkConfig:
    stages = tuple(replace(stage, **fields) if at in indices else stage for at, stage in enumerate(config.stages))
    return replace(config, stages=stages)


def _stages(indices: list[int]) -> str:
    numbers = [str(index + 1) for index in indices]
    return f"stage {numbers[0]}" if len(numbers) == 1 else f"stages {', '.join(numbers[:-1])} and {numbers[-1]}"


def _difference(config: NetworkConfig, other: NetworkConfig, verb: str = "costs") -> str:
    before, after = cost_of(config), cost_of(other)
    changes = [
        (after.parameters, before.parameters, "parameters"),
        (after.multiply_accumulates, before.multiply_accumulates, "multiply-accumulates"),
    ]
    costs = [f"{new - old:,} more {what} (+{100 * (new - old) / old:.1f} %)" for new, old, what in changes if new > old]
    return f"{verb} {' and '.join(costs) or 'nothing'}"


def _field(config: NetworkConfig, other: NetworkConfig) -> str:
    before, after = (field_width(windows_of(each)) for each in (config, other))
    beyond = " (more than the image)" if after > IMAGE_SIZE else ""
    return f"the field grows from {before} x {before} to {after} x {after} pixels{beyond}"
