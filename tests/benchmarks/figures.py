"""Figures as `python -m tests.benchmarks` gathers them: what a benchmark prints, it tells too."""

import json
import math
import os
from pathlib import Path
from typing import Any

PLACE = "DIGITSCOPE_FIGURES"  # the file that the command gathers from; unset where a benchmark runs by itself


def tell(name: str, unit: str, **values: float) -> None:
    """Note a figure, where somebody gathers.

    Args:
        name: what was measured, unique within its benchmark.
        unit: of its values, such as "ms".
        values: by what they are, such as p50 and p95; `value` where there is only one.
    """
    if place := os.environ.get(PLACE):
        plain = {key: _plain(value) for key, value in values.items()}
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, "unit": unit, "values": plain}) + "\n")


def told(place: Path) -> list[dict[str, Any]]:
    """All figures that were noted in a file."""
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()] if place.exists() else []


def _plain(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return round(float(value), 4) if math.isfinite(value) else None
