"""What the Network tab says about a network, compared with the tap lattice and the network itself."""

import numpy as np
import pytest

from model import PRESETS, DigitNet, NetworkConfig, StageConfig, complexity, receptive_field
from model.fields.layer_fields import coverage
from model.fields.mean_fields import compute_mean_fields
from model.layers import layers_of
from ui.network.tab import growth, layer_rows

CONFIGS = {
    **PRESETS,
    "strided": NetworkConfig(4, stages=(StageConfig(6, 5, 2), StageConfig(6, 3, 1, 2), StageConfig(6, 3, 3))),
    "standard": NetworkConfig(4, stem_stride=1, stages=(StageConfig(6), StageConfig(6, dilation=2)), separable=False),
}


@pytest.fixture(params=CONFIGS, scope="module")
def net(request: pytest.FixtureRequest) -> DigitNet:
    return DigitNet(CONFIGS[request.param]).eval()


def test_each_box_is_as_large_as_the_field_of_its_stage(net: DigitNet) -> None:
    sizes = [(bottom - top, right - left) for top, left, bottom, right in (step["box"] for step in growth(net.config))]
    layers = ["stem", *(f"stages.{index}" for index in range(len(net.stages)))]
    assert sizes == [receptive_field(net, layer).size for layer in layers]


def test_the_last_box_is_the_field_of_the_cell_in_the_middle(net: DigitNet) -> None:
    field = receptive_field(net, f"stages.{len(net.stages) - 1}")
    region = field.region(*(n // 2 for n in field.map_size), clipped=False)
    assert growth(net.config)[-1]["box"] == [region.y[0], region.x[0], region.y[1], region.x[1]]


def test_what_the_taps_bring_along_makes_up_the_whole_field(net: DigitNet) -> None:
    """The picture's claim: the thick box goes round the thin ones, and one of them is the box of the step before."""
    steps = growth(net.config)
    for before, step in zip([None, *steps], steps, strict=False):
        taps = np.array(step["taps"])
        assert [*taps[:, :2].min(0), *taps[:, 2:].max(0)] == step["box"]
        assert before is None or before["box"] in step["taps"]


def test_sentences_name_the_numbers_of_the_picture() -> None:
    third = growth(PRESETS["base"])[3]
    assert third["sentence"].startswith(
        "Stage 3, dilation 3: the field grows from 17 x 17 to 29 x 29 pixels with 9 weights per channel"
    )


def test_rows_are_the_layers_that_cost_something(net: DigitNet, images: np.ndarray) -> None:
    fields = compute_mean_fields(net, images)
    rows = layer_rows(net, fields)
    cost = complexity(net)
    assert sum(row["multiply_accumulates"] for row in rows) == cost.multiply_accumulates
    modules = dict(net.named_modules())
    for row in rows[:-1]:
        convolution = modules[row["layer"]]
        assert (row["kernel"], row["dilation"]) == (convolution.kernel_size[0], convolution.dilation[0])
        assert row["field"] == receptive_field(net, row["layer"]).size[0]
        assert (row["pixels_read"], row["pixels_in_field"]) == coverage(net, row["layer"])[:2]
        assert 0 <= row["effective_fraction"] <= 1
    assert rows[-1]["layer"] == "head"
    for layer in (layer for layer in layers_of(net.config) if layer.is_convolution):
        (row,) = (row for row in rows if row["layer"] == layer.name)
        assert row["effective_height"] == fields[layer.output].box.size[0], "what the picture of its stage says"
    assert rows[-1]["pixels_in_field"] == 784


def test_a_stage_of_1_x_1_kernels_is_not_said_to_grow_the_field() -> None:
    config = NetworkConfig(8, stages=(StageConfig(8, kernel=1),))
    assert growth(config)[1]["sentence"].startswith(
        "Stage 1 has 1 x 1 kernels, which see no neighbours: the field stays"
    )
