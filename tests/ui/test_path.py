"""The question and the path speak in numbers of the network that is there."""

from dataclasses import replace
from pathlib import Path

import pytest

from model import DigitNet, NetworkConfig, complexity, receptive_field, save_checkpoint
from model.layers import milestones
from model.network import PRESETS, StageConfig
from ui.first_visit.path import describe_path
from ui.first_visit.question import answer_of
from ui.kept.networks import Networks


def test_the_question_is_answered_by_the_fields_of_the_network_and_its_twin() -> None:
    config = PRESETS["base"]
    asked = answer_of(config)
    dilated = DigitNet(replace(config, stages=config.stages[:3]))  # up to the widest
    seen = receptive_field(dilated, milestones(dilated.config)[-1].output).size[0]
    assert asked["question"] == f"How can nine weights see {seen} x {seen} pixels?"
    own, twin = (picture["steps"][-1]["box"] for picture in asked["pictures"])
    assert own[2] - own[0] == seen
    assert twin[2] - twin[0] == 5 + 3 * 2 * 2, "the stem's 5, and three stages of two cells more on either side"
    assert f"{complexity(dilated).parameters:,} parameters" in asked["answer"]


def test_without_dilation_there_is_no_question() -> None:
    config = PRESETS["base"]
    assert answer_of(replace(config, stages=tuple(replace(stage, dilation=1) for stage in config.stages))) is None


@pytest.mark.parametrize(
    "stages",
    [
        (StageConfig(8, dilation=2), StageConfig(8)),  # nothing undilated before it
        (StageConfig(8, kernel=5), StageConfig(8, dilation=2)),  # other kernels
        (StageConfig(8), StageConfig(8, dilation=2, branches=(4,))),  # dilations side by side
    ],
)
def test_where_stages_cannot_be_compared_the_path_says_so(stages: tuple[StageConfig, ...], tmp_path: Path) -> None:
    save_checkpoint(DigitNet(NetworkConfig(8, stages=stages)), tmp_path / "mine.safetensors")
    networks = Networks([str(tmp_path / "mine.safetensors")])
    with pytest.raises(ValueError, match="needs a separable network with a dilated stage after an undilated one"):
        describe_path(networks, str(tmp_path / "mine.safetensors"))


def test_a_question_is_asked_of_weights_that_are_alike_only() -> None:
    stages = (StageConfig(8, kernel=5), StageConfig(8, dilation=2))
    assert answer_of(NetworkConfig(8, stages=stages)) is None
    alike = NetworkConfig(8, stages=tuple(replace(stage, kernel=3) for stage in stages))
    assert answer_of(alike) is not None
    assert answer_of(replace(alike, separable=False)) is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_has_a_path_of_six_steps_over_layers_that_it_has(name: str) -> None:
    steps = describe_path(Networks([name]), name)["steps"]
    assert [step["check"] for step in steps] == ["draw", "cell", "cell", "cell", "fool", "teach"]
    modules = dict(DigitNet(PRESETS[name]).named_modules())
    near, far, mixed = (modules[step["layer"]] for step in steps if step["layer"])
    assert near.dilation == (1, 1)
    assert far.dilation[0] == max(stage.dilation for stage in PRESETS[name].stages)
    assert mixed.kernel_size == (1, 1)


def test_the_weights_of_the_path_are_those_of_the_network() -> None:
    step = describe_path(Networks(["base"]), "base")["steps"][3]
    stage = DigitNet(PRESETS["base"]).stages[2]
    few = stage.depthwise.weight.numel() + stage.pointwise.weight.numel()
    many = stage.depthwise.weight.numel() * stage.config.channels  # a kernel for each pair of channels
    assert f"{few:,} weights, where a standard convolution has {many:,}" in step["sentence"]


def test_dilation_is_set_against_the_same_stages_without_it() -> None:
    found = describe_path(Networks(["base"]), "base")["steps"][2]["found"]
    wide, narrow = (picture["sentence"] for picture in answer_of(PRESETS["base"])["pictures"])
    assert f"sees {wide}" in found
    assert f"would see {narrow.removesuffix(' pixels')} with as many weights" in found


def test_a_network_of_standard_convolutions_is_refused_in_a_sentence() -> None:
    name = "study-standard-dilated"
    with pytest.raises(ValueError, match="needs a separable network"):
        describe_path(Networks([name]), name)
