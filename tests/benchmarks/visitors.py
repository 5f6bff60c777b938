"""Visitors of one server, by the page's own protocol, and what they were answered."""

import asyncio
import time
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import orjson

from model.drawing.examples import load_examples
from tests.benchmarks.connections import FAULTS, Connections
from ui.serving.view import ASSETS

NETWORK = "base"
RATE = 20  # movements a second while the pen is down
STROKE, REST = 1.0, 1.0  # seconds
POLL = {"waiting": 1.0, "running": 0.2}  # seconds, as in assets/page/job.js
SAMPLES_EACH = 5
SEED = 0


class Visits(NamedTuple):
    """What a class does.

    Attributes:
        mode: "engine" where their browsers read, "server" where the server does.
        visitors: how many they are.
        teaching: every so many of them teach; 0 for nobody.
        maps: whether each movement asks for all maps of all layers.
        steps: of a lesson; None for as many as the page's default.
    """

    mode: str
    visitors: int
    teaching: int = 0
    maps: bool = False
    steps: int | None = None

    @property
    def lessons(self) -> int:
        return len(range(0, self.visitors, self.teaching)) if self.teaching else 0


class Load:
    """Visitors of the server at an address, and what they were answered."""

    def __init__(self, address: str, visits: Visits) -> None:
        self.visits = visits
        self.times: dict[str, list[float]] = defaultdict(list)  # milliseconds, by what was asked
        self.errors: dict[str, int] = defaultdict(int)
        self.busy = 0  # answers past capacity, which the page asks again by itself
        self.lessons: list[float] = []  # seconds from the button to the taught network
        self._address = address
        self._browsers: dict[str, Connections] = {}  # by visitor
        self._components: dict[str, int] = {}
        self._parts: dict[str, Any] = {}

    async def open(self) -> None:
        """Find out which component of the page answers what, and what there is to ask for."""
        config = orjson.loads((await self._browser("first").ask("GET", "/config"))[1])
        self._components = {
            component["props"]["elem_id"]: component["id"]
            for component in config["components"]
            if component["props"].get("elem_id")
        }
        if self.visits.maps:  # as assets/layers/layers.js asks where all of them are in view
            structure = await self._ask("structure", "first", "layers", "describe_structure", NETWORK)
            layers = [layer for layer in structure["layers"] if layer["layer"] != "head"]
            maps = {layer["layer"]: list(range(layer["channels"])) for layer in layers}
            self._parts = {"layers": {"maps": maps, "cell": None, "activity": False}}

    def close(self) -> None:
        for browser in self._browsers.values():
            browser.close()

    def _browser(self, session: str) -> Connections:
        if session not in self._browsers:
            self._browsers[session] = Connections(self._address)
        return self._browsers[session]

    async def arrive(self, number: int, wait: float) -> None:
        """One visitor's page, its scripts and its network, after so many seconds."""
        await asyncio.sleep(wait)
        session = _session(number)
        await self._timed("page", session, "GET", "/")
        if self.visits.mode == "engine":
            scripts = sorted(str(path.relative_to(ASSETS)) for path in ASSETS.rglob("*.js"))
            for script in scripts if number % 10 == 0 else scripts[:1]:  # a tenth come with an empty cache
                await self._timed("script", session, "GET", f"/digitscope/{script}")
            await self._ask("network", session, "engine", "network_file", NETWORK)

    async def stay(self, number: int, end: float) -> None:
        """One visitor draws until `end`, and is taught to the end of the lesson."""
        session = _session(number)
        teaches = self.visits.teaching and number % self.visits.teaching == 0
        lesson = asyncio.create_task(self._teach(session)) if teaches else None
        if self.visits.mode == "server":
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
                request = {"sequence": sequence, "network": NETWORK, "drawing": part, "parts": self._parts}
                asked = time.monotonic()
                answer = await self._ask("reading", session, "canvas", "read", request)
                self._heed_parts(answer)
                await asyncio.sleep(max(0.0, asked + 1 / RATE - time.monotonic()))
            await asyncio.sleep(REST)

    def _heed_parts(self, answer: Any) -> None:
        for name, part in (answer or {}).get("parts", {}).items():
            if "error" in part:
                self.errors[f"{name}: {part['error']}"] += 1

    async def _teach(self, session: str) -> None:
        steps = self.visits.steps
        settings = None if steps is None else {"steps": steps}
        request = {"network": NETWORK, "samples": _samples(), "settings": settings, "visitor": session}
        begun = time.monotonic()
        while "again" in (answer := await self._ask("start of a lesson", session, "teach", "start_teaching", request)):
            self.busy += 1
            await asyncio.sleep(answer["again"])
        known, state = 0, "running"
        while "job" in answer and state in POLL:
            await asyncio.sleep(POLL[state])
            asked = {"job": answer["job"], "since": known}
            news = await self._ask("news of a lesson", session, "teach", "job_progress", asked)
            state, known = news.get("state", state), news.get("known", known)
            if any("taught" in one for one in news.get("news", [])):
                self.lessons.append(time.monotonic() - begun)
                await self._ask("end", session, "teach", "cancel_teaching", answer["job"])  # of the holding out
                return

    async def _ask(self, what: str, session: str, component: str, function: str, data: Any) -> dict[str, Any]:
        """What a function of the server answers; an empty answer where there is none."""
        body = {
            "data": data,
            "component_id": self._components.get(component),
            "fn_name": function,
            "session_hash": session,
        }
        path = "/gradio_api/component_server"
        status, said = await self._timed(what, session, "POST", path, orjson.dumps(body))
        answer = orjson.loads(said) if status == 200 else {}
        if answer.get("error") and "again" not in answer and "state" not in answer:
            self.errors[f"{what}: {answer['error']}"] += 1
        return answer

    async def _timed(self, what: str, session: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        begun = time.perf_counter()
        try:
            status, said = await self._browser(session).ask(method, path, body)
        except FAULTS as error:
            self.errors[f"{what}: {type(error).__name__}"] += 1
            return 0, b""
        self.times[what].append(1000 * (time.perf_counter() - begun))
        if status != 200:
            self.errors[f"{what}: {status}"] += 1
        return status, said


def _session(number: int) -> str:
    return f"visitor{number}"


def _samples() -> list[dict[str, Any]]:
    hands = load_examples()
    each = {label: [drawing for _, other, drawing in hands if other == label] for label in "0123456789"}
    return [
        {"label": label, "drawing": own[index % len(own)]}
        for label, own in each.items()
        for index in range(SAMPLES_EACH)
    ]
