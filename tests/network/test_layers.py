"""The one description of the layers, against the modules of the network that it describes."""

import pytest
import torch
from hypothesis import given
from torch import nn

from model.fields.layer_fields import layer_chains
from model.layers import IMAGE, Layer, layer_named, layer_names, layers_of, milestones, parts_of
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from tests.probing import configurations


@given(configurations(channels=5, stages=4, branches=2))
def test_the_description_of_a_layer_matches_its_module(config: NetworkConfig) -> None:
    net = DigitNet(config)
    for layer in layers_of(config):
        module = net.get_submodule(layer.name)
        if isinstance(module, nn.Conv2d):
            said = layer.in_channels, layer.channels, layer.groups, layer.kernel, layer.stride, layer.dilation
            assert said == (
                module.in_channels,
                module.out_channels,
                module.groups,
                module.kernel_size[0],
                module.stride[0],
                module.dilation[0],
            )
        if layer.weights:
            assert layer.weights == module.weight.numel()
            assert module.weight is net.get_submodule(layer.owner).weight
        if layer.norm_name:
            assert isinstance(net.get_submodule(layer.norm_name), nn.BatchNorm2d)


@given(configurations(channels=5, stages=4, branches=2))
def test_each_layer_reads_existing_maps_with_as_many_channels(config: NetworkConfig) -> None:
    channels = {IMAGE: 1}
    for layer in layers_of(config):
        assert sum(channels[name] for name in layer.reads) == layer.in_channels
        assert layer.residual is None or channels[layer.residual] == layer.channels
        channels[layer.name] = layer.channels


def test_shared_weights_are_their_owners() -> None:
    config = NetworkConfig(4, stages=(StageConfig(4), StageConfig(4, dilation=2, shares=0)))
    net = DigitNet(config)
    owner = layer_named(config, "stages.1.depthwise").owner
    assert owner == "stages.0.depthwise"
    assert net.get_submodule(owner).weight is net.stages[1].depthwise.weight


def test_stages_count_from_one_in_titles() -> None:
    layers = layers_of(PRESETS["nano"])
    assert [layer.title for layer in layers[:3]] == ["Stem", "Stage 1 depthwise", "Stage 1 pointwise"]
    assert [layer.place for layer in milestones(PRESETS["nano"])] == ["Stem", *(f"Stage {n}" for n in range(1, 7))]
    assert [part[-1].output for part in parts_of(PRESETS["nano"])] == ["stem", *(f"stages.{n}" for n in range(6))]


def test_an_unknown_layer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no layer 'stages.9'; expected one of stem, .*, head\."):
        layer_named(PRESETS["nano"], "stages.9")


def test_features_are_what_the_head_reads(small_net: DigitNet) -> None:
    x = torch.rand(2, 1, 28, 28)
    with torch.no_grad():
        features = small_net.features(x)
        assert features.shape == (2, layer_named(small_net.config, "head").in_channels)
        assert torch.equal(small_net.head(features), small_net(x))


def test_names_are_in_the_order_of_the_chains() -> None:
    config = PRESETS["base"]
    assert [name for name in layer_chains(config) if name in layer_names(config)] == layer_names(config)
    assert all(isinstance(layer, Layer) for layer in layers_of(config))
