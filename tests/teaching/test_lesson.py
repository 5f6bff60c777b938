"""A lesson: something is learned, and what it started from is never touched."""

import math
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.drawing.strokes import rasterize
from model.inference import read
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay
from model.teaching.result import FineTuned
from tests.teaching.conftest import QUICK, SQUARE, STAR, Teach, example, same, weights


def test_a_star_becomes_a_class_of_its_own(net: DigitNet, teach: Teach) -> None:
    result = teach([STAR, SQUARE], ["star", "square"], teaching=Teaching(steps=20, batch=32))
    assert result.network.classes == [*net.classes, "star", "square"]
    assert result.before.samples == 0
    assert result.after.samples == 1
    assert result.after.replay >= result.before.replay - 0.02


def test_a_digit_that_is_misread_is_read_correctly_afterwards(teach: Teach) -> None:
    result = teach([STAR], ["4"], teaching=Teaching(steps=30, batch=32, interpolation=1.0))
    assert result.before.probabilities[0, 4] < 0.5 < result.after.probabilities[0, 4]


def test_what_it_starts_from_is_never_changed(net: DigitNet, teach: Teach) -> None:
    before = weights(net)
    teach([STAR], ["star"])
    assert same(weights(net), before)
    assert not any(module.training for module in net.modules())


def test_a_run_that_is_stopped_leaves_everything_as_it_was(net: DigitNet, teach: Teach) -> None:
    before = weights(net)

    def stop(step: object) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        teach([STAR], ["star"], on_step=stop)
    assert same(weights(net), before)


def test_the_same_seed_gives_the_same_network(teach: Teach) -> None:
    one, other, third = (weights(teach([STAR], ["4"], seed=seed).network) for seed in (3, 3, 4))
    assert same(one, other)
    assert not same(one, third)


def test_running_statistics_stay_frozen(net: DigitNet, teach: Teach) -> None:
    """A few samples say nothing about them; without freezing, other people's digits are read worse at once."""
    after = weights(teach([STAR], ["4"]).network)
    for name, tensor in weights(net).items():
        if "running" in name:
            assert torch.equal(after[name], tensor), name


def test_only_the_layers_that_are_named_change(net: DigitNet, teach: Teach) -> None:
    last = net.stages[-1].config.shares
    assert last is not None, "the weights of the last stage stand under the name of the stage that owns them"
    assert moved(teach([STAR], ["4"], teaching=Teaching(layers="head", variants=8))) == {"head"}
    teaching = Teaching(steps=4, batch=16, layers="last", variants=8)
    assert moved(teach([STAR], ["4"], teaching=teaching)) == {
        "head",
        f"stages.{last}.depthwise",
        f"stages.{last}.pointwise",
    }
    assert "stem" not in moved(teach([STAR], ["4"]))
    all_of_it = Teaching(steps=6, batch=16, layers="all", variants=8)
    assert {"stem", "stages.0.depthwise", "head"} <= moved(teach([STAR], ["4"], teaching=all_of_it))


def moved(result: FineTuned) -> set[str]:
    """The layers whose weights have changed."""
    return {name for name, change in result.changes.items() if change > 0}


def test_the_steps_report_what_is_promised(teach: Teach) -> None:
    heard = []
    result = teach([STAR], ["star"], on_step=heard.append)
    assert heard == result.history
    assert [step.step for step in heard] == sorted(step.step for step in heard)
    assert (heard[0].step, heard[-1].step, heard[-1].steps) == (0, 6, 6)
    assert all(0 <= step.samples <= 1 and 0 <= step.replay <= 1 for step in heard)


def test_taught_samples_are_familiar(net: DigitNet, old: Replay) -> None:
    wary, image = deepcopy(net), rasterize(STAR)[None]
    wary.familiar_energy.fill_(1000)
    assert not read(wary, image).familiar[0]
    assert read(fine_tune(wary, image, ["star"], replay=old, teaching=QUICK).network, image).familiar[0]


def test_the_network_that_others_use_gets_no_hooks(
    net: DigitNet, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers to their pens would be taken for features of old digits."""
    register = torch.nn.Module.register_forward_hook

    def guarded(module: torch.nn.Module, *arguments: object) -> object:
        assert module is not net.pool
        return register(module, *arguments)

    monkeypatch.setattr(torch.nn.Module, "register_forward_hook", guarded)
    teach([STAR], ["star"])


def test_images_alone_teach_too(net: DigitNet, old: Replay) -> None:
    result = fine_tune(net, rasterize(STAR)[None], ["star"], replay=old, teaching=QUICK)
    assert result.after.samples == 1


def test_teaching_works_without_old_digits(teach: Teach, old: Replay) -> None:
    teaching = Teaching(steps=3, batch=8, replay=0.0, interpolation=1.0)
    result = teach([STAR], ["4"], teaching=teaching)
    assert result.after.samples == 1
    other = old._replace(rehearsed=old.held_out)
    assert same(weights(teach([STAR], ["4"], teaching=teaching, replay=other).network), weights(result.network))


def test_a_network_of_letters_alone_is_taught(net: DigitNet, old: Replay) -> None:
    """There is no digit to rehearse then, nor one that could be taken for the new class."""
    letters = DigitNet(replace(net.config, classes=("star", "square"))).eval()
    features = {name: value for name, value in net.state_dict().items() if not name.startswith("head.")}
    letters.load_state_dict(features, strict=False)
    drawings = [STAR, SQUARE, example("1")]
    images = np.stack([rasterize(drawing) for drawing in drawings])
    teaching = Teaching(steps=20, head_steps=60, batch=16, variants=8)
    result = fine_tune(letters, images, ["star", "square", "line"], drawings=drawings, replay=old, teaching=teaching)
    assert result.network.classes == ["star", "square", "line"]
    assert result.after.samples == 1
    assert result.after.per_class == {}


@pytest.mark.parametrize("share", [0.75, 0.95])
def test_samples_have_a_place_in_the_smallest_batch(teach: Teach, share: float) -> None:
    teaching = Teaching(steps=11, head_steps=1, batch=2, replay=share)  # the loss of the tenth is reported
    assert math.isfinite(teach([STAR], ["4"], teaching=teaching).history[-1].loss)


@pytest.mark.parametrize(
    "settings", [{"steps": -1}, {"batch": 1}, {"replay": 1.0}, {"layers": "some"}, {"interpolation": 2}]
)
def test_settings_out_of_range_are_refused_in_a_sentence(settings: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        Teaching(**settings)
