"""The one command for every figure knows every benchmark, and gathers what they tell."""

from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHMARKS, table
from tests.benchmarks.figures import PLACE, tell, told

FOLDER = Path(__file__).parent / "benchmarks"


def test_every_benchmark_is_run_by_the_one_command() -> None:
    commands = {path.stem for path in FOLDER.glob("*.py") if "\ndef main()" in path.read_text(encoding="utf-8")}
    assert commands - {"__main__"} == set(BENCHMARKS)


def test_what_a_benchmark_tells_is_gathered_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell("told to nobody", "ms", p50=1.0)
    place = tmp_path / "figures"
    monkeypatch.setenv(PLACE, str(place))
    tell("pen", "ms", p50=1.23456789, p95=float("nan"), count=3)
    (figure,) = told(place)
    assert figure == {"name": "pen", "unit": "ms", "values": {"p50": 1.2346, "p95": None, "count": 3}}
    runs = [{"name": "load", "exit": 0, "figures": [figure]}, {"name": "engine", "exit": 2, "figures": []}]
    assert table(runs).splitlines() == [
        "load: pen: p50 1.2346, count 3 ms",
        "engine: it did not end well (2)",
    ]
