"""The measurement of teaching: what is tested was never taught, and every ingredient can really be left out."""

import json
from pathlib import Path

import pytest
import torch

from model import evaluate
from model.checkpoint import load_checkpoint
from model.data import Split
from model.drawing.corpora import Character, PenDigit
from model.drawing.examples import load_examples
from model.network import DigitNet
from model.teaching import few_shot
from model.teaching.few_shot import ABLATION, Episode, letter_episodes, summary, without, writer_episodes
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import embedded_replay

QUICK = Teaching(steps=2, head_steps=4, batch=8, variants=0)
HANDS = list(dict.fromkeys(example.hand for example in load_examples()))
SAMPLES = [PenDigit(example.drawing, example.label, HANDS.index(example.hand) // 2) for example in load_examples()]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    """A shipped network, not to be changed."""
    return load_checkpoint("nano")


@pytest.fixture(scope="module")
def old() -> Split:
    """A few old digits."""
    held_out = embedded_replay().held_out
    return Split(held_out.images[::20], held_out.labels[::20])


def test_every_writer_is_taught_alone_and_tested_on_the_rest(
    net: DigitNet, old: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: list[torch.Tensor] = []

    def spy(net: DigitNet, images: torch.Tensor, labels: list[str], **more: object) -> object:
        taught.append((len(images), sorted(labels)))
        return fine_tune(net, images, labels, **more)

    tested: list[int] = []

    def accuracy(net: DigitNet, data: Split) -> float:
        tested.append(len(data.labels))
        return accuracy_of_few_shot(net, data)

    accuracy_of_few_shot = few_shot._accuracy
    monkeypatch.setattr("model.teaching.few_shot.fine_tune", spy)
    monkeypatch.setattr(few_shot, "_accuracy", accuracy)
    episodes = list(writer_episodes(net, SAMPLES, 1, old, embedded_replay(), QUICK))
    assert [episode.name for episode in episodes] == [0, 1]
    assert taught == [(10, sorted("0123456789"))] * 2
    assert tested == [len(old.labels), *[10, 10, len(old.labels)] * 2]  # ten are left of each writer's twenty


def test_a_letter_becomes_a_class_and_digits_taken_for_it_are_counted(net: DigitNet, old: Split) -> None:
    cross = [[[0.1, 0.1], [0.9, 0.9]], [[0.9, 0.1], [0.1, 0.9]]]
    letters = [Character(cross, 24, drawer) for drawer in range(8)]
    (episode,) = letter_episodes(net, letters, old, embedded_replay(), QUICK)
    assert episode.name == 24
    assert episode.after == 1
    assert 0 <= episode.mistaken <= 1 - episode.old_after


def test_a_summary_names_the_worst_and_what_was_lost() -> None:
    values = summary([Episode(3, 0.9, 0.95, 0.99, 0.98, 0.0, 1.0), Episode(7, 0.8, 1.0, 0.99, 0.995, 0.0, 3.0)])
    assert values["worst"] == 3
    assert values["before"] == pytest.approx(85)
    assert values["lost"] == pytest.approx(0.25)
    assert values["lost_most"] == pytest.approx(1.0)
    assert values["seconds"] == pytest.approx(2.0)


@pytest.mark.parametrize("name", [name for name in ABLATION if name != "all of it"])
def test_every_ablation_leaves_something_out(name: str) -> None:
    assert without(Teaching(), ABLATION[name]) != (Teaching(), True)


def test_the_command_prints_a_row_for_every_number_of_shots(
    tmp_path: Path, stand_in_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "read_pendigits", lambda path: SAMPLES)
    monkeypatch.setattr(evaluate, "Teaching", lambda: QUICK)
    arguments = ["--checkpoint", "nano", "--few-shot", "FILE", "--source", "embedded", "--data", str(stand_in_data)]
    assert evaluate.main([*arguments, "--shots", "1", "--writers", "1"]) == 0
    assert "nano, 1 a class" in capsys.readouterr().out


def test_a_wrong_file_is_refused(tmp_path: Path, stand_in_data: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "none.tra"
    file.write_text(json.dumps([1]), "ascii")
    assert evaluate.main(["--few-shot", str(file), "--data", str(stand_in_data)]) == 2
    assert "pendigits" in capsys.readouterr().err
