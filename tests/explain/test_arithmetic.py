"""The arithmetic of a cell: what the page shows of it adds up to what the network computed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import unfold

from model.explain.arithmetic import cell_arithmetic
from model.fields.layer_fields import receptive_field
from model.inference import layer_maps, layer_responses
from model.layers import layer_named, layer_names
from model.network import PRESETS, DigitNet, NetworkConfig
from tests.conftest import settled
from tests.probing import configurations

IMAGE = np.random.default_rng(3).integers(0, 256, (28, 28), dtype=np.uint8)
TOLERANCE = 1e-4


def check_cells(net: DigitNet, pick: Callable[[int], int]) -> None:
    """Of one cell of every layer: the parts add up to the map, and the map is what the network's modules gave."""
    maps, responses = layer_maps(net, IMAGE), layer_responses(net, IMAGE)
    for layer in layer_names(net.config):
        channels, height, width = maps[layer].shape
        channel, y, x = pick(channels), pick(height), pick(width)
        parts = cell_arithmetic(net, maps, layer, (y, x), channel)
        assert parts.value == pytest.approx(maps[layer][channel, y, x], abs=TOLERANCE), layer
        if layer in responses:  # the sum is the convolution's own output, before its norm
            bias = parts.shift if layer == "head" else 0
            assert parts.sum + bias == pytest.approx(responses[layer][channel, y, x], abs=TOLERANCE), layer
        if f"{layer}_norm" in responses:
            assert parts.normed == pytest.approx(responses[f"{layer}_norm"][channel, y, x], abs=TOLERANCE), layer
        assert not parts.inputs[:, ~parts.inside].any(), "padding is zero"


@given(configurations(channels=5, dilations=5, branches=2), st.data())
def test_cells_of_every_layer_add_up_in_any_network(config: NetworkConfig, data: st.DataObject) -> None:
    check_cells(settled(config), lambda count: data.draw(st.integers(0, count - 1)))


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("preset", PRESETS)
def test_cells_of_every_layer_add_up_in_every_preset(preset: str, separable: bool) -> None:
    net = settled(replace(PRESETS[preset], separable=separable))
    generator = np.random.default_rng(1)
    for _ in range(5):
        check_cells(net, lambda count: int(generator.integers(count)))


def test_maps_are_what_the_next_layer_reads(small_net: DigitNet, standard_net: DigitNet) -> None:
    """A map that is not the next layer's input would be a picture of something that the network never computes."""
    for net in (small_net, standard_net):
        maps = layer_maps(net, IMAGE)
        for layer in layer_names(net.config):
            read = torch.from_numpy(maps[layer_named(net.config, layer).reads[0]])[None]  # (1, C, H, W)
            module = net.get_submodule(layer)
            with torch.no_grad():
                output = module(read.flatten(1) if layer == "head" else read)[0].numpy()
            np.testing.assert_allclose(output.ravel(), layer_responses(net, IMAGE)[layer].ravel(), atol=TOLERANCE)


def test_no_map_is_negative_except_the_logits(small_net: DigitNet) -> None:
    for layer, values in layer_maps(small_net, IMAGE).items():
        assert layer == "head" or values.min() >= 0


def test_a_map_has_the_size_that_its_field_states(small_net: DigitNet) -> None:
    for layer, values in layer_maps(small_net, IMAGE).items():
        if layer != "image":
            assert values.shape[1:] == receptive_field(small_net, layer_named(small_net.config, layer).output).map_size


def test_a_dilated_patch_is_what_unfold_takes(small_net: DigitNet) -> None:
    """Against torch's own im2col: a patch taken without the dilation would add up to another cell's value."""
    maps = layer_maps(small_net, IMAGE)
    read = torch.from_numpy(maps["stem"])[None].double()
    columns = unfold(read, 3, dilation=2, padding=2).view(6, 3, 3, 14, 14)
    for y, x in ((0, 0), (7, 3), (13, 13)):
        patch = cell_arithmetic(small_net, maps, "stages.0.depthwise", (y, x), 4).inputs
        np.testing.assert_array_equal(patch[0], columns[4, :, :, y, x])


@pytest.mark.parametrize(
    ("layer", "cell", "channel"),
    [
        ("stages.9.depthwise", (0, 0), 0),
        ("stages.0", (0, 0), 0),
        ("stem_norm", (0, 0), 0),
        ("stem", (14, 0), 0),
        ("stem", (0, -1), 0),
        ("stem", ("a", 0), 0),
        ("stem", (0, 0), 6),
        ("stem", (0, 0), -1),
        ("stem", (0, 0), 1.5),
        ("stem", (0, 0), True),
        ("head", (0, 0), 10),
        ("head", (0, 1), 0),
    ],
)
def test_an_invalid_cell_is_refused_in_a_sentence(small_net: DigitNet, layer: str, cell: tuple, channel: int) -> None:
    maps = layer_maps(small_net, IMAGE)
    with pytest.raises(ValueError, match=r"\A[^\n]+expected[^\n]+\.\Z|\A[^\n]+not [^\n]+\.\Z"):
        cell_arithmetic(small_net, maps, layer, cell, channel)
