"""Start the app as a user does, in a process of its own, on a free port."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds: on a busy machine everything takes long


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(
    *options: str, directory: Path = ROOT, environment: dict[str, str] | None = None, port: int | None = None
) -> Iterator[str]:
    """`python app.py OPTIONS` on a free port or the one named, run in a directory; yields its address.

    Raises:
        RuntimeError: it ended, or did not answer in time; with what it printed.
    """
    with started(*options, directory=directory, environment=environment, port=port) as (address, _):
        yield address


@contextmanager
def started(
    *options: str,
    directory: Path = ROOT,
    environment: dict[str, str] | None = None,
    port: int | None = None,
    app: Path | None = None,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """As `serving`, or with another version's app.py; yields the process too."""
    port = port or free_port()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, str(app or ROOT / "app.py"), "--port", str(port), *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        )
        try:
            yield _answered(f"http://127.0.0.1:{port}", process, log), process
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A process that stands still for as long as the block lasts: its connections stay, and nothing is answered."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _answered(address: str, process: subprocess.Popen[bytes], log: IO[str]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return address
        except OSError:
            time.sleep(0.1)
    process.kill()
    log.seek(0)
    raise RuntimeError(f"The app did not start: {log.read()[-2000:]}")
