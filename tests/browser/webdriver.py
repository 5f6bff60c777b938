"""Firefox and WebKit, driven by the commands of the W3C's WebDriver (https://www.w3.org/TR/webdriver2/).

Firefox takes them through Marionette, its own socket; WebKitGTK's driver over HTTP. Debian has both browsers:
apt-get install firefox-esr webkit2gtk-driver xvfb.
"""

import itertools
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.serving import free_port

PATIENCE = 60  # seconds

# Marionette's names of the commands.
COMMANDS = {
    "": "NewSession",
    "timeouts": "SetTimeouts",
    "url": "Navigate",
    "execute/async": "ExecuteAsyncScript",
    "actions": "PerformActions",
}
PREFERENCES = """
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("marionette.port", {port});
"""


class DriverError(Exception):
    """The browser refuses a command; says why."""


class Session:
    """A window of a browser.

    Args:
        send: takes a command's path and parameters, and returns its value.
    """

    def __init__(self, send: Any) -> None:
        self._send = send
        send("timeouts", {"script": 1000 * PATIENCE, "pageLoad": 1000 * PATIENCE})

    def open(self, address: str) -> None:
        """Go there."""
        self._send("url", {"url": address})

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """What an async function of JavaScript brings.

        Raises:
            DriverError: it throws.
        """
        script = f"""const [argument, done] = arguments;
            ({function})(argument).then((value) => done({{ value }}), (error) => done({{ error: `${{error}}` }}));"""
        told = self._send("execute/async", {"script": script, "args": [argument]})
        if "error" in told:
            raise DriverError(told["error"])
        return told.get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression of JavaScript is true.

        Raises:
            DriverError: it stays false.
        """
        until = f"performance.now() + {500 * PATIENCE}"
        told = self.evaluate(
            f"""async () => {{
                for (const end = {until}; performance.now() < end; ) {{
                    if ({expression}) return true;
                    await new Promise((resolve) => setTimeout(resolve, 50));
                }}
                return false;
            }}"""
        )
        if not told:
            raise DriverError(f"Waited for {expression}.")

    def drag(self, places: list[tuple[float, float]]) -> None:
        """Put the mouse's button down at the first place, in pixels of the window, and move it through the others."""

        def move(place: tuple[float, float], duration: int) -> dict[str, Any]:
            return {"type": "pointerMove", "duration": duration, "x": round(place[0]), "y": round(place[1])}

        first, *rest = places
        steps = [
            move(first, 0),
            {"type": "pointerDown", "button": 0},
            *(move(place, 50) for place in rest),
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        self._send("actions", {"actions": [mouse]})


@contextmanager
def firefox() -> Iterator[Session]:
    """Firefox, without a window on the screen.

    Raises:
        FileNotFoundError: it is not installed.
    """
    path = _found("firefox-esr", "firefox")
    port = free_port()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        Path(profile, "user.js").write_text(PREFERENCES.format(port=port))
        with (
            _running(path, "--headless", "--marionette", "--no-remote", "--profile", profile),
            _connected(port) as connection,
        ):
            stream = connection.makefile("rwb")
            _heard(stream)  # who it is
            numbers = itertools.count(1)

            def send(command: str, parameters: dict[str, Any]) -> Any:
                message = json.dumps([0, next(numbers), f"WebDriver:{COMMANDS[command]}", parameters]).encode()
                stream.write(b"%d:%b" % (len(message), message))
                stream.flush()
                _, _, error, value = _heard(stream)
                if error:
                    raise DriverError(error["message"])
                return value["value"] if command == "execute/async" else value

            send("", {"capabilities": {"alwaysMatch": {}}})
            yield Session(send)


@contextmanager
def webkit() -> Iterator[Session]:
    """WebKitGTK's small browser, on a screen that nobody sees.

    Raises:
        FileNotFoundError: it, its driver or Xvfb is not installed.
    """
    driver, screen = _found("WebKitWebDriver"), _found("Xvfb")
    browsers = sorted(path for place in ("/usr/lib", "/usr/libexec") for path in Path(place).rglob("MiniBrowser"))
    if not browsers:
        raise FileNotFoundError("MiniBrowser is not installed.")
    port, display = free_port(), f":{90 + os.getpid() % 900}"
    options = {"binary": str(browsers[-1]), "args": ["--automation"]}
    with (
        _running(screen, display, "-screen", "0", "1440x900x24", "-nolisten", "tcp"),
        _running(driver, f"--port={port}", DISPLAY=display, GDK_BACKEND="x11"),
        _connected(port),
    ):
        at = f"http://127.0.0.1:{port}/session"
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = _posted(at, {"capabilities": capabilities})["sessionId"]
        try:
            yield Session(lambda command, parameters: _posted(f"{at}/{session}/{command}", parameters))
        finally:
            urllib.request.urlopen(urllib.request.Request(f"{at}/{session}", method="DELETE"), timeout=PATIENCE).close()


def _found(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(f"{names[0]} is not installed.")


@contextmanager
def _running(*command: str, **environment: str) -> Iterator[None]:
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=silent, stderr=silent, env={**os.environ, **environment})
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    """A connection, once somebody listens there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=2 * PATIENCE)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    with connection:
        yield connection


def _heard(stream: Any) -> Any:
    """Marionette's next message: its length, a colon, JSON."""
    length = b""
    while (byte := stream.read(1)) != b":":
        if not byte:
            raise DriverError("The browser has gone.")
        length += byte
    return json.loads(stream.read(int(length)))


def _posted(address: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=2 * PATIENCE) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise DriverError(json.load(error)["value"]["message"]) from error
