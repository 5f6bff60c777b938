"""A Chromium that is driven by its own DevTools protocol, through a pipe, for what is timed.

Playwright, which the tests use, listens to every request and every frame of a page; that took as much of the machine's
time as the page itself. Here nobody listens, and nothing is said but what is asked. For Linux and macOS: the pipe needs
file descriptors 3 and 4. (https://chromedevtools.github.io/devtools-protocol/)
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.browser.browsers import ARGUMENTS, executable
from tests.serving import PATIENCE

WINDOW = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}


class DevTools:
    """The two ends of the pipe.

    Args:
        reads: descriptor that the browser's messages come from.
        writes: descriptor that its commands go to.
    """

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        self._heard = b""
        self._numbers = count(1)
        self.events: list[dict[str, Any]] = []  # what was heard while an answer was waited for

    def post(self, method: str, session: str | None = None, **parameters: Any) -> int:
        """Say something and wait for nothing; the number of the command."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._writes, json.dumps(command).encode() + b"\0")
        return number

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Say something and wait for the answer.

        Raises:
            RuntimeError: the browser refuses, or has gone.
        """
        number = self.post(method, session, **parameters)
        while (message := self._hear()).get("id") != number:
            if "method" in message:
                self.events.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._heard:
            heard = os.read(self._reads, 1 << 16)
            if not heard:
                raise RuntimeError("The browser has gone.")
            self._heard += heard
        message, _, self._heard = self._heard.partition(b"\0")
        return json.loads(message)


class Page:
    """A page of 1440 x 900 pixels, of somebody who asks for little motion.

    Args:
        devtools: of the browser.
        script: JavaScript that every document runs first.
    """

    def __init__(self, devtools: DevTools, script: str = "") -> None:
        self._devtools = devtools
        target = devtools.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = devtools.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Emulation.setDeviceMetricsOverride", **WINDOW)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        self.send("Page.enable")  # without it no script is run first
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the browser told of without being asked, by domains that were enabled."""
        return self._devtools.events

    def post(self, method: str, **parameters: Any) -> None:
        """As `DevTools.post`, to this page."""
        self._devtools.post(method, self._session, **parameters)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """As `DevTools.send`, to this page."""
        return self._devtools.send(method, self._session, **parameters)

    def open(self, address: str, selector: str) -> None:
        """Go there, wait until an element is there, and from then on hear of nothing."""
        self.send("Page.navigate", url=address)
        self.send("Page.bringToFront")  # behind another page it would draw no frames
        self.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.send("Page.disable")

    def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression, or of what its promise brings.

        Raises:
            RuntimeError: it fails.
        """
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Ask now and then whether it is true.

        Raises:
            TimeoutError: it is not, for a long time.
        """
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited {PATIENCE} seconds for {expression}.")
            time.sleep(0.1)

    def box(self, selector: str) -> dict[str, float]:
        """Where an element lies in the window: x, y, width and height, in pixels."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")

    def mouse(self, kind: str, x: float, y: float, *, pressed: bool) -> None:
        """Post a "mouseMoved", "mousePressed" or "mouseReleased" with the left button."""
        parameters = {"button": "left", "buttons": int(pressed), "clickCount": int(kind != "mouseMoved")}
        self.post("Input.dispatchMouseEvent", type=kind, x=x, y=y, **parameters)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key)

    def close(self) -> None:
        """Leave the page."""
        self.send("Page.close")


@contextmanager
def browser(arguments: list[str] = ARGUMENTS) -> Iterator[DevTools]:
    """A headless Chromium for as long as the block lasts.

    Raises:
        SystemExit: none was found.
    """
    path = executable()
    if path is None:
        raise SystemExit("No browser was found; set DIGITSCOPE_BROWSER to a Chromium.")
    (its_reads, writes), (reads, its_writes) = os.pipe(), os.pipe()
    shell = ["/bin/sh", "-c", f'exec "$0" "$@" 3<&{its_reads} 4>&{its_writes}']
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [*shell, path, "--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}", *arguments],
            pass_fds=(its_reads, its_writes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_reads)
        os.close(its_writes)
        try:
            yield DevTools(reads, writes)
        finally:
            process.terminate()
            process.wait()
            os.close(reads)
            os.close(writes)
