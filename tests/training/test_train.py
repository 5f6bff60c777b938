"""Training: the same seed gives the same network, whether it was stopped on the way or not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model import checkpoint, data, train
from model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from model.evaluation.confusion import recorded_confusion
from model.familiarity import UNSET
from model.network import PRESETS, DigitNet
from model.training.recipe import Recipe
from model.training.training import Training
from tests.serving import free_port

ROOT = Path(train.__file__).parent.parent
RECIPE = Recipe(epochs=3, batch=64, strength=0.3)


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A recipe of three epochs of four steps, in a directory of its own, with 200 images to choose by."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setitem(train.RECIPES, "nano", RECIPE)


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `python -m model.train --preset nano` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["train", "--preset", "nano", *map(str, arguments)])
    return train.main()


def stop_at_step(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Ctrl-C in the middle of a training's step of this number."""
    steps = iter(range(number))
    step = Training._step

    def interrupted(self: Training, batch: torch.Tensor) -> torch.Tensor:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(self, batch)

    monkeypatch.setattr(Training, "_step", interrupted)


def assert_equal(first: DigitNet, second: DigitNet) -> None:
    states = first.state_dict(), second.state_dict()
    different = [name for name, tensor in states[0].items() if not torch.equal(tensor, states[1][name])]
    assert not different


def test_the_same_seed_gives_the_same_network_and_another_seed_another(stand_in_data: Path, tmp_path: Path) -> None:
    first, again, other = (
        train.train("nano", seed, RECIPE, stand_in_data, runs=tmp_path / str(run))[0]
        for run, seed in enumerate((3, 3, 4))
    )
    assert_equal(first, again)
    assert not torch.equal(first.stem.weight, other.stem.weight)


def test_stopped_and_resumed_is_bit_for_bit_the_uninterrupted_training(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--out", "whole") == 0
    with monkeypatch.context() as stopped:
        stop_at_step(stopped, 10)  # in the third epoch of four steps
        assert command(monkeypatch, "--data", stand_in_data, "--out", "resumed", "--resume") == 0, "nothing left to do"
        Path("runs/nano-seed0.pt").unlink()
        assert command(monkeypatch, "--data", stand_in_data, "--out", "resumed") == 130
    assert "--resume" in capsys.readouterr().out
    assert not Path("checkpoints/nano.safetensors").exists()
    with monkeypatch.context() as counted:
        stop_at_step(counted, 4)  # only the third epoch is left to train
        assert command(monkeypatch, "--data", stand_in_data, "--out", "resumed", "--resume") == 0
    assert_equal(load_checkpoint("whole"), load_checkpoint("resumed"))
    assert read_metadata("whole") == read_metadata("resumed")


def test_a_checkpoint_says_how_it_was_made_and_what_it_scores(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--seed", 2, "--epochs", 1) == 0
    said = read_metadata("nano-seed2")
    assert (said["preset"], said["seed"], said["teacher"], said["recipe"]["epochs"]) == ("nano", 2, None, 1)
    assert said["figures"]["test"]["images"] == 100
    assert said["figures"]["validation"]["images"] == 200


def test_a_teacher_changes_what_is_learned(stand_in_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 1) == 0
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 1, "--teacher", "nano", "--out", "pupil") == 0
    assert read_metadata("pupil")["teacher"] == "nano"
    assert not torch.equal(load_checkpoint("nano").stem.weight, load_checkpoint("pupil").stem.weight)


def test_a_state_of_another_recipe_is_refused(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as stopped:
        stop_at_step(stopped, 6)
        assert command(monkeypatch, "--data", stand_in_data) == 130
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 5, "--resume") == 2
    assert "the recipe of this training" in capsys.readouterr().err
    save_checkpoint(DigitNet(PRESETS["nano"]), "other")
    assert command(monkeypatch, "--data", stand_in_data, "--teacher", "other", "--resume") == 2
    assert "the teacher of this training" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04 half of a state"])
def test_a_damaged_state_is_refused(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    Path("runs").mkdir()
    Path("runs/nano-seed0.pt").write_bytes(content)
    assert command(monkeypatch, "--data", stand_in_data, "--resume") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_missing_data_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data.import_mnist(), "download", lambda self: (_ for _ in ()).throw(OSError("no network")))
    assert command(monkeypatch, "--data", tmp_path / "nothing") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("MNIST is not under")


@pytest.mark.parametrize(
    "arguments", [("--teacher", "nobody"), ("--device", "abacus"), ("--device", "cuda:99"), ("--epochs", "-1")]
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, *arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


TWO_PROCESSES = """
import os, sys, torch
from pathlib import Path
from model import data
from model.train import train
from model.training.recipe import Recipe
data.VALIDATION_SIZE = 200
torch.optim.SGD([torch.zeros(1)])  # what optimizers import is imported once
rank = int(os.fork() == 0)
os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
out = Path(sys.argv[2])
net, _ = train("nano", 0, Recipe(epochs=1, batch=64), sys.argv[1], runs=out)
torch.save(dict(net.named_parameters()), out / f"rank{rank}.pt")
sys.exit(0 if rank else os.wait()[1] != 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are forked")
def test_two_processes_train_one_network(stand_in_data: Path, tmp_path: Path) -> None:
    """With the environment that torchrun gives them; forked, since importing PyTorch is what takes time."""
    one_machine = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", TWO_PROCESSES, stand_in_data, tmp_path],
        env=os.environ | one_machine | {"MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert done.stdout.count("epoch   1/1") == 1, "only the leading process reports"


def test_hands_and_outliers_are_trained_on_and_what_is_familiar_goes_by_evidence(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, few_drawings: None
) -> None:
    options = ("--data", stand_in_data, "--epochs", 1)
    assert command(monkeypatch, *options) == 0
    assert command(monkeypatch, *options, "--hands", 0.2, "--outlier-share", 0.2, "--out", "both") == 0
    alone, both = load_checkpoint("nano"), load_checkpoint("both")
    assert not torch.equal(alone.stem.weight, both.stem.weight)
    assert alone.familiar_energy > UNSET == alone.familiar_evidence
    assert both.familiar_evidence > UNSET == both.familiar_energy
    said = read_metadata("both")
    assert (said["recipe"]["hands"], said["recipe"]["outliers"]) == (0.2, 0.2)
    assert said["figures"]["hands"]["images"] == 60
    assert len(list(Path("runs").glob("*.npy"))) == 3, "what was rendered is kept"


def test_a_training_that_goes_on_from_a_checkpoint_says_so(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 1) == 0
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 1, "--from", "nano", "--out", "further") == 0
    said = read_metadata("further")
    assert said["start"]["name"] == "nano"
    assert said["start"]["recipe"]["epochs"] == 1
    assert said["recipe"]["learning_rate"] == RECIPE.learning_rate / 2


def test_the_counts_of_what_is_taken_for_what_are_kept(stand_in_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--epochs", 1) == 0
    (matrix,) = recorded_confusion("nano").values()
    assert matrix.shape == (10, 10)
    assert matrix.sum() == 100
    assert matrix.trace() / 100 == pytest.approx(read_metadata("nano")["figures"]["test"]["accuracy"])


@pytest.mark.parametrize(
    ("option", "share"), [("--hands", "1"), ("--hands", "-0.1"), ("--outlier-share", "1.5"), ("--hands", "0.95")]
)
def test_a_share_out_of_range_is_one_sentence(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, share: str
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, option, share) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected" in error


def test_outliers_that_are_not_there_are_one_sentence(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], few_drawings: None
) -> None:
    options = ("--data", stand_in_data, "--outlier-share", 0.2, "--outliers")
    Path("nothing").mkdir()
    for place in ("nowhere", "nothing"):
        assert command(monkeypatch, *options, place) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert place in error


def test_a_start_of_another_shape_is_one_sentence(
    stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(DigitNet(PRESETS["tiny"]), "tiny")
    assert command(monkeypatch, "--data", stand_in_data, "--from", "tiny") == 2
    assert (
        capsys.readouterr().err
        == "tiny is a network of another shape; expected the shape of the network to be trained.\n"
    )
