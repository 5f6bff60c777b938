"""Every figure, by one command: each benchmark in turn, its table as it prints it, and all figures as JSON.

python -m tests.benchmarks                     # all of them, as the README's figures were taken; half an hour and more
python -m tests.benchmarks pen_latency         # that one alone; python -m tests.benchmarks.pen_latency has its options
python -m tests.benchmarks load --json figures.json --data DIR
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from model.data import DEFAULT_DATA
from tests.benchmarks.figures import PLACE, told
from tests.benchmarks.machine import machine

TAKES_DATA = {"--data"}  # said to those that read MNIST
# The benchmarks with what they are run with, and the seeds of what is random in them.
BENCHMARKS: dict[str, tuple[list[str], list[int]]] = {
    "startup": (["--runs", "3"], []),
    "rasterize": (["--data"], []),
    "engine": ([], []),
    "generator": ([], []),
    "line_engine": ([], []),
    "engine_latency": ([], []),
    "pen_latency": (["--movements", "300", "--strokes", "4"], []),
    "layers_latency": (["--memory", "20"], []),
    "teach_latency": (["--movements", "300", "--data"], [0]),
    "load": (["--all", "--data"], [0]),
    "live_training": (["--data"], [0]),
    "time_to_accuracy": (["--seeds", "1", "--data"], [0]),
}


def run(name: str, data: str, place: Path) -> dict[str, Any]:
    """Run one benchmark as a command of its own, its table to this one's output; returns what came of it."""
    own, seeds = BENCHMARKS[name]
    options = [part for option in own for part in ((option, data) if option in TAKES_DATA else (option,))]
    print(f"== python -m tests.benchmarks.{' '.join([name, *own])}", flush=True)
    begun = time.monotonic()
    place.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{name}", *options], env={**os.environ, PLACE: str(place)}
    )
    return {
        "name": name,
        "options": own,
        "seeds": seeds,
        "seconds": round(time.monotonic() - begun, 1),
        "exit": done.returncode,
        "figures": told(place),
    }


def table(runs: list[dict[str, Any]]) -> str:
    """All figures, a line each."""
    lines = []
    for done in runs:
        if done["exit"]:
            lines.append(f"{done['name']}: it did not end well ({done['exit']})")
        for figure in done["figures"]:
            values = ", ".join(
                f"{value:g}" if key == "value" else f"{key} {value:g}"
                for key, value in figure["values"].items()
                if value is not None
            )
            lines.append(f"{done['name']}: {figure['name']}: {values} {figure['unit']}".rstrip())
    return "\n".join(lines)


def main() -> int:
    """The command; returns its exit code, 1 where a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    parser.add_argument("--data", default=str(DEFAULT_DATA), help="directory that holds MNIST/raw, for what reads it")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; expected some of {', '.join(BENCHMARKS)}")
    said = machine()
    with tempfile.TemporaryDirectory() as directory:
        runs = [run(name, options.data, Path(directory) / "figures") for name in options.names or BENCHMARKS]
    print(
        f"== {said['processor']}, {said['cores']} cores, {said['system']}, Python {said['python']}, {said['packages']}"
    )
    print(table(runs))
    if options.json:
        options.json.write_text(json.dumps({"machine": said, "benchmarks": runs}, indent=2) + "\n", encoding="utf-8")
    return int(any(done["exit"] for done in runs))


if __name__ == "__main__":
    sys.exit(main())
