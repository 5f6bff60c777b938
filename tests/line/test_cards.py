"""What is said of networks for lines: only what their files say, and nothing where there are none."""

from pathlib import Path

import pytest

from model import checkpoint
from model.line.cards import line_cards
from model.line.checkpoint import line_names, load_line, read_line_metadata, save_line
from model.line.layout import SPACINGS
from model.line.measure import LineFigures
from model.line.network import LineNet
from model.line.report import line_report, record_figures


@pytest.fixture
def shelf(small_line: LineNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    recipe = {"epochs": 7, "decay": 2, "composition": {"hands": 0.5}}
    save_line(small_line, "small", network="line", seed=4, recipe=recipe, letters="some.zip")
    return tmp_path


def test_a_card_says_what_the_file_says(shelf: Path) -> None:
    card = line_cards()
    assert "`python -m model.line.train --network line --seed 4 --epochs 7 --decay 2 --letters some.zip`" in card
    assert "- Recipe: decay 2, epochs 7\n" in card
    assert "pendigits," not in card


def test_recorded_figures_stand_in_the_card_and_keep_the_rest(shelf: Path) -> None:
    figures = {spacing: LineFigures(10, 0.9, 0.95, 0.8) for spacing in SPACINGS}
    record_figures("small", figures)
    assert "| pendigits, touching | 10 | 90.0 % | 0.950 | 0.800 |" in line_cards()
    assert read_line_metadata("small")["seed"] == 4
    assert load_line("small").config.stem_channels == 6


def test_the_table_has_a_row_for_each_network_and_each_way_to_split(shelf: Path) -> None:
    figures = {spacing: LineFigures(10, 0.9, 0.95, 0.8) for spacing in SPACINGS}
    table = line_report({"small": figures}, {"base": dict.fromkeys(SPACINGS, 0.6)}).splitlines()
    assert len(table) == 4
    assert table[2].split()[-9:] == ["90.0"] * 3 + ["0.950"] * 3 + ["0.800"] * 3
    assert table[3].startswith("strokes, each by base")
    assert table[3].split()[-9:-6] == ["60.0"] * 3


def test_without_networks_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    assert line_names() == []
    assert line_cards() == ""
