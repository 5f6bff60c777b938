"""Closed formulas of cost against what torch counts while it runs."""

import pytest
import torch
from hypothesis import given
from torch.utils.flop_counter import FlopCounterMode

from model.cost.complexity import complexity
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig, count_parameters
from tests.probing import configurations

TIED = NetworkConfig(6, 7, 1, (StageConfig(6), StageConfig(6, 3, 2), StageConfig(6, 3, 4, 2, shares=1)))


def counted_by_torch(net: DigitNet) -> dict[str, int]:
    """Multiply-accumulates by module: torch counts two operations for each."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(torch.zeros(1, 1, 28, 28))
    counts = {name.partition(".")[2]: sum(kinds.values()) // 2 for name, kinds in counter.get_flop_counts().items()}
    return {"": counter.get_total_flops() // 2, **counts}


def check(net: DigitNet) -> None:
    costs, counted, seen = complexity(net), counted_by_torch(net), set()
    assert list(costs.layers) == [name for name, module in net.named_modules() if not list(module.children())]
    for name, cost in costs.layers.items():
        own = {parameter for parameter in net.get_submodule(name).parameters() if parameter.requires_grad} - seen
        seen |= own
        assert cost.parameters == sum(parameter.numel() for parameter in own), name
        assert cost.multiply_accumulates == counted.get(name, 0), name
    assert costs.parameters == count_parameters(net)
    assert costs.multiply_accumulates == counted[""]


@pytest.mark.parametrize("name", PRESETS)
def test_the_cost_of_every_preset_is_what_torch_counts(name: str) -> None:
    check(DigitNet(PRESETS[name]))


@pytest.mark.parametrize("separable", [True, False])
def test_shared_weights_count_once_and_are_applied_twice(separable: bool) -> None:
    net = DigitNet(NetworkConfig(**{**vars(TIED), "separable": separable}))
    check(net)
    layer = "depthwise" if separable else "conv"
    owner, sharer = (complexity(net).layers[f"stages.{index}.{layer}"] for index in (1, 2))
    assert (owner.parameters > 0, sharer.parameters) == (True, 0)
    assert sharer.multiply_accumulates * 4 == owner.multiply_accumulates  # a quarter of the cells


@given(configurations(branches=2))
def test_the_cost_of_any_network_is_what_torch_counts(config: NetworkConfig) -> None:
    """Strides and maps of odd size included."""
    check(DigitNet(config))


def test_dilation_costs_nothing() -> None:
    """The point of it: the field grows, weights and multiply-accumulates do not."""
    near, far = (
        complexity(DigitNet(NetworkConfig(4, stages=(StageConfig(4, dilation=dilation),)))) for dilation in (1, 8)
    )
    assert near == far


def test_a_separable_stage_costs_the_published_fraction_of_a_standard_one() -> None:
    """1 / C' + 1 / k^2 (Howard et al. 2017, section 3.1)."""
    stages = (StageConfig(16, kernel=3),)
    separable, standard = (
        complexity(DigitNet(NetworkConfig(8, stages=stages, separable=kind))).layers for kind in (True, False)
    )
    parts = (separable["stages.0.depthwise"], separable["stages.0.pointwise"])
    whole = standard["stages.0.conv"].multiply_accumulates
    assert sum(part.multiply_accumulates for part in parts) / whole == pytest.approx(1 / 16 + 1 / 9)
