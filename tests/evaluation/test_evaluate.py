"""What is said of a checkpoint is what it does, and saying it changes nothing else of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from model.cost.complexity import complexity
from model.data import Split
from model.evaluate import main
from model.evaluation.confusion import recorded_confusion
from model.evaluation.pen_strokes import PenStrokes, pendigits_figures
from model.evaluation.reports import mnist_report
from model.inference import predict
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from model.study.networks import STUDY

PEN_DIGIT = """.SEGMENT DIGIT {first}-{last} ? "{label}"
.COMMENT  {label}  {writer}  1
.PEN_DOWN
 100 400
 110 300
 120 {label}00
.PEN_UP
"""


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_net: DigitNet) -> Path:
    """A directory of checkpoints with one in it, `base`."""
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    history = {"preset": "base", "seed": 0, "teacher": None, "recipe": {"epochs": 7, "learning_rate": 0.008}}
    figures = {"images": 100, "accuracy": 0.9, "nll": 0.5, "brier": 0.1, "ece": 0.02}
    save_checkpoint(small_net, "base", **history, figures={"test": figures})
    return tmp_path


@pytest.fixture
def pendigits_file(tmp_path: Path) -> Path:
    """Three writers; each draws one straight line or a bend for every digit."""
    path = tmp_path / "pen.tra"
    samples = [(label, writer) for writer in (4, 7, 9) for label in range(10)]
    path.write_text(
        "".join(PEN_DIGIT.format(first=i, last=i + 1, label=label, writer=w) for i, (label, w) in enumerate(samples))
    )
    return path


def strokes_of(net: DigitNet, wrong: dict[int, int], right: dict[int, int]) -> PenStrokes:
    """Images of which a network reads so many of each writer's wrong and right."""
    images, labels, writers = [], [], []
    generator = np.random.default_rng(0)
    for writer in right:
        for index in range(wrong[writer] + right[writer]):
            image = generator.integers(0, 256, (1, 28, 28), dtype=np.uint8)
            answer = int(predict(net, image).argmax())
            images.append(image[0])
            labels.append((answer + 1) % 10 if index < wrong[writer] else answer)
            writers.append(writer)
    return PenStrokes(torch.from_numpy(np.stack(images)), torch.tensor(labels), torch.tensor(writers))


def test_writers_count_the_same_however_much_they_wrote(small_net: DigitNet) -> None:
    data = strokes_of(small_net, wrong={3: 1, 5: 3, 8: 0}, right={3: 3, 5: 1, 8: 8})
    values = pendigits_figures(small_net, data)
    assert np.sum(values.pop("confusion")) == 16
    assert 0 <= values.pop("ece") <= 1
    assert values.pop("unlike") == 0, "a network without thresholds finds everything familiar"
    assert values == {
        "images": 16,
        "writers": 3,
        "accuracy": 12 / 16,
        "mean_over_writers": pytest.approx((0.75 + 0.25 + 1) / 3),
        "worst_writer": 5,
        "worst_accuracy": 0.25,
    }


def test_pen_strokes_are_read_and_reported(pendigits_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = checkpoint.checkpoint_path("base")
    content = file.read_bytes()
    assert main(["--pendigits", str(pendigits_file)]) == 0
    said = capsys.readouterr().out
    assert "of 30 drawings" in said
    assert "mean over 3 writers" in said
    assert file.read_bytes() == content, "without --record the file stays as it is"


def test_recording_adds_a_figure_and_changes_nothing_else(pendigits_file: Path) -> None:
    before, weights = read_metadata("base"), load_checkpoint("base").state_dict()
    assert main(["--pendigits", str(pendigits_file), "--record"]) == 0
    after = read_metadata("base")
    figures = after["figures"].pop("pendigits")
    assert figures["images"] == 30
    assert figures["worst_writer"] in (4, 7, 9)
    assert before.pop("checksum") != after.pop("checksum"), "it covers the figures too"
    assert after == before
    for name, tensor in load_checkpoint("base").state_dict().items():
        assert torch.equal(tensor, weights[name]), name


def test_mnist_is_reported_with_its_confusions(
    stand_in_data: Path, capsys: pytest.CaptureFixture[str], small_net: DigitNet
) -> None:
    assert main(["--checkpoint", "base", "--data", str(stand_in_data)]) == 0
    said = capsys.readouterr().out
    assert "of 100 images misread" in said
    for title in ("negative log-likelihood", "Brier score", "expected calibration error"):
        assert title in said


def test_the_report_counts_correctly(small_net: DigitNet) -> None:
    data = strokes_of(small_net, wrong={1: 3}, right={1: 9})
    lines = mnist_report(small_net, Split(data.images, data.labels)).splitlines()
    assert lines[0] == "accuracy 75.00 %: 3 of 12 images misread"
    rows = [line.split() for line in lines[-10:]]
    assert [row[0] for row in rows] == list("0123456789")
    assert sum(int(row[1]) for row in rows) == 12
    confusion = [[0 if cell == "." else int(cell) for cell in row[-10:]] for row in rows]
    assert sum(confusion[digit][digit] for digit in range(10)) == 9
    assert sum(map(sum, confusion)) == 12


def row_of(page: str, name: str) -> list[str]:
    """The cells of a preset's row of the table."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"| **{name}** ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_a_row_a_preset_and_a_card_a_file(checkpoints: Path) -> None:
    figures = {"images": 10_000, "nll": 0.1, "brier": 0.1, "ece": 0.02}
    recipe = {"epochs": 5, "batch": 128, "learning_rate": 0.01}
    for seed, accuracy in ((0, 0.98), (1, 0.99)):
        name = checkpoint.default_name("tiny", seed)
        history = {"preset": "tiny", "seed": seed, "teacher": "large", "recipe": recipe}
        test = figures | {"accuracy": accuracy}
        save_checkpoint(DigitNet(PRESETS["tiny"]), name, **history, figures={"test": test})
    save_checkpoint(DigitNet(PRESETS["nano"]), "mine")
    assert main(["--table"]) == 0
    page = (checkpoints / "README.md").read_text("utf-8")
    tiny = row_of(page, "tiny")
    cost = complexity(DigitNet(PRESETS["tiny"]))
    assert tiny[1:3] == [f"{cost.parameters:,}", f"{cost.multiply_accumulates:,}"]
    assert tiny[4] == "98.50 ± 0.71 %"
    assert tiny[5] == "-"
    assert tiny[7:10] == ["0, 1", "5", "large"]
    assert row_of(page, "base")[4] == "90.00 %"
    assert row_of(page, "mine")[4] == "-"
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == ["tiny", "tiny-seed1", "base", "mine"]
    assert "`python -m model.train --preset tiny --seed 1 --epochs 5 --teacher large`" in page
    assert "Test: 98.00 % of 10,000 images" in page


def test_the_study_has_a_section_of_its_own(checkpoints: Path) -> None:
    for seed, accuracy in ((0, 0.98), (1, 0.99)):
        name = checkpoint.default_name("study-separable-dilated", seed)
        figures = {"test": {"images": 10_000, "accuracy": accuracy, "nll": 0.1, "brier": 0.1, "ece": 0.02}}
        history = {"preset": "study-separable-dilated", "seed": seed, "recipe": {"epochs": 5}}
        save_checkpoint(DigitNet(STUDY["study-separable-dilated"]), name, **history, figures=figures)
    assert main(["--table"]) == 0
    presets, study = (checkpoints / "README.md").read_text("utf-8").split("# The study\n")
    assert row_of(study, "study-separable-dilated")[4] == "98.50 ± 0.71 %"
    assert row_of(presets, "base")[4] == "90.00 %"
    assert "study-" not in presets
    assert study.count("\n## study-separable-dilated") == 2


def test_the_table_gives_the_field_of_the_last_stage(checkpoints: Path) -> None:
    net = DigitNet(NetworkConfig(4, 5, 2, stages=(StageConfig(4), StageConfig(4, dilation=3))))
    save_checkpoint(net, "base")
    assert main(["--table"]) == 0
    pixels = 5 + 2 * 2 + 2 * 6  # stem, then 2 taps to the sides at 2 pixels a cell: dilation 1, dilation 3
    assert row_of((checkpoints / "README.md").read_text("utf-8"), "base")[3] == f"{pixels} x {pixels}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--checkpoint", "nothing"],
        ["--pendigits", "nothing.tra"],
        ["--checkpoint", "letters", "--pendigits", "FILE"],
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence_and_exit_code_2(
    arguments: Sequence[str], pendigits_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = (StageConfig(4),)
    save_checkpoint(DigitNet(NetworkConfig(4, stages=stages, classes=("a", "b"))), "letters")
    assert main([str(pendigits_file) if argument == "FILE" else argument for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.endswith(".\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ablation",),
        ("--letters", "x"),
        ("--outliers", "x"),
        ("--few-shot", "x", "--shots", "-1"),
        ("--few-shot", "x", "--writers", "0"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert arguments[-1 if arguments[-1].startswith("--") else -2] in capsys.readouterr().err


def test_the_table_is_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--table", "--record"])
    assert "--record does not go with --table" in capsys.readouterr().err


def test_test_figures_are_recorded_with_their_confusions(stand_in_data: Path) -> None:
    """Older files have none, and the Network tab shows what is recorded."""
    assert main(["--checkpoint", "base", "--data", str(stand_in_data), "--record"]) == 0
    counts = recorded_confusion("base")["test"]
    assert counts.sum() == 100
    figures = read_metadata("base")["figures"]["test"]
    assert np.trace(counts) == pytest.approx(100 * figures["accuracy"])
