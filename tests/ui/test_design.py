"""Designs: what they cost and read before they are trained, and how invalid ones are refused."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import (
    PRESETS,
    DigitNet,
    NetworkConfig,
    StageConfig,
    complexity,
    receptive_field,
    save_checkpoint,
    tap_lattice,
)
from model.design.configuration import (
    DEFAULT_DESIGN,
    MAX_MULTIPLY_ACCUMULATES,
    MAX_PARAMETERS,
    DesignError,
    check_size,
    cost_of,
    read_design,
    values_of,
    write_design,
)
from model.design.neighbours import advice_on
from model.fields.gridding import (
    columns_in_field,
    gridding_of,
    idle_stages,
    map_sizes,
    pixels_of_image,
    windows_of,
)
from model.fields.layer_fields import coverage
from tests.probing import configurations
from ui.design.tab import (
    assess_design,
    counts_sentence,
    coverage_sentence,
    gridding_sentence,
    growth_sentence,
    notes_on,
)
from ui.learn.gridding import columns_read
from ui.teach.network_files import MAX_UPLOAD

DESIGNS = configurations(channels=6, dilations=9, stages=4, strides=(1, 2), stem_strides=(1, 2), branches=2)


def dilated(*dilations: int, stem_kernel: int = 5, stem_stride: int = 2) -> NetworkConfig:
    """A design of 3 x 3 stages."""
    return NetworkConfig(8, stem_kernel, stem_stride, tuple(StageConfig(8, dilation=d) for d in dilations))


def last_stage(config: NetworkConfig) -> str:
    """Name of the last stage as a layer."""
    return f"stages.{len(config.stages) - 1}"


# What a design reads ------------------------------------------------------------------------------------------------


@given(DESIGNS)
def test_the_columns_of_the_field_are_those_of_the_open_lattice(config: NetworkConfig) -> None:
    """One axis alone, without residual paths, against the lattice that counts every path."""
    columns = columns_in_field(windows_of(config))
    read = coverage(DigitNet(config), last_stage(config))
    assert columns.size**2 == read.total
    np.testing.assert_array_equal(columns, (~read.unread).any(axis=0))
    if not any(stage.branches for stage in config.stages):  # dilations side by side leave crossings out
        np.testing.assert_array_equal(~np.outer(columns, columns), read.unread)


@given(DESIGNS)
def test_the_pixels_of_the_image_are_those_of_the_tap_lattice(config: NetworkConfig) -> None:
    """Also at the image's borders, where no path leads through padding."""
    net, size = DigitNet(config), map_sizes(config)[-1]
    lattice = tap_lattice(net, last_stage(config), (size // 2, size // 2)) > 0
    np.testing.assert_array_equal(pixels_of_image(config, len(config.stages)), lattice)


@given(DESIGNS)
def test_mended_dilations_leave_no_gap(config: NetworkConfig) -> None:
    found = gridding_of(config)
    assert (found is None) == columns_in_field(windows_of(config)[1:]).all()
    if found is None or found.mended is None:
        return
    assert gridding_of(replace(config, stages=found.mended)) is None


def test_dilations_2_4_8_leave_gaps_and_the_warning_says_why() -> None:
    found = gridding_of(dilated(2, 4, 8))
    assert found.sentence.startswith(
        "Dilations 2, 4, 8 read only 15 of the 29 columns in their field; begin with 1, for example 1, 3, 8."
    )
    plain = dilated(2, 4, 8, stem_kernel=1, stem_stride=1)
    lattice = tap_lattice(DigitNet(plain), "stages.2", (14, 14)) > 0
    assert lattice.any(0).sum() == 14, "15 columns, of which one lies beyond the image"
    assert "On the image, too, only 15 of 29 columns are read." in gridding_of(plain).sentence
    assert "closes the gaps" in found.sentence
    assert gridding_of(dilated(1, 2, 3)) is None
    assert gridding_of(dilated(2, 1)) is None, "the order of what is read one after the other does not matter"


def test_a_dilation_as_wide_as_the_map_is_noticed() -> None:
    config = NetworkConfig(4, 5, 4, (StageConfig(4, dilation=6), StageConfig(4, dilation=7)))
    assert idle_stages(config) == [1]
    assert "Stage 2 reads a map of 7 x 7 cells" in " ".join(notes_on(config))


def test_a_field_beyond_the_image_is_allowed_with_a_note() -> None:
    assessed = assess_design({"design": write_design(dilated(1, 2, 3, 4)), "stage": 0})
    assert any("more than the image" in note and "allowed" in note for note in assessed["notes"])
    assert notes_on(dilated(1, 1)) == []


def test_dilations_side_by_side_are_said_to_leave_crossings_out() -> None:
    """3 x 3 taps at 1 and 3 apart: 17 of 49 pixels, though 5 of 7 columns; in the page's words and on its pictures."""
    config = NetworkConfig(8, 1, 1, (StageConfig(8, dilation=1, branches=(3,)),))
    said = coverage_sentence(config)
    assert "only 17 of the 49 pixels" in said
    assert "5 of 7 columns, and as many rows, but not all their crossings" in said
    assessed = assess_design({"design": write_design(config), "stage": 0})
    assert np.unpackbits(np.frombuffer(base64.b64decode(assessed["layers"][-1]["read"]), np.uint8)).sum() == 17
    assert "Dilations 1 + 3 read only 5 of the 7 columns" in assessed["gridding"]


def test_the_sentences_say_what_the_algebra_says() -> None:
    config = dilated(2, 4, stem_kernel=1, stem_stride=1)
    field = receptive_field(DigitNet(config), "stages.1")
    assert f"to {field.size[0]} x {field.size[0]} pixels" in growth_sentence(config)
    read = coverage(DigitNet(config), "stages.1", (14, 14))
    assert f"only {read.read:,} of the {read.total:,} pixels" in coverage_sentence(config)
    assert "reads all 784 pixels of its field within the image" in coverage_sentence(DEFAULT_DESIGN)


# What a design costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [DEFAULT_DESIGN, *PRESETS.values()])
def test_costs_are_those_of_the_network_itself(config: NetworkConfig) -> None:
    assessed = assess_design({"design": write_design(config), "stage": 0})
    cost = complexity(DigitNet(config))
    assert assessed["parameters"] == cost.parameters == cost_of(config).parameters
    assert assessed["multiply_accumulates"] == cost.multiply_accumulates
    head = cost.layers["head"]
    assert sum(layer["parameters"] for layer in assessed["layers"]) == cost.parameters - head.parameters
    json.dumps(assessed)


def test_values_are_the_outputs_of_all_convolutions() -> None:
    counted = 0

    def count(_module: object, _inputs: object, output: torch.Tensor) -> None:
        nonlocal counted
        counted += output[0].numel()

    for config in (DEFAULT_DESIGN, NetworkConfig(4, stages=(StageConfig(6, stride=2),), separable=False)):
        net, counted = DigitNet(config).eval(), 0
        for module in net.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(count)
        net(torch.zeros(1, 1, 28, 28))
        assert values_of(config) == counted


def test_advice_compares_with_the_design_that_it_describes() -> None:
    base = PRESETS["base"]
    advice = advice_on(base, 1)
    wider = NetworkConfig(64, stages=(base.stages[0], StageConfig(64, 5, 2), *base.stages[2:]))
    more = [
        complexity(DigitNet(wider)).parameters - complexity(DigitNet(base)).parameters,
        complexity(DigitNet(wider)).multiply_accumulates - complexity(DigitNet(base)).multiply_accumulates,
    ]
    assert advice["kernel"].startswith(
        f"Kernel 5 instead of 3 in stage 2 costs {more[0]:,} more parameters (+4.6 %) and {more[1]:,} more "
    )
    assert "costs nothing" in advice["dilation"]
    assert "128 filters instead of 64" in advice["filters"]
    standard = complexity(DigitNet(NetworkConfig(64, stages=base.stages, separable=False)))
    assert f"{standard.parameters:,} parameters" in advice["separable"]


@given(DESIGNS, st.integers(0, 3))
def test_there_is_advice_on_every_stage_of_every_design(config: NetworkConfig, index: int) -> None:
    if index < len(config.stages):
        assert all(sentence.endswith(".") for sentence in advice_on(config, index).values())
    else:
        with pytest.raises(ValueError, match="no stage"):
            advice_on(config, index)


# Invalid designs ----------------------------------------------------------------------------------------------------


@given(DESIGNS)
def test_what_is_written_is_read_again(config: NetworkConfig) -> None:
    assert read_design(json.loads(json.dumps(write_design(config)))) == config


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_designs(name: str) -> None:
    assert read_design(json.loads(json.dumps(write_design(PRESETS[name])))) == PRESETS[name]
    check_size(PRESETS[name])


STAGE = {"channels": 8}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"stages": [{"channels": 8, "kernel": 4}]}, "Stage 1, kernel is 4; expected an odd number"),
        ({"stem_kernel": 2}, "Stem, kernel is 2; expected an odd number"),
        (
            {"stages": [STAGE, {"channels": 8, "dilation": 0}]},
            "Stage 2, dilation is 0; expected a whole number from 1",
        ),
        ({"stages": [{"channels": 10_000}]}, "Stage 1, filters is 10000; expected a whole number from 1 to 1024"),
        ({"stages": []}, "stages has 0 entries; expected a list of 1 to 32"),
        ({"stages": [STAGE] * 33}, "stages has 33 entries"),
        ({"stages": "many"}, "stages is not a list"),
        ({"stages": [7]}, r"stages\[0\] has to be an object"),
        ({"stages": [{}]}, r"stages\[0\] lacks the field channels"),
        ({"stages": [{"channels": "8"}]}, "Stage 1, filters is '8'; expected a whole number"),
        ({"stages": [{"channels": 8, "colour": 1}]}, r"stages\[0\] has a field 'colour'; the known ones are channels"),
        ({"stages": [{"channels": 8, "shares": 0}]}, "Stage 1, weights"),
        ({"stages": [{"channels": 8, "branches": [0]}]}, "Stage 1, parallel dilations is 0; expected a whole number"),
        ({"stages": [{"channels": 8, "branches": 2}]}, "Stage 1, parallel dilations has to list at most 3 further"),
        ({"separable": "yes"}, "separable is 'yes'; expected true or false"),
        ({"stem_channels": None}, "Stem, filters is empty; expected a whole number"),
        ({"classes": ["a"]}, "A design has a field 'classes'"),
    ],
)
def test_the_sentence_says_which_field_and_what_is_allowed(values: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        assess_design({"design": {"stem_channels": 8, "stages": [STAGE], **values}, "stage": 0})


@pytest.mark.parametrize("values", [None, [], "text", 3, {}, {"stages": [STAGE]}])
def test_something_other_than_a_design_is_refused(values: object) -> None:
    with pytest.raises(DesignError, match="stem_channels"):
        read_design(values)


def test_a_design_of_50_million_parameters_is_refused_with_limit_and_reason() -> None:
    config = NetworkConfig(64, stages=(StageConfig(512), StageConfig(1024, 9), StageConfig(1024)), separable=False)
    assert cost_of(config).parameters > 50e6
    with pytest.raises(DesignError, match=rf"at most {MAX_PARAMETERS:,} are allowed, so that its file"):
        check_size(config)


def test_a_design_that_would_stop_the_server_is_refused() -> None:
    slow = NetworkConfig(256, stem_stride=1, stages=(StageConfig(256),) * 4)
    with pytest.raises(DesignError, match=rf"at most {MAX_MULTIPLY_ACCUMULATES:,}"):
        check_size(slow)
    large = NetworkConfig(64, stem_kernel=1, stem_stride=1, stages=(StageConfig(64, 1),) * 10)
    with pytest.raises(DesignError, match="values in its maps"):
        check_size(large)


def test_why_the_same_dilations_read_other_columns_is_said_with_every_count() -> None:
    """15 of 29 on the Learn tab, 21 of 53 and 91 of 109 here: one sentence has all of them."""
    stages = tuple(replace(stage, dilation=d) for stage, d in zip(DEFAULT_DESIGN.stages, (2, 4, 8), strict=True))
    said = counts_sentence(replace(DEFAULT_DESIGN, stages=stages))
    alone = columns_read((2, 4, 8))
    assert f"read {alone.sum()} of {alone.size} columns" in said
    warned = gridding_sentence(replace(DEFAULT_DESIGN, stages=stages))
    assert "only 21 of the 53 columns" in warned
    assert "21 of 53 columns of the stem's map" in said
    assert "only 91 of 109 columns" in warned
    assert "91 of 109 columns of the image" in said
    assert said in notes_on(replace(DEFAULT_DESIGN, stages=stages))
    flat = tuple(replace(stage, dilation=1) for stage in DEFAULT_DESIGN.stages)
    assert counts_sentence(replace(DEFAULT_DESIGN, stages=flat)) is None
    assert counts_sentence(DEFAULT_DESIGN) == "Dilations 1, 2, 1 leave no holes: all 33 columns of the field are read."


def test_dilations_side_by_side_that_skip_crossings_are_not_said_to_leave_no_holes() -> None:
    """They read every column and every row, but 17 of 25 pixels."""
    config = NetworkConfig(8, stem_kernel=1, stem_stride=1, stages=(StageConfig(8, branches=(2,)),))
    assert "only 17 of the 25 pixels" in coverage_sentence(config)
    assert "no holes" not in (counts_sentence(config) or "")


def test_a_gap_is_mended_from_the_first_stage_that_sees_its_neighbours() -> None:
    config = NetworkConfig(8, stages=(StageConfig(8, kernel=1, dilation=2), StageConfig(8, dilation=2)))
    assert "in their field; 2, 1 would read all of theirs." in gridding_sentence(config)


def test_the_largest_design_can_be_opened_from_its_file(tmp_path: Path) -> None:
    stages = (StageConfig(760, stride=4), StageConfig(760), StageConfig(760))
    config = NetworkConfig(8, stem_stride=4, stages=stages)
    assert 0.95 * MAX_PARAMETERS < cost_of(config).parameters <= MAX_PARAMETERS
    check_size(config)
    assert save_checkpoint(DigitNet(config), tmp_path / "mine.safetensors").stat().st_size <= MAX_UPLOAD
