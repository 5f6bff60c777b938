"""What a lesson is made of: samples that are checked and varied, and old digits."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.drawing.variants import variants
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.replay import EMBEDDED, GENERATED, MNIST, Replay, embedded_replay, load_replay, source_of
from tests.teaching.conftest import SQUARE, STAR, Teach


def test_the_only_drawing_of_a_class_is_varied_more_than_one_of_many(
    teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> None:
    amounts = []

    def spy(drawing: list, count: int, generator: np.random.Generator, amount: float) -> np.ndarray:
        amounts.append(amount)
        return variants(drawing, count, generator, amount)

    monkeypatch.setattr("model.teaching.material.variants", spy)
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
def test_invalid_samples_are_refused(teach: Teach, drawings: list, labels: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        teach(drawings, labels)


def test_having_no_samples_is_refused(net: DigitNet, old: Replay) -> None:
    with pytest.raises(ValueError, match="no samples"):
        fine_tune(net, np.zeros((0, 28, 28), np.uint8), [], replay=old)


def test_classes_keep_their_places(teach: Teach) -> None:
    with pytest.raises(ValueError, match="begin with"):
        teach([STAR], ["star"], classes=["star", *"0123456789"])


def test_mnist_is_rehearsed_as_soon_as_it_has_arrived(
    tmp_path: Path, stand_in_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.VALIDATION_SIZE", 200)
    data = tmp_path / "data"
    assert load_replay(data).source == source_of(data) == GENERATED
    shutil.copytree(stand_in_data, data)
    assert load_replay(data).source == source_of(data) == MNIST


def test_without_mnist_drawn_digits_are_rehearsed_and_prove(tmp_path: Path) -> None:
    replay = load_replay(tmp_path)
    assert replay.source == GENERATED
    assert len(replay.held_out.labels) >= 5000, "fewer could not tell half a point of one digit"
    assert replay.rehearsed.labels.bincount().tolist() == [replay.rehearsed.labels.numel() // 10] * 10


def test_with_mnist_its_training_and_validation_images_are_used(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.VALIDATION_SIZE", 150)
    assert load_replay(stand_in_data).source == MNIST


def test_no_old_digit_is_both_rehearsed_and_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[np.random.Generator, list[str]] = {}  # of what is rehearsed, and of what is held out

    def spy(drawing: list, count: int, generator: np.random.Generator) -> np.ndarray:
        drawn.setdefault(generator, []).append(json.dumps(drawing))
        return variants(drawing, count, generator)

    monkeypatch.setattr("model.teaching.replay.variants", spy)
    replay = embedded_replay.__wrapped__()
    rehearsed, chosen, held_out = drawn.values()
    assert replay.source == EMBEDDED
    assert len(held_out) == 10
    assert not set(rehearsed) & set(held_out) | set(rehearsed) & set(chosen) | set(chosen) & set(held_out)
