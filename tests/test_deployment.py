"""Beyond one laptop: the container's recipe, and two replicas behind a real nginx."""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from model.checkpoint import checkpoint_path
from tests.serving import ROOT, free_port, started
from ui.serving.view import ASSETS, ASSETS_URL

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
DRAWING = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]]
DRAWING_AT_ONCE = 8


# The container ------------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: (name, arguments), continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, arguments.strip()) for name, _, arguments in (line.strip().partition(" ") for line in lines)]


def last(name: str) -> str:
    return [arguments for other, arguments in instructions() if other == name][-1]


def test_the_container_runs_as_nobody_in_particular_and_keeps_what_visitors_make_in_a_volume() -> None:
    assert last("USER") not in ("root", "0")
    entry = json.loads(last("ENTRYPOINT"))
    assert entry[entry.index("--state") + 1] == last("VOLUME")
    assert entry[entry.index("--port") + 1] == last("EXPOSE")
    after_user = [name for name, _ in instructions()][[name for name, _ in instructions()].index("USER") :]
    assert not {"RUN", "COPY", "ADD"} & set(after_user), "nothing is made by the user who must not write"


def test_the_container_has_all_that_the_app_imports_and_its_health_is_asked_of_a_file_that_is_there() -> None:
    copied = [arguments.split()[0] for name, arguments in instructions() if name == "COPY"]
    assert {"app.py", "model", "ui", "assets", "checkpoints", "requirements.txt"} == set(copied)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert all(f"!{source}" in allowed for source in copied)
    asked = re.search(rf":\d+/{ASSETS_URL}/([\w./-]+)", last("HEALTHCHECK"))
    assert asked
    assert (ASSETS / asked[1]).is_file()


def test_the_container_installs_what_the_app_runs_on_and_not_what_its_tests_need() -> None:
    running, _, _ = (ROOT / "requirements.txt").read_text(encoding="utf-8").partition("\n\n")
    assert "torch==" in running
    assert "pytest" not in running


# Replicas -----------------------------------------------------------------------------------------------------------


class Browser:
    """A visitor's browser, as far as the server can tell: it keeps its cookie."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookie = ""
        config = json.loads(self._open("/config"))
        self._components = {component["props"].get("elem_id"): component["id"] for component in config["components"]}

    def ask(self, component: str, function: str, data: Any) -> Any:
        """What a function of the server answers."""
        body = {"data": data, "component_id": self._components[component], "fn_name": function, "session_hash": "one"}
        return json.loads(self._open("/gradio_api/component_server", json.dumps(body).encode()))

    def read(self, network: str) -> dict[str, Any]:
        """The reading of a drawing by a network."""
        return self.ask("canvas", "read", {"sequence": 1, "drawing": DRAWING, "network": network})

    def finish(self, started: dict[str, Any]) -> Any:
        """The outcome of a job."""
        while True:
            progress = self.ask("teach", "job_progress", {"job": started["job"], "since": 0})
            if progress.get("state") not in ("waiting", "running"):
                return progress["outcome"]
            time.sleep(0.1)

    def _open(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"} | ({"Cookie": self.cookie} if self.cookie else {})
        with urllib.request.urlopen(urllib.request.Request(self.address + path, body, headers), timeout=60) as answer:
            if given := answer.headers.get("Set-Cookie"):
                self.cookie = given.partition(";")[0]
            return answer.read()


@contextmanager
def balancing(ports: list[int], directory: Path) -> Iterator[str]:
    """nginx with the configuration that is given, but for the ports; yields its address."""
    own = free_port()
    given = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for named, port in zip(("127.0.0.1:7861", "127.0.0.1:7862", "127.0.0.1:8080"), (*ports, own), strict=True):
        assert named in given
        given = given.replace(named, f"127.0.0.1:{port}")
    whole = directory / "nginx.conf"
    places = "".join(
        f"{name}_temp_path {directory}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(
        f"{'user root;' if getattr(os, 'geteuid', lambda: 1)() == 0 else ''}\n"  # or its workers could not write there
        f"daemon off;\npid {directory}/nginx.pid;\nerror_log {directory}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}{given}}}\n"
    )
    process = subprocess.Popen([NGINX, "-c", str(whole), "-e", str(directory / "error.log")])
    try:
        address = f"http://127.0.0.1:{own}"
        for _ in range(100):
            try:
                urllib.request.urlopen(address, timeout=30).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_a_replica_that_is_killed_while_people_draw_takes_nothing_along(tmp_path: Path) -> None:
    """Visitors go on at the other replica, with their networks; every movement of the pen is answered."""
    with ExitStack() as running:
        replicas = [running.enter_context(started("--state", str(tmp_path / "state"))) for _ in range(2)]
        ports = [int(address.rpartition(":")[2]) for address, _ in replicas]
        address = running.enter_context(balancing(ports, tmp_path))
        visitors = [Browser(address) for _ in range(DRAWING_AT_ONCE)]
        assert len({visitor.cookie for visitor in visitors}) == DRAWING_AT_ONCE
        file = base64.b64encode(checkpoint_path("nano").read_bytes()).decode("ascii")
        keys = []
        for visitor in visitors[:3]:  # only the replica that started a job can report on it
            started_job = visitor.ask("teach", "open_network", {"data": file, "clock": "14:02:31"})
            keys.append(visitor.finish(started_job)["key"])
        before = visitors[0].read(keys[0])
        for direct, _ in replicas:
            assert Browser(direct).read(keys[0])["probabilities"] == before["probabilities"]

        over, answers, failures = threading.Event(), [], []

        def draw(visitor: Browser, key: str) -> None:
            while not over.is_set():
                try:
                    answers.append(visitor.read(key)["probabilities"])
                except http.client.IncompleteRead:
                    continue  # its replica was killed in the middle of the answer: the page, too, asks again
                except (urllib.error.URLError, KeyError, OSError) as error:
                    failures.append(error)

        threads = [
            threading.Thread(target=draw, args=(visitor, keys[number % len(keys)]))
            for number, visitor in enumerate(visitors)
        ]
        for thread in threads:
            thread.start()
        wait_for(answers, 2 * DRAWING_AT_ONCE)
        replicas[0][1].kill()
        wait_for(answers, len(answers) + 4 * DRAWING_AT_ONCE)
        over.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert all(answer == before["probabilities"] for answer in answers)
        assert Browser(address).read(keys[2])["probabilities"] == before["probabilities"]


def wait_for(answers: list[Any], count: int) -> None:
    deadline = time.monotonic() + 60
    while len(answers) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(answers) >= count
