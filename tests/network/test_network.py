"""What a network is made of: checked configurations, names that others rely on, shared weights."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.checkpoint import load_checkpoint, save_checkpoint
from model.depthwise import DepthwiseConv2d
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig, count_parameters
from model.stages import MultiScaleStage, folded_norms, normed
from tests.probing import configurations

STAGES = (StageConfig(4),)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("stem_channels", {"stem_channels": 0}),
        ("stem_channels", {"stem_channels": 2.5}),
        ("stem_channels", {"stem_channels": True}),
        ("stem_kernel", {"stem_kernel": 4}),
        ("stem_kernel", {"stem_kernel": 17}),
        ("stem_stride", {"stem_stride": 5}),
        ("stages", {"stages": ()}),
        ("stages", {"stages": STAGES * 33}),
        ("classes", {"classes": ()}),
        ("classes", {"classes": ("a", "a")}),
        ("stages[0].channels", {"stages": (StageConfig(0),)}),
        ("stages[0].kernel", {"stages": (StageConfig(4, kernel=2),)}),
        ("stages[1].dilation", {"stages": (*STAGES, StageConfig(4, dilation=0))}),
        ("stages[0].stride", {"stages": (StageConfig(4, stride=0),)}),
        ("stages[0].shares", {"stages": (StageConfig(4, shares=0),)}),
        ("stages[1].shares", {"stages": (StageConfig(4), StageConfig(4, kernel=5, shares=0))}),
        ("stages[1].shares", {"stages": (StageConfig(6), StageConfig(6, shares=0))}),
        ("stages[0].branches", {"stages": (StageConfig(4, branches=(0,)),)}),
        ("stages[0].branches", {"stages": (StageConfig(4, branches=(1, 2, 3, 4)),)}),
        ("stages[0].branches", {"stages": (StageConfig(4, branches=[2]),)}),
        ("stages[0].branches", {"stages": (StageConfig(4, branches=(2,)),), "separable": False}),
        ("stages[1].shares", {"stages": (StageConfig(4, branches=(2,)), StageConfig(4, shares=0))}),
        ("stages[2].shares", {"stages": (*STAGES, StageConfig(4, shares=0), StageConfig(4, shares=1))}),
    ],
)
def test_an_invalid_configuration_is_refused_with_the_name_of_the_field(field: str, values: dict) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z") as refusal:
        NetworkConfig(**{"stem_channels": 4, "stages": STAGES} | values)
    assert str(refusal.value).startswith(f"{field} ") or str(refusal.value).startswith(f"{field}.")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_configuration_survives_json(preset: str) -> None:
    assert NetworkConfig.from_dict(json.loads(json.dumps(PRESETS[preset].to_dict()))) == PRESETS[preset]


def test_a_multi_scale_stage_survives_json_and_a_checkpoint(tmp_path: Path) -> None:
    config = NetworkConfig(4, stages=(StageConfig(6, dilation=1, branches=(2, 4)),))
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    path = save_checkpoint(DigitNet(config).eval(), tmp_path / "net.safetensors")
    assert load_checkpoint(path).config == config


def test_a_configuration_from_before_multi_scale_stages_is_read() -> None:
    config = NetworkConfig(4, stages=STAGES)
    written = config.to_dict()
    assert not any("branches" in stage for stage in written["stages"])
    assert NetworkConfig.from_dict(written) == config


def test_a_multi_scale_stage_weighs_what_each_dilation_sees() -> None:
    stage = MultiScaleStage(3, StageConfig(5, dilation=1, branches=(3,))).eval()
    x = torch.rand(1, 3, 9, 9)
    maps = [F.relu(stage.depthwise_0_norm(stage.depthwise_0(x))), F.relu(stage.depthwise_1_norm(stage.depthwise_1(x)))]
    expected = F.relu(stage.pointwise_norm(stage.pointwise(torch.cat(maps, 1))))
    assert torch.equal(stage(x), expected)
    assert [stage.depthwise_0.dilation, stage.depthwise_1.dilation] == [(1, 1), (3, 3)]


@pytest.mark.parametrize(
    "values",
    [None, [], {}, {"stages": 3}, {"stages": [{}]}, {"stages": [{"channels": 4}], "classes": ["a"], "depth": 3}],
)
def test_an_invalid_configuration_file_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="Not a valid network configuration"):
        NetworkConfig.from_dict(values)


@pytest.mark.parametrize("preset", PRESETS)
def test_layer_names_are_those_that_the_page_and_the_algebra_use(preset: str) -> None:
    stage = ["depthwise", "depthwise_norm", "pointwise", "pointwise_norm"]
    expected = ["stem", "stem_norm"]
    expected += [f"stages.{index}.{layer}" for index in range(len(PRESETS[preset].stages)) for layer in stage]
    expected += ["pool", "head"]
    net = DigitNet(PRESETS[preset])
    assert [name for name, module in net.named_modules() if not list(module.children())] == expected


def test_stages_know_their_kernel_and_dilation(small_net: DigitNet, standard_net: DigitNet) -> None:
    assert [(stage.kernel, stage.dilation) for stage in small_net.stages] == [(3, 2), (5, 1), (3, 3), (3, 1)]
    assert [(stage.kernel, stage.dilation) for stage in standard_net.stages] == [(3, 1), (3, 2)]


def test_a_standard_network_has_one_convolution_per_stage_with_the_same_output(standard_net: DigitNet) -> None:
    assert [name for name, _ in standard_net.stages[1].named_children()] == ["conv", "conv_norm"]
    assert standard_net.stages[1].conv.weight.shape == (6, 6, 3, 3)
    assert standard_net(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_shared_weights_count_once() -> None:
    own = NetworkConfig(8, stages=(StageConfig(8), StageConfig(8, dilation=2)))
    shared = NetworkConfig(8, stages=(StageConfig(8), StageConfig(8, dilation=2, shares=0)))
    a_stage = 8 * 9 + 8 * 8 + 4 * 8
    assert count_parameters(DigitNet(own)) - count_parameters(DigitNet(shared)) == a_stage


@pytest.mark.parametrize("separable", [True, False])
def test_shared_weights_stay_one_after_a_copy_and_after_loading(separable: bool, tmp_path: Path) -> None:
    stages = (StageConfig(8), StageConfig(8, dilation=2, shares=0))
    net = DigitNet(NetworkConfig(8, stages=stages, separable=separable))
    path = save_checkpoint(net, tmp_path / "net.safetensors")
    for copy in (net, deepcopy(net), load_checkpoint(path)):
        first, second = (dict(stage.named_parameters()) for stage in copy.stages)
        assert first.keys() == second.keys()
        assert all(first[name] is second[name] for name in first)
        assert copy.stages[0].dilation != copy.stages[1].dilation


def test_bytes_and_floats_are_the_same_image(small_net: DigitNet) -> None:
    image = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(small_net(image), small_net(image.float() / 255))


def test_blank_paper_is_zero_so_that_padding_continues_the_paper(small_net: DigitNet) -> None:
    stem = small_net.stem(torch.zeros(1, 1, 28, 28))
    assert stem.abs().max() == 0
    cells = small_net.stem_norm(stem).flatten(2)  # (1, C, H W)
    assert torch.equal(cells, cells[..., :1].expand_as(cells))


@given(
    config=configurations(
        channels=6, dilations=5, stages=4, stem_strides=(1, 2, 3, 4), classes=(1, 2, 10, 12), branches=2
    ),
    training=st.booleans(),
)
def test_every_configuration_gives_one_logit_per_class(config: NetworkConfig, training: bool) -> None:
    net = DigitNet(config).train(training)
    logits = net(torch.rand(2, 1, 28, 28))
    assert logits.shape == (2, len(config.classes))
    assert logits.isfinite().all()
    assert net.classes == list(config.classes)


@pytest.mark.parametrize("make", [lambda: nn.Conv2d(4, 4, 3, 2, 1, bias=False), lambda: DepthwiseConv2d(4, 3, 2)])
def test_a_norm_that_stands_still_is_taken_into_the_filters_and_learns_as_before(make: Callable[[], nn.Conv2d]) -> None:
    torch.manual_seed(0)
    convolution, norm = make().double(), nn.BatchNorm2d(4).double()
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    norm(torch.randn(9, 4, 5, 5).double())  # its statistics are not 0 and 1
    norm.eval()
    x = torch.randn(2, 4, 9, 9, dtype=torch.double, requires_grad=True)
    weights = [x, convolution.weight, norm.weight, norm.bias]
    expected = norm(convolution(x))
    with folded_norms():
        found = normed(convolution, norm, x)
    assert found.grad_fn is not None
    assert found.grad_fn.name() != expected.grad_fn.name(), "the norm is still an operation of its own"
    torch.testing.assert_close(found, expected)
    grad = torch.randn_like(expected)
    torch.testing.assert_close(torch.autograd.grad(found, weights, grad), torch.autograd.grad(expected, weights, grad))
