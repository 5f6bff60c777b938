"""`python -m model.finetune`: from a file of samples to a network that reads them."""

import json
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint, read_metadata
from model.drawing.samples import Sample, write_samples
from model.finetune import main
from model.teaching.replay import GENERATED
from tests.teaching.conftest import SQUARE, STAR


def test_the_command_writes_a_network_that_reads_the_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "samples.json"
    file.write_text(write_samples([Sample("star", STAR), Sample("0", SQUARE)]), "utf-8")
    out = tmp_path / "mine.safetensors"
    assert main([str(file), "--checkpoint", "tiny", "--out", str(out), "--data", str(tmp_path)]) == 0
    assert "star" in load_checkpoint(out).classes
    assert read_metadata(out)["replay"] == GENERATED
    assert "-> 100.00 %" in capsys.readouterr().out


def test_the_command_names_contradictory_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "samples.json", tmp_path / "mine.safetensors"
    file.write_text(write_samples([Sample("3", STAR), Sample("8", STAR)]), "utf-8-sig")
    assert main([str(file), "--checkpoint", "nano", "--out", str(out), "--data", str(tmp_path)]) == 0
    assert "Samples 1 and 2 are the same drawing, called 3 and 8" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"format": 99, "samples": []}), "[" * 100_000, b"\xff\xfe"])
def test_an_invalid_file_is_refused_in_a_sentence(
    tmp_path: Path, text: str | bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "samples.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main([str(file), "--out", str(tmp_path / "mine.safetensors")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "mine.safetensors").exists()
