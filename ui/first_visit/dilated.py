"""Which stage shows what dilation is: the question and the path speak of the same one."""

from model.network import NetworkConfig


def dilated_stage(config: NetworkConfig) -> int | None:
    """Index of the stage with the largest dilation; None where its weights cannot be set against those before it.

    They can in a separable network in which this stage is dilated, and up to it all kernels are of one size and no
    dilations lie side by side.
    """
    index = max(range(len(config.stages)), key=lambda each: max(config.stages[each].dilations))
    stages = config.stages[: index + 1]
    alike = all(stage.kernel == stages[-1].kernel and not stage.branches for stage in stages)
    return index if config.separable and alike and stages[-1].dilation > 1 else None
