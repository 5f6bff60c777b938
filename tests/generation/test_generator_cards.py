"""What checkpoints/README.md says of the generators comes from their files."""

from pathlib import Path

import pytest

from model import checkpoint
from model.generation.cards import generator_section, multiply_accumulates
from model.generation.checkpoint import save_generator
from model.generation.network import DigitGenerator, GeneratorConfig

from .conftest import shaken


def test_multiply_accumulates_are_those_of_every_layer() -> None:
    config = GeneratorConfig(4, 6, 3, (1,), (2,), (), 5)
    outer, middle = 14 * 14, 7 * 7
    stages = sum(cells * (c * 9 + 2 * c * c) + 5 * 2 * c for cells, c in ((outer, 4), (middle, 6)))
    ends = outer * (4 * 3 * 16 + 4 * 4 * 9) + middle * (6 * 4 * 4 + 4 * 6)
    assert multiply_accumulates(DigitGenerator(config)) == stages + ends + 32 * 5 + 5 * 5


def test_a_card_says_how_it_was_made_and_what_it_is_worth(
    generator: DigitGenerator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    assert generator_section() == ""
    drawn = {"read_right": 0.9876, "worst": "8", "worst_read_right": 0.9, "coverage": 0.91, "density": 1.02}
    distances = {"generated": 0.12, "held out": 0.13}
    test = {"generated": drawn, "distances": distances, "completed as told": 0.97, "steps": 10, "guidance": 1.5}
    save_generator(generator, "dilated", seed=0, recipe={"epochs": 3}, figures={"test": test})
    save_generator(shaken(generator.config.undilated()), "undilated", seed=2, recipe={"epochs": 3})
    page = generator_section()
    row = next(line for line in page.splitlines() if line.startswith("| **dilated**"))
    for value in ("98.76 %", "0.910", "1.020", "97.00 %"):
        assert value in row
    assert "`python -m model.generation.train --seed 0 --epochs 3`" in page
    assert "`python -m model.generation.train --undilated --seed 2 --epochs 3`" in page
    assert "worst read: 8, 90.00 %" in page
