"""What the layers tab gets from the server: bytes that are the maps, numbers that add up, sentences on bad requests."""

import base64
import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import effective_receptive_field, forward_pass, receptive_field, tap_lattice
from model.inference import layer_maps
from model.layers import layer_named, layer_names
from model.network import DigitNet, NetworkConfig, StageConfig
from tests.conftest import settled
from tests.ui.conftest import offering
from ui.cell import describe_cell
from ui.kept.networks import Networks
from ui.layers import describe_kernels, layers_part
from ui.serving.answers import Answers

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[6:22, 12:15] = 255
TOLERANCE = 1e-4
NETS = [
    settled(NetworkConfig(6, stages=(StageConfig(6, 3, dilation=2), StageConfig(8, 5, stride=2), StageConfig(8)))),
    settled(NetworkConfig(4, 3, 1, (StageConfig(6), StageConfig(6, dilation=3)), separable=False)),
]


def as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8)


def unpacked(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """Bytes as they were before `packed`: a bit for each says where one is that is not 0."""
    size = int(np.prod(shape))
    on, rest = np.split(as_bytes(text), [-(-size // 8)])
    values = np.zeros(size, np.uint8)
    values[np.unpackbits(on, count=size) == 1] = rest
    return values.reshape(shape)


def all_channels(net: DigitNet) -> dict[str, list[int]]:
    maps = layer_maps(net, IMAGE)
    return {layer: list(range(len(maps[layer]))) for layer in layer_names(net.config) if layer != "head"}


@pytest.mark.parametrize("name", ["small_net", "standard_net"])
def test_the_bytes_are_the_maps(name: str, request: pytest.FixtureRequest) -> None:
    net = request.getfixturevalue(name)
    maps = layer_maps(net, IMAGE)
    answer = layers_part(net, IMAGE, {"maps": all_channels(net)})
    assert json.loads(json.dumps(answer)) == answer
    for layer, sent in answer["maps"].items():
        maximum = answer["maxima"][layer]
        values = unpacked(sent["values"], maps[layer].shape) * (maximum / 255)
        np.testing.assert_allclose(values, maps[layer], atol=maximum / 255 + 1e-6)
        np.testing.assert_array_equal(values == 0, maps[layer] == 0, "what is off, and only that, is sent as off")
    np.testing.assert_allclose(answer["logits"], maps["head"].ravel(), atol=1e-5)


def test_only_what_is_asked_for_is_sent_in_the_order_of_the_request(small_net: DigitNet) -> None:
    whole = layers_part(small_net, IMAGE, {"maps": {"stem": [0, 1, 2, 3, 4, 5]}})["maps"]["stem"]["values"]
    some = layers_part(small_net, IMAGE, {"maps": {"stem": [4, 1]}})["maps"]
    assert list(some) == ["stem"]
    np.testing.assert_array_equal(unpacked(some["stem"]["values"], (2, 14, 14)), unpacked(whole, (6, 14, 14))[[4, 1]])
    assert layers_part(small_net, IMAGE, {}).keys() == {"maps", "maxima", "bright", "logits"}


def test_maps_that_are_off_take_a_bit_a_cell(small_net: DigitNet) -> None:
    """All channels of base in a tall window were more bytes than a movement of the pen may cost."""
    net = copy.deepcopy(small_net)
    with torch.no_grad():
        net.stem_norm.bias.fill_(-100)
    sent = layers_part(net, IMAGE, {"maps": {"stem": [0, 1, 2]}})["maps"]["stem"]["values"]
    assert len(as_bytes(sent)) == -(-3 * 14 * 14 // 8)
    assert not unpacked(sent, (3, 14, 14)).any()


def test_activity_is_the_mean_of_every_channel(small_net: DigitNet) -> None:
    answer = layers_part(small_net, IMAGE, {"activity": True})
    for layer, means in answer["activity"].items():
        sent = np.frombuffer(base64.b64decode(means), np.float32)
        np.testing.assert_allclose(sent, layer_maps(small_net, IMAGE)[layer].mean((1, 2)), rtol=1e-5)


@given(st.data())
def test_the_numbers_that_are_shown_add_up_to_the_map(data: st.DataObject) -> None:
    """Of random cells: from the rounded numbers of the answer alone, through sum, norm and residual, to the value."""
    net = data.draw(st.sampled_from(NETS))
    maps = layer_maps(net, IMAGE)
    layer = data.draw(st.sampled_from(layer_names(net.config)))
    channel, y, x = (data.draw(st.integers(0, count - 1)) for count in maps[layer].shape)
    cell = describe_cell(net, IMAGE, maps, {"layer": layer, "y": y, "x": x, "channel": channel})
    numbers = cell["arithmetic"]
    total = numbers["sum"]
    if "patch" in numbers:
        patch = numbers["patch"]
        assert sum(product or 0 for product in patch["products"]) == pytest.approx(total, abs=TOLERANCE)
        for read, weight, product in zip(patch["inputs"], patch["weights"], patch["products"], strict=True):
            assert (read is None) == (product is None)
            assert read is None or read * weight == pytest.approx(product, abs=TOLERANCE)
    if "terms" in numbers:
        shown = sum(product for *_, product in numbers["terms"])
        assert shown + numbers["rest"][1] == pytest.approx(total, abs=TOLERANCE)
        assert len(numbers["terms"]) + numbers["rest"][0] == len(maps[layer_named(net.config, layer).reads[0]])
    value = numbers["scale"] * total + numbers["shift"] + (numbers["residual"] or 0)
    value = max(0, value) if numbers["rectified"] else value
    assert value == pytest.approx(numbers["value"], abs=TOLERANCE)
    assert value == pytest.approx(maps[layer][channel, y, x], abs=TOLERANCE)


@given(st.data())
def test_the_fields_are_those_of_the_library(data: st.DataObject) -> None:
    net = data.draw(st.sampled_from(NETS))
    maps = layer_maps(net, IMAGE)
    layer = data.draw(st.sampled_from(layer_names(net.config)))
    channel, y, x = (data.draw(st.integers(0, count - 1)) for count in maps[layer].shape)
    cell = describe_cell(net, IMAGE, maps, {"layer": layer, "y": y, "x": x, "channel": channel})
    module = layer_named(net.config, layer).output
    (top, bottom), (left, right) = receptive_field(net, module).region(y, x, clipped=False)
    assert cell["field"] == [top, left, bottom, right]
    lattice, effective = as_bytes(cell["lattice"]), as_bytes(cell["effective"])
    np.testing.assert_array_equal(lattice > 0, tap_lattice(net, module, (y, x)).ravel() > 0)
    np.testing.assert_array_equal(
        effective > 0, effective_receptive_field(net, module, (y, x), IMAGE, channel).ravel() > 0
    )
    assert f"{int((lattice > 0).sum())} of " in cell["words"]
    for tap_y, tap_x, _ in cell["taps"]:
        assert top <= tap_y < bottom
        assert left <= tap_x < right


BAD_MAPS = [
    "stem", ["stem"], {"stages.9.depthwise": [0]}, {"head": [0]}, {"image": [0]}, {"stem": 3}, {"stem": [6]},
    {"stem": [-1]}, {"stem": [0, 0]}, {"stem": [0.0]}, {"stem": [True]}, {"stem": [0] * 7}, {"stem": [[0]]},
]  # fmt: skip
GOOD_CELL = {"layer": "stem", "y": 3, "x": 3, "channel": 0}
BAD_CELLS = [
    "stem", [], {}, GOOD_CELL | {"layer": "stages.9"}, GOOD_CELL | {"layer": 7}, GOOD_CELL | {"layer": ["stem"]},
    GOOD_CELL | {"y": 14}, GOOD_CELL | {"x": -1}, GOOD_CELL | {"y": 1.5}, GOOD_CELL | {"x": None},
    GOOD_CELL | {"channel": 6}, GOOD_CELL | {"channel": "0"}, GOOD_CELL | {"channel": -1},
]  # fmt: skip


@pytest.mark.parametrize("maps", BAD_MAPS, ids=str)
def test_bad_maps_are_refused_in_a_sentence(small_net: DigitNet, maps: object) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z"):
        layers_part(small_net, IMAGE, {"maps": maps})


@pytest.mark.parametrize("cell", BAD_CELLS, ids=str)
def test_an_invalid_cell_is_reported_and_the_maps_still_come(small_net: DigitNet, cell: object) -> None:
    answer = layers_part(small_net, IMAGE, {"maps": {"stem": [0]}, "cell": cell})
    assert answer["maps"].keys() == {"stem"}
    assert answer["cell"].keys() == {"error"}
    assert answer["cell"]["error"].endswith(".")
    assert "\n" not in answer["cell"]["error"]


def test_a_part_that_fails_leaves_the_reading_alone(networks: Networks, offered: str) -> None:
    drawing = [[[0.5, 0.2], [0.5, 0.8]]]
    answers = Answers(networks, {"layers": layers_part})
    for parameters in ({"maps": {"nowhere": [0]}}, 5, [1]):
        request = {"sequence": 1, "drawing": drawing, "network": offered, "parts": {"layers": parameters}}
        answer = answers.read(request)
        assert len(answer["probabilities"]) == 10
        assert answer["parts"]["layers"].keys() == {"error"}


@pytest.mark.parametrize("cell", [None, {"layer": "stages.0.depthwise", "y": 7, "x": 7, "channel": 0}])
def test_reading_maps_and_a_cell_take_one_pass(
    networks: Networks, offered: str, cell: dict[str, object] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    run = forward_pass.run_layers
    monkeypatch.setattr(forward_pass, "run_layers", lambda *given: passes.append(given) or run(*given))
    parts = {"layers": {"maps": {}, "cell": cell, "activity": True}}
    request = {"sequence": 1, "drawing": [[[0.5, 0.2], [0.5, 0.8]]], "network": offered, "parts": parts}
    answer = Answers(networks, {"layers": layers_part}).read(request)["parts"]["layers"]
    assert ("words" in answer.get("cell", {})) == (cell is not None)
    assert len(passes) == 1


def test_a_cell_that_nothing_moves_is_said_to_be_off_only_if_it_is(small_net: DigitNet) -> None:
    """A depthwise cell over a map that is off can have a value of its norm's making: it is not off itself."""
    net = copy.deepcopy(small_net)
    with torch.no_grad():
        net.stem_norm.bias.fill_(-100)
        net.stages[0].depthwise_norm.bias.fill_(100)
        net.stages[0].pointwise_norm.bias.fill_(-1e4)
    maps = layer_maps(net, IMAGE)
    place = {"y": 7, "x": 7, "channel": 0}
    depthwise = describe_cell(net, IMAGE, maps, {"layer": "stages.0.depthwise", **place})
    assert depthwise["arithmetic"]["value"] > 0
    assert depthwise["words"].endswith("no pixel influences it now, because everything it reads is zero.")
    pointwise = describe_cell(net, IMAGE, maps, {"layer": "stages.0.pointwise", **place})
    assert pointwise["arithmetic"]["value"] == 0
    assert pointwise["words"].endswith("no pixel influences it now, because its value is zero.")


def test_a_cell_that_the_relu_sets_to_zero_says_whose_influence_is_shown(small_net: DigitNet) -> None:
    net = copy.deepcopy(small_net)
    with torch.no_grad():
        net.stages[0].depthwise_norm.bias.fill_(-1e4)
    cell = {"layer": "stages.0.depthwise", "y": 7, "x": 7, "channel": 0}
    told = describe_cell(net, IMAGE, layer_maps(net, IMAGE), cell)
    assert told["arithmetic"]["value"] == 0
    assert told["words"].endswith(", on its sum, which the ReLU sets to zero.")


def test_a_standard_convolution_sends_the_kernels_of_one_channel(standard_net: DigitNet, tmp_path: Path) -> None:
    """It has one for each pair of channels: all at once could be 40 MB."""
    networks = offering(standard_net, tmp_path)
    layer = next(layer for layer in layer_names(standard_net.config) if layer.endswith(".conv"))
    sent = describe_kernels(networks, {"network": networks.names[0], "layer": layer, "channel": 1})["weights"]
    weights = standard_net.get_submodule(layer).weight[1].detach().numpy()
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(sent), np.float32), weights.ravel())


@pytest.mark.parametrize(
    "wrong", [None, {}, {"layer": "stem", "channel": 0}, {"layer": ["stages.0.conv"], "channel": 0},
              {"layer": "stages.0.conv", "channel": 99}, {"layer": "stages.0.conv", "channel": True}]
)  # fmt: skip
def test_missing_kernels_are_refused(standard_net: DigitNet, tmp_path: Path, wrong: object) -> None:
    networks = offering(standard_net, tmp_path)
    if isinstance(wrong, dict):
        wrong = {"network": networks.names[0], **wrong}
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z"):
        describe_kernels(networks, wrong)
