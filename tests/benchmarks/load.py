"""How many visitors one server bears: they open the page, draw in bursts, and some of them teach.

python -m tests.benchmarks.load                                            # 30 visitors, with the engine and without
python -m tests.benchmarks.load --visitors 100 --mode server --seconds 30 --teaching 0
python -m tests.benchmarks.load --visitors 500 --mode engine --teaching 0

Visitors speak to `python app.py` on this machine by the page's own protocol. `engine`: what a browser that computes by
itself asks for, which is the page, its scripts, the network and the teaching. `server`: every movement of the pen is
asked of the server, with the maps of all layers (--maps), the newest first as assets/page/reader.js does it. Whoever
teaches does it once, with five samples of each digit, and draws meanwhile. Memory is that of the server and all that it
started.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from model.data import DEFAULT_DATA
from model.drawing.examples import load_examples
from tests.benchmarks.figures import tell
from tests.benchmarks.machine import Usage, usage
from tests.serving import started
from ui.serving.view import ASSETS

RATE = 20  # movements a second while the pen is down
STROKE, REST = 1.0, 1.0  # seconds
POLL = {"waiting": 1.0, "running": 0.2}  # seconds, as in assets/page/job.js
PATIENCE = 90.0  # seconds for lessons, after the drawing
WARM = 10.0  # seconds until the server has come to rest
SETTLING = 5.0  # seconds after the last request, before memory is looked at
MOST_VISITORS, MOST_SECONDS = 1000, 300
SAMPLES_EACH = 5
SEED = 0
MAPS = {"layers": {"maps": True}}


class Load:
    """Visitors of one server, and what they were answered."""

    def __init__(self, address: str, mode: str, maps: bool) -> None:
        self.mode, self.maps = mode, maps
        self.times: dict[str, list[float]] = defaultdict(list)  # milliseconds, by what was asked
        self.errors: dict[str, int] = defaultdict(int)
        self.busy = 0  # answers past capacity, which the page asks again by itself
        self.lessons: list[float] = []  # seconds from the button to the taught network
        self.unfinished = 0
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.AsyncClient(base_url=address, timeout=60, limits=limits, trust_env=False)
        self._components: dict[str, int] = {}

    async def open(self) -> None:
        """Find out which component of the page answers what."""
        config = (await self._client.get("/config")).json()
        self._components = {
            component["props"]["elem_id"]: component["id"]
            for component in config["components"]
            if component["props"].get("elem_id")
        }

    async def close(self) -> None:
        await self._client.aclose()

    async def visit(self, number: int, begin: float, end: float, teaches: bool) -> None:
        """One visitor, from the first request to the end of drawing, and of a lesson."""
        await asyncio.sleep(begin - time.monotonic())
        session = f"visitor{number}"
        await self._timed("page", self._client.get("/"))
        if self.mode == "engine":
            scripts = sorted(str(path.relative_to(ASSETS)) for path in ASSETS.rglob("*.js"))
            for script in scripts if number % 10 == 0 else scripts[:1]:  # a tenth come with an empty cache
                await self._timed("script", self._client.get(f"/digitscope/{script}"))
            await self._ask("network", session, "engine", "network_file", "base")
        lesson = asyncio.create_task(self._teach(session, number)) if teaches else None
        if self.mode == "server":
            await self._draw(session, number, end)
        else:
            await asyncio.sleep(max(end - time.monotonic(), 0))  # the browser reads by itself
        if lesson:
            await lesson

    async def _draw(self, session: str, number: int, end: float) -> None:
        drawing = load_examples()[number % len(load_examples())].drawing
        sequence = 0
        await asyncio.sleep(np.random.default_rng((SEED, number)).uniform(0, STROKE + REST))
        while time.monotonic() < end:
            begun = time.monotonic()
            while (moved := int((time.monotonic() - begun) * RATE)) < STROKE * RATE:
                sequence += 1
                part = [stroke[: max(2, len(stroke) * (moved + 1) // int(STROKE * RATE))] for stroke in drawing]
                parts = MAPS if self.maps else {}
                request = {"sequence": sequence, "network": "base", "drawing": part, "parts": parts}
                asked = time.monotonic()
                await self._ask("reading", session, "canvas", "read", request)
                await asyncio.sleep(max(0.0, asked + 1 / RATE - time.monotonic()))
            await asyncio.sleep(REST)

    async def _teach(self, session: str, number: int) -> None:
        request = {"network": "base", "samples": _samples(), "settings": None, "visitor": session}
        begun = time.monotonic()
        while True:
            answer = await self._ask("start of a lesson", session, "teach", "start_teaching", request)
            if answer is None or "job" in answer:
                break
            self.busy += 1
            await asyncio.sleep(answer.get("again", 5.0))
        if not answer:
            self.unfinished += 1
            return
        known, taught, state = 0, False, "running"
        while state in POLL and time.monotonic() < begun + PATIENCE + MOST_SECONDS:
            await asyncio.sleep(POLL[state])
            news = await self._ask(
                "news of a lesson", session, "teach", "job_progress", {"job": answer["job"], "since": known}
            )
            if news is None:
                continue
            state, known = news.get("state", "lost"), news.get("known", known)
            if any("taught" in one for one in news.get("news", [])) and not taught:
                taught = True
                self.lessons.append(time.monotonic() - begun)
                await self._ask("end", session, "teach", "cancel_teaching", answer["job"])  # of the holding out
                return
        self.unfinished += 1

    async def _ask(self, what: str, session: str, component: str, function: str, data: Any) -> Any:
        body = {
            "data": data,
            "component_id": self._components.get(component),
            "fn_name": function,
            "session_hash": session,
        }
        response = await self._timed(what, self._client.post("/gradio_api/component_server", json=body))
        answer = response.json() if response is not None and response.status_code == 200 else None
        if isinstance(answer, dict) and answer.get("error") and "again" not in answer and "state" not in answer:
            self.errors[f"{what}: {answer['error']}"] += 1
        return answer

    async def _timed(self, what: str, call: Any) -> httpx.Response | None:
        begun = time.perf_counter()
        try:
            response = await call
        except httpx.HTTPError as error:
            self.errors[f"{what}: {type(error).__name__}"] += 1
            return None
        self.times[what].append(1000 * (time.perf_counter() - begun))
        if response.status_code != 200:
            self.errors[f"{what}: {response.status_code}"] += 1
        return response


def _samples() -> list[dict[str, Any]]:
    hands = load_examples()
    each = {label: [drawing for _, other, drawing in hands if other == label] for label in "0123456789"}
    return [
        {"label": label, "drawing": own[index % len(own)]}
        for label, own in each.items()
        for index in range(SAMPLES_EACH)
    ]


async def _measure(address: str, pid: int, mode: str, options: argparse.Namespace) -> tuple[Load, list[Usage], float]:
    load = Load(address, mode, options.maps)
    await load.open()
    before, begun = usage(pid), time.monotonic()
    end = begun + 2 + options.seconds
    every = options.teaching
    visits = [
        load.visit(number, begun + 2 * number / options.visitors, end, bool(every) and number % every == 0)
        for number in range(options.visitors)
    ]
    task = asyncio.gather(*visits)
    await asyncio.wait({asyncio.ensure_future(task)}, timeout=max(0.0, end - time.monotonic()))
    drawn, seconds = usage(pid), time.monotonic() - begun
    try:
        await asyncio.wait_for(task, PATIENCE)
    except TimeoutError:
        load.unfinished = len(range(0, options.visitors, every)) - len(load.lessons)
    await load.close()
    await asyncio.sleep(SETTLING)
    return load, [before, drawn, usage(pid)], seconds


def _report(mode: str, load: Load, usages: list[Usage], seconds: float, visitors: int) -> None:
    before, drawn, after = usages
    print(f"mode {mode}: {visitors} visitors, {sum(map(len, load.times.values())):,} requests")
    print(f"  {'milliseconds':<20}{'p50':>9}{'p95':>9}{'p99':>9}{'count':>8}")
    for what, times in load.times.items():
        p50, p95, p99 = np.percentile(times, [50, 95, 99])
        print(f"  {what:<20}{p50:>9.1f}{p95:>9.1f}{p99:>9.1f}{len(times):>8}")
        tell(f"{mode}, {visitors} visitors: {what}", "ms", p50=p50, p95=p95, p99=p99, count=len(times))
    cores = (drawn.seconds - before.seconds) / seconds
    print(f"  {cores:.2f} cores while they drew; memory {_mb(before)} before, {_mb(drawn)} then, {_mb(after)} MB after")
    tell(f"{mode}, {visitors} visitors: server", "cores", value=cores)
    tell(f"{mode}, {visitors} visitors: memory", "MB", before=_mb(before), then=_mb(drawn), after=_mb(after))
    if load.lessons or load.unfinished:
        last = max(load.lessons, default=float("nan"))
        print(
            f"  {len(load.lessons)} lessons ended, the last {last:.1f} s after its button; {load.unfinished} did not; "
            f"{load.busy} times somebody was asked to wait for a place"
        )
        tell(f"{mode}, {visitors} visitors: lessons", "s", last=last, count=len(load.lessons), lost=load.unfinished)
    for error, count in load.errors.items():
        print(f"  {count} x {error}")
    tell(f"{mode}, {visitors} visitors: errors", "", count=sum(load.errors.values()))


def _mb(used: Usage) -> int:
    return round(used.bytes / 1e6)


def main() -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--mode", choices=("engine", "server", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=15.0, help="of drawing")
    parser.add_argument("--teaching", type=int, default=3, help="every so many of them teach; 0: nobody")
    parser.add_argument("--maps", action="store_true", help="ask for the maps of all layers with every movement")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that may hold MNIST/raw")
    parser.add_argument("--app", type=Path, help="app.py of another version, to compare with; server mode alone")
    options = parser.parse_args()
    if not (1 <= options.visitors <= MOST_VISITORS and 1 <= options.seconds <= MOST_SECONDS and options.teaching >= 0):
        print(f"expected 1 to {MOST_VISITORS} visitors for 1 to {MOST_SECONDS} seconds", file=sys.stderr)
        return 2
    for mode in ("engine", "server") if options.mode == "both" else (options.mode,):
        with (
            tempfile.TemporaryDirectory() as state,
            started("--data", str(options.data), "--state", state, app=options.app) as (address, process),
        ):
            time.sleep(WARM)
            _report(mode, *asyncio.run(_measure(address, process.pid, mode, options)), options.visitors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
