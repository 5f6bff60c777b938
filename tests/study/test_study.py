"""The study compares convolutions and nothing else, and its one command trains what is missing, no more."""

import sys
from pathlib import Path

import pytest

from model import checkpoint, data, train
from model.checkpoint import checkpoint_names, load_checkpoint, read_metadata
from model.fields.layer_fields import receptive_field
from model.network import DigitNet
from model.study.networks import STUDY, scores_of
from tests.evaluation.test_evaluate import pendigits_file  # noqa: F401 (a fixture)


@pytest.fixture
def short_study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, few_drawings: None) -> None:
    """One epoch of a few steps, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path / "checkpoints")


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `python -m model.train --study` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["train", "--study", "--epochs", "1", *map(str, arguments)])
    return train.main()


def test_the_four_differ_in_their_convolutions_only() -> None:
    assert {(config.separable, tuple(s.dilation for s in config.stages) > (1,) * 4) for config in STUDY.values()} == {
        (separable, dilated) for separable in (False, True) for dilated in (False, True)
    }
    shapes = {
        (c.stem_channels, c.stem_kernel, c.stem_stride, tuple((s.channels, s.kernel, s.stride) for s in c.stages))
        for c in STUDY.values()
    }
    assert len(shapes) == 1
    assert len({str(train.RECIPES[name]) for name in STUDY}) == 1


def test_dilation_widens_the_field_and_separation_does_not_change_it() -> None:
    size = {name: receptive_field(DigitNet(config), "stages.3").size[0] for name, config in STUDY.items()}
    assert size["study-standard-dilated"] == size["study-separable-dilated"] == 5 + 2 * 2 * (1 + 2 + 3 + 1)
    assert size["study-standard-undilated"] == size["study-separable-undilated"] == 5 + 2 * 2 * 4


def test_the_study_trains_what_is_missing_and_records_both_accuracies(
    short_study: None,
    stand_in_data: Path,
    pendigits_file: Path,  # noqa: F811 (a fixture)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--seeds", 0) == 0
    assert checkpoint_names() == sorted(STUDY)
    first = checkpoint.checkpoint_path("study-separable-dilated")
    made = first.stat().st_mtime_ns
    checkpoint.checkpoint_path("study-standard-dilated").unlink()
    assert command(monkeypatch, "--data", stand_in_data, "--seeds", 0) == 0
    assert first.stat().st_mtime_ns == made, "finished ones are left alone"
    assert checkpoint_names() == sorted(STUDY)
    assert command(monkeypatch, "--data", stand_in_data, "--seeds", 0, 1, "--pendigits", pendigits_file) == 0
    for name, config in STUDY.items():
        scores = scores_of(name)
        assert scores.seeds == (0, 1)
        assert len(scores.test) == len(scores.pendigits) == 2
        assert load_checkpoint(f"{name}-seed1").config == config
        assert read_metadata(f"{name}-seed1")["recipe"]["epochs"] == 1


def test_a_study_without_pen_strokes_to_read_is_one_sentence(
    short_study: None, stand_in_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--data", stand_in_data, "--pendigits", "nothing.tra") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not checkpoint_names(), "said before anything is trained"
