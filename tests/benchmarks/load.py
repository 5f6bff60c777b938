"""How many visitors one server bears: they open the page, draw in bursts, and some of them teach.

python -m tests.benchmarks.load --all --data DIR                           # the whole table, and what is promised
python -m tests.benchmarks.load                                            # 30 visitors, with the engine and without
python -m tests.benchmarks.load --visitors 100 --mode server --seconds 30 --teaching 0
python -m tests.benchmarks.load --visitors 500 --mode engine --teaching 2 --steps 5 --settle 210   # memory

Visitors speak to `python app.py` on this machine by the page's own protocol. `engine`: what a browser that computes by
itself asks for, which is the page, its scripts, the network and the teaching. `server`: every movement of the pen is
asked of the server, with the maps of all layers (--maps), the newest first as assets/page/reader.js does it. Whoever
teaches does it once, with five samples of each digit, and draws meanwhile. Cores and memory are those of the server and
all that it started: cores once everybody's page is there, memory before the first and after the last visitor.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from model.data import DEFAULT_DATA
from tests.benchmarks.figures import tell
from tests.benchmarks.machine import Usage, usage
from tests.benchmarks.visitors import Load, Visits
from tests.serving import started
from ui.background.memory import QUIET
from ui.background.processes import REST

ARRIVING = 2.0  # seconds in which everybody comes to the door
WARM = 10.0  # seconds until the server has come to rest
PATIENCE = 1200.0  # seconds for lessons, after the drawing
SETTLING = REST + 3 * QUIET  # seconds after the last request, in which the server comes to rest again
MOST_VISITORS, MOST_SECONDS = 1000, 300

READING, CORES, LESSONS, GROWTH = "p95 of a reading, ms", "cores", "last lesson, s", "memory more than before, MB"
# What is promised of two cores, in this order: the last runs by itself for a minute and more.
TABLE: list[tuple[Visits, dict[str, float]]] = [
    (Visits("engine", 500), {CORES: 0.1}),
    (Visits("engine", 30, teaching=1), {LESSONS: 90}),
    (Visits("server", 30, maps=True), {READING: 200}),
    (Visits("server", 100), {READING: 450}),
    (Visits("server", 30, teaching=3), {READING: 250}),
    (Visits("server", 30, teaching=3, maps=True), {}),
    (Visits("engine", 500, teaching=2, steps=5), {GROWTH: 100}),
]


async def _measure(
    address: str, pid: int, visits: Visits, seconds: float, settle: float
) -> tuple[Load, list[Usage], float]:
    load = Load(address, visits)
    await load.open()
    before, everybody = usage(pid), range(visits.visitors)
    await asyncio.gather(*(load.arrive(number, ARRIVING * number / visits.visitors) for number in everybody))
    arrived, at = usage(pid), time.monotonic()
    task = asyncio.ensure_future(asyncio.gather(*(load.stay(number, at + seconds) for number in everybody)))
    await asyncio.wait({task}, timeout=seconds)
    drawn, drew = usage(pid), time.monotonic() - at
    try:
        await asyncio.wait_for(task, PATIENCE)
    except TimeoutError:
        load.errors["visitors: still there after the end"] += 1
    load.close()
    await asyncio.sleep(settle)
    return load, [before, arrived, drawn, usage(pid)], drew


def _report(load: Load, usages: list[Usage], seconds: float, floors: dict[str, float]) -> bool:
    """Print what came of it; returns whether it keeps to the floors."""
    (mode, visitors, _, maps, _), (before, arrived, drawn, after) = load.visits, usages
    name = f"{mode}, {visitors} visitors{', all maps' if maps else ''}, {load.visits.lessons} lessons"
    found = {CORES: (drawn.seconds - arrived.seconds) / seconds, GROWTH: (after.bytes - before.bytes) / 1e6}
    print(f"{name}: {sum(map(len, load.times.values())):,} requests")
    print(f"  {'milliseconds':<20}{'p50':>9}{'p95':>9}{'p99':>9}{'count':>8}")
    for what, times in load.times.items():
        p50, p95, p99 = np.percentile(times, [50, 95, 99])
        print(f"  {what:<20}{p50:>9.1f}{p95:>9.1f}{p99:>9.1f}{len(times):>8}")
        tell(f"{name}: {what}", "ms", p50=p50, p95=p95, p99=p99, count=len(times))
        if what == "reading":
            found[READING] = p95
    print(f"  {found[CORES]:.2f} cores while they drew; memory {_mb(before)}, then {_mb(drawn)}, after {_mb(after)} MB")
    tell(f"{name}: server", "cores", value=found[CORES])
    tell(f"{name}: memory", "MB", before=_mb(before), then=_mb(drawn), after=_mb(after))
    if load.visits.lessons:
        lost = load.visits.lessons - len(load.lessons)
        found[LESSONS] = max(load.lessons, default=float("inf")) if not lost else float("inf")
        last = max(load.lessons, default=float("nan"))
        print(
            f"  {len(load.lessons)} lessons ended, the last {last:.1f} s after its button; {lost} did not; "
            f"{load.busy} times somebody was asked to wait for a place"
        )
        tell(f"{name}: lessons", "s", last=last, count=len(load.lessons), lost=lost)
    errors = sum(load.errors.values())
    print(f"  {errors} errors", *(f"  {count} x {error}" for error, count in load.errors.items()), sep="\n")
    tell(f"{name}: errors", "", count=errors)
    kept = not errors
    for what, most in floors.items():
        kept &= found[what] <= most
        print(f"  {what}: {found[what]:.2f}; at most {most:g}: {'kept' if found[what] <= most else 'NOT KEPT'}")
    return kept


def _mb(used: Usage) -> int:
    return round(used.bytes / 1e6)


def run(visits: Visits, floors: dict[str, float], options: argparse.Namespace) -> bool:
    """Start a server, send it visitors, print what came; returns whether it keeps to the floors, without errors."""
    with (
        tempfile.TemporaryDirectory() as state,
        started("--data", str(options.data), "--state", state, app=options.app) as (address, process),
    ):
        time.sleep(WARM)
        settle = max(options.settle, SETTLING if GROWTH in floors else 0.0)
        return _report(*asyncio.run(_measure(address, process.pid, visits, options.seconds, settle)), floors)


def main() -> int:
    """The command; returns its exit code, 1 where the table was asked for and is not kept to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--all", action="store_true", help="the whole table; of the other options, --seconds and --data"
    )
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--mode", choices=("engine", "server", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=15.0, help="of drawing")
    parser.add_argument("--teaching", type=int, default=3, help="every so many of them teach; 0: nobody")
    parser.add_argument("--steps", type=int, help="of a lesson; default: as many as the page's")
    parser.add_argument(
        "--settle", type=float, default=5.0, help="seconds from the last visitor to the look at the server's memory"
    )
    parser.add_argument("--maps", action="store_true", help="ask for the maps of all layers with every movement")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that may hold MNIST/raw")
    parser.add_argument("--app", type=Path, help="app.py of another version, to compare with; server mode alone")
    options = parser.parse_args()
    if not (1 <= options.visitors <= MOST_VISITORS and 1 <= options.seconds <= MOST_SECONDS and options.teaching >= 0):
        print(f"expected 1 to {MOST_VISITORS} visitors for 1 to {MOST_SECONDS} seconds", file=sys.stderr)
        return 2
    if options.all:
        kept = [run(visits, floors, options) for visits, floors in TABLE]
        return int(not all(kept))
    for mode in ("engine", "server") if options.mode == "both" else (options.mode,):
        run(Visits(mode, options.visitors, options.teaching, options.maps, options.steps), {}, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
