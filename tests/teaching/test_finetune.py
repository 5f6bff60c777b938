"""Teaching: something is learned, nothing is forgotten, and what it started from is never touched."""

import json
import math
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import load_checkpoint, read_metadata
from model.drawing.examples import load_examples
from model.drawing.samples import Sample, write_samples
from model.drawing.strokes import rasterize
from model.drawing.variants import variants
from model.finetune import INTERPOLATIONS, FineTuned, Teaching, fine_tune, main
from model.inference import predict, read
from model.network import DigitNet
from model.teaching.cross_validation import cross_validate
from model.teaching.replay import EMBEDDED, MNIST, Replay, embedded_replay, load_replay

QUICK = Teaching(steps=6, head_steps=20, batch=16, variants=8)
STAR = [[[0.5, 0.1], [0.7, 0.9], [0.1, 0.4], [0.9, 0.4], [0.3, 0.9], [0.5, 0.1]]]
SQUARE = [[[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]]]
Teach = Callable[..., FineTuned]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    """A shipped network, not to be changed."""
    return load_checkpoint("tiny")


@pytest.fixture(scope="module")
def old() -> Replay:
    """Old digits that are on every machine, few of them."""
    replay = embedded_replay()
    return Replay(replay.source, *(type(split)(split.images[::10], split.labels[::10]) for split in replay[1:]))


@pytest.fixture(scope="module")
def teach(net: DigitNet, old: Replay) -> Teach:
    """teach(drawings, labels, **more): as `fine_tune`, quickly."""

    def teach(drawings: list, labels: list[str], **more: object) -> FineTuned:
        images = np.stack([rasterize(drawing) for drawing in drawings])
        return fine_tune(net, images, labels, **{"drawings": drawings, "replay": old, "teaching": QUICK, **more})

    return teach


def example(digit: str) -> list:
    return next(drawing for _, label, drawing in load_examples() if label == digit)


def weights(net: DigitNet) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_star_becomes_a_class_of_its_own(net: DigitNet, teach: Teach) -> None:
    result = teach([STAR, SQUARE], ["star", "square"], teaching=Teaching(steps=20, batch=32))
    assert result.network.classes == [*net.classes, "star", "square"]
    assert result.before.samples == 0
    assert result.after.samples == 1
    assert result.after.replay >= result.before.replay - 0.02


def test_a_digit_that_is_read_wrongly_is_read_rightly_afterwards(teach: Teach) -> None:
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
    last = f"stages.{max(index for index, stage in enumerate(net.stages) if stage.config.shares is None)}."
    assert set(moved(teach([STAR], ["4"], teaching=Teaching(layers="head", variants=8)))) == {"head"}
    names = set(moved(teach([STAR], ["4"], teaching=Teaching(steps=4, batch=16, layers="last", variants=8))))
    assert "head" in names
    assert all(name == "head" or name.startswith(("stages.", last)) for name in names)
    assert "stem" in moved(teach([STAR], ["4"]))


def moved(result: FineTuned) -> dict[str, float]:
    return {name: change for name, change in result.changes.items() if change > 0}


def test_going_no_part_of_the_way_is_the_old_network(net: DigitNet, teach: Teach) -> None:
    result = teach([STAR], ["4"], teaching=Teaching(steps=4, batch=16, interpolation=0.0))
    assert result.interpolation == 0
    assert np.array_equal(result.before.probabilities, result.after.probabilities)


def test_the_steps_tell_what_is_promised(teach: Teach) -> None:
    heard = []
    result = teach([STAR], ["star"], on_step=heard.append)
    assert heard == result.history
    assert [step.step for step in heard] == sorted(step.step for step in heard)
    assert (heard[0].step, heard[-1].step, heard[-1].steps) == (0, 6, 6)
    assert all(0 <= step.samples <= 1 and 0 <= step.replay <= 1 for step in heard)


def test_what_was_taught_is_no_longer_strange(net: DigitNet, old: Replay) -> None:
    wary, image = deepcopy(net), rasterize(STAR)[None]
    wary.familiar_energy.fill_(1000)
    assert not read(wary, image).familiar[0]
    assert read(fine_tune(wary, image, ["star"], replay=old, teaching=QUICK).network, image).familiar[0]


def test_the_network_that_others_read_with_gets_no_hooks(
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


def test_teaching_goes_without_old_digits(teach: Teach, old: Replay) -> None:
    teaching = Teaching(steps=3, batch=8, replay=0.0, interpolation=1.0)
    result = teach([STAR], ["4"], teaching=teaching)
    assert result.after.samples == 1
    other = Replay(old.source, old.held_out, old.held_out)
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


def old_probabilities(net: DigitNet, old: Replay) -> np.ndarray:
    return predict(net, old.held_out.images)


def test_what_was_said_of_old_digits_holds_it_in_place(net: DigitNet, old: Replay, teach: Teach) -> None:
    """Without distillation, and without old digits, what is said of other people's digits drifts farther."""
    before = old_probabilities(net, old)

    def drift(**settings: float) -> float:
        teaching = Teaching(steps=20, head_steps=20, batch=32, variants=8, interpolation=1.0, **settings)
        taught = teach([example("3")], ["8"], teaching=teaching).network  # at odds with what other people's digits say
        return float(np.abs(old_probabilities(taught, old) - before).mean())

    held, labels_only, alone = drift(distillation=20.0), drift(distillation=0.0), drift(replay=0.0)
    assert held < labels_only < alone


def test_it_goes_no_farther_than_old_digits_allow(teach: Teach, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"steps": 20, "head_steps": 40, "batch": 32, "variants": 8, "replay": 0.0}
    kept = {
        share: teach([STAR], ["8"], teaching=Teaching(**settings, interpolation=share)).after.replay
        for share in INTERPOLATIONS
    }
    assert min(kept.values()) < max(kept.values()), "how far it goes has to matter here"

    def taught_with(tolerance: float) -> FineTuned:
        monkeypatch.setattr("model.finetune.TOLERANCE", tolerance)
        return teach([STAR], ["8"], teaching=Teaching(**settings))

    assert taught_with(1.0).interpolation == 1.0
    worst_last = tuple(sorted(kept, key=kept.__getitem__, reverse=True))
    monkeypatch.setattr("model.finetune.INTERPOLATIONS", worst_last)
    assert taught_with(-1.0).after.replay == max(kept.values()), "where none is good enough, the best"
    monkeypatch.setattr("model.finetune.INTERPOLATIONS", INTERPOLATIONS)
    within = taught_with(taught_with(-1.0).before.replay - sorted(kept.values())[1])
    assert within.after.replay >= sorted(kept.values())[1]


def test_one_class_alone_is_not_made_more_frequent_than_ten(
    net: DigitNet, old: Replay, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise old digits are taken for a new class that looks like one of them."""

    def taken_for_it() -> float:
        teaching = Teaching(steps=20, batch=32, variants=8, interpolation=1.0)
        network = teach([example("7")], ["hook"], teaching=teaching).network
        return float(old_probabilities(network, old)[:, len(net.classes)].mean())

    monkeypatch.setattr("model.finetune.MISTAKEN", 1.0)  # holding it back afterwards would hide the difference
    weighed = taken_for_it()
    monkeypatch.setattr("model.finetune.LEAST_WEIGHT", 1.0)
    assert weighed < taken_for_it()


def test_a_new_class_that_looks_like_a_digit_takes_hardly_any_of_them(
    teach: Teach, old: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taught(mistaken: float, still_read: float) -> FineTuned:
        monkeypatch.setattr("model.finetune.MISTAKEN", mistaken)
        monkeypatch.setattr("model.finetune.STILL_READ", still_read)
        return teach([example("1")], ["stick"], teaching=Teaching(steps=20, batch=32, interpolation=1.0))

    def taken(result: FineTuned) -> int:
        return int((old_probabilities(result.network, old).argmax(1) == len(result.network.classes) - 1).sum())

    unchecked, checked = taught(1.0, 0.0), taught(0.02, 0.0)
    assert taken(checked) <= 0.02 * len(old.held_out.labels) < taken(unchecked)
    assert taught(0.0, 1.0).after.samples == unchecked.after.samples == 1, "what was shown is read all the same"


def test_the_only_drawing_of_a_class_is_varied_farther_than_one_of_many(
    teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = []

    def spy(drawing: list, count: int, generator: np.random.Generator, amount: float) -> np.ndarray:
        amounts.append(amount)
        return variants(drawing, count, generator, amount)

    monkeypatch.setattr("model.finetune.variants", spy)
    teach([STAR, SQUARE, SQUARE, SQUARE, SQUARE], ["4", "0", "0", "0", "0"])
    assert amounts[0] == 2 * amounts[1]
    assert len(set(amounts[1:])) == 1


@pytest.mark.parametrize(
    ("drawings", "labels", "sentence"),
    [
        ([STAR], [], "as many labels"),
        ([STAR], ["1", "2"], "as many labels"),
        ([STAR], [""], "at least one character"),
        ([STAR], ["x" * 300], "at most 24 characters"),
        ([STAR], ["a\x00b"], "control character"),
    ],
)
def test_bad_samples_are_a_sentence(teach: Teach, drawings: list, labels: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        teach(drawings, labels)


def test_no_samples_are_a_sentence(net: DigitNet, old: Replay) -> None:
    with pytest.raises(ValueError, match="no samples"):
        fine_tune(net, np.zeros((0, 28, 28), np.uint8), [], replay=old)


def test_classes_keep_their_places(teach: Teach) -> None:
    with pytest.raises(ValueError, match="begin with"):
        teach([STAR], ["star"], classes=["star", *"0123456789"])


@pytest.mark.parametrize(
    "settings", [{"steps": -1}, {"batch": 1}, {"replay": 1.0}, {"layers": "some"}, {"interpolation": 2}]
)
def test_settings_beyond_their_range_are_a_sentence(settings: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        Teaching(**settings)


# Held-out samples -----------------------------------------------------------------------------------------------------


def test_one_sample_a_class_is_too_few_to_tell(net: DigitNet, old: Replay) -> None:
    images = np.stack([rasterize(STAR), rasterize(SQUARE)])
    assert cross_validate(net, images, ["4", "0"], replay=old, teaching=QUICK) is None


def test_every_sample_of_a_class_with_two_is_held_out_once(
    net: DigitNet, old: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught = []

    def spy(net: DigitNet, images: np.ndarray, labels: list[str], **more: object) -> FineTuned:
        taught.append(labels)
        return fine_tune(net, images, labels, **more)

    monkeypatch.setattr("model.teaching.cross_validation.fine_tune", spy)
    zeros = [example.drawing for example in load_examples() if example.label == "0"][:3]
    images = np.stack([rasterize(drawing) for drawing in [*zeros, STAR]])
    held = cross_validate(
        net, images, ["0", "0", "0", "4"], drawings=[*zeros, STAR], replay=old, teaching=QUICK, folds=2
    )
    assert taught == [["0", "4"], ["0", "0", "4"]], "two of the three zeros are held out first, then the third"
    assert held.total == 3
    assert held.before == 3
    assert 0 <= held.after <= 3


# Old digits -----------------------------------------------------------------------------------------------------------


def test_mnist_is_rehearsed_as_soon_as_it_has_arrived(tmp_path: Path, stand_in_data: Path, monkeypatch) -> None:
    monkeypatch.setattr("model.data.VALIDATION_SIZE", 200)
    data = tmp_path / "data"
    assert load_replay(data).source == EMBEDDED
    shutil.copytree(stand_in_data, data)
    assert load_replay(data).source == MNIST


@pytest.mark.parametrize("share", [0.75, 0.95])
def test_samples_have_a_place_in_the_smallest_batch(teach: Teach, share: float) -> None:
    teaching = Teaching(steps=11, head_steps=1, batch=2, replay=share)  # the loss of the tenth is told
    assert math.isfinite(teach([STAR], ["4"], teaching=teaching).history[-1].loss)


def test_without_mnist_the_embedded_drawings_are_rehearsed(tmp_path: Path) -> None:
    replay = load_replay(tmp_path)
    assert replay.source == EMBEDDED
    assert replay.rehearsed.labels.bincount().tolist() == [replay.rehearsed.labels.numel() // 10] * 10


def test_with_mnist_its_training_and_validation_images_are_used(stand_in_data: Path, monkeypatch) -> None:
    monkeypatch.setattr("model.data.VALIDATION_SIZE", 150)
    assert load_replay(stand_in_data).source == MNIST


def test_no_old_digit_is_both_rehearsed_and_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[np.random.Generator, list[str]] = {}  # of what is rehearsed, and of what is held out

    def spy(drawing: list, count: int, generator: np.random.Generator) -> np.ndarray:
        drawn.setdefault(generator, []).append(json.dumps(drawing))
        return variants(drawing, count, generator)

    monkeypatch.setattr("model.teaching.replay.variants", spy)
    replay = embedded_replay.__wrapped__()
    rehearsed, held_out = drawn.values()
    assert replay.source == EMBEDDED
    assert len(held_out) == 10
    assert not set(rehearsed) & set(held_out)


# The command ----------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_network_that_reads_the_samples(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "samples.json"
    file.write_text(write_samples([Sample("star", STAR), Sample("0", SQUARE)]), "utf-8")
    out = tmp_path / "mine.safetensors"
    assert main([str(file), "--checkpoint", "nano", "--out", str(out), "--data", str(tmp_path)]) == 0
    assert "star" in load_checkpoint(out).classes
    assert read_metadata(out)["replay"] == EMBEDDED
    assert "-> 100.00 %" in capsys.readouterr().out


def test_the_command_names_samples_at_odds_with_each_other(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file, out = tmp_path / "samples.json", tmp_path / "mine.safetensors"
    file.write_text(write_samples([Sample("3", STAR), Sample("8", STAR)]), "utf-8-sig")
    assert main([str(file), "--checkpoint", "nano", "--out", str(out), "--data", str(tmp_path)]) == 0
    assert "Samples 1 and 2 are the same drawing, called 3 and 8" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"format": 99, "samples": []}), "[" * 100_000, b"\xff\xfe"])
def test_a_file_that_is_none_is_a_sentence(tmp_path: Path, text: str | bytes, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "samples.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main([str(file), "--out", str(tmp_path / "mine.safetensors")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "mine.safetensors").exists()
