"""What every request passes on its way in: who sends it, how large it is, and how failures are reported.

Before Gradio reads anything of it. Limits are those of `ui.serving.limits`.
"""

import asyncio
import json
import os
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from ui.serving import limits
from ui.serving.calls import PATH
from ui.serving.faults import FAULT
from ui.serving.hosts import Hosts

CLOSED = ("/upload", "/process_recording")  # ways to upload files; nothing on this page needs them

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        sentence: for people.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Gate:
    """An ASGI middleware around the whole app.

    Args:
        app: what is behind it.
        hosts: by which names and from which pages it may be asked.
    """

    def __init__(self, app: App, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts
        self._held = 0  # bytes of all bodies
        self._free_at = 0.0  # when what was read so far has been made up for

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held = _Held(self)
        answer = _Answer(send)
        try:
            self._let_in(scope)
            await self._app(scope, await held.take(scope, receive), answer.send)
            await answer.end()
        except RefusedError as refusal:
            await held.drain(scope, receive)
            await answer.say(scope, receive, refusal.status, str(refusal))
        except Exception:
            traceback.print_exc()
            await answer.say(scope, receive, 500, FAULT)
        finally:
            held.give_back()

    def _let_in(self, scope: MutableMapping[str, Any]) -> None:
        if refused := self._hosts.refusal(Headers(scope=scope)):
            raise RefusedError(403, refused)
        if scope["path"].rstrip("/").endswith(CLOSED):
            raise RefusedError(404, "File uploads are not accepted; drawings, samples and networks are sent as text.")

    async def pace(self, values: int) -> None:
        """Wait until what was read before has been made up for.

        Raises:
            RefusedError: that would take too long.
        """
        if values <= limits.FREE_VALUES:
            return
        now = time.monotonic()
        begin = max(now, self._free_at)
        wait = begin - now
        if wait > limits.LONGEST_WAIT:
            raise RefusedError(503, "The server is busy reading other requests; please try again in a minute.")
        self._free_at = begin + values * limits.SECONDS_A_VALUE / limits.SHARE
        await asyncio.sleep(wait)

    def hold(self, count: int) -> None:
        """Count bytes of a body; fewer than 0 to let go of them.

        Raises:
            RefusedError: there are too many.
        """
        if count > 0 and self._held + count > limits.BODIES_BYTES:
            raise RefusedError(503, "The server is busy with other requests; please try again in a minute.")
        self._held += count


class _Held:
    """The body of one request."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._count = gate, 0
        self._arrived = False  # to its end, or nothing more of it will come

    async def take(self, scope: MutableMapping[str, Any], receive: Receive) -> Receive:
        """Read the body, and return what hands it on."""
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return receive
        apart = scope["path"].rstrip("/").endswith(PATH)  # read in a thread of its own
        most = limits.BODY_BYTES if apart else limits.LOOP_BYTES
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(limits.BODY_SECONDS):
                body = await self._read(receive, most)
        except TimeoutError:
            self._arrived = True
            raise RefusedError(408, f"The request did not arrive within {limits.BODY_SECONDS:g} seconds.") from None
        values = _values_in(body)
        _check(values, limits.BODY_VALUES)
        if not apart and len(body) > limits.LOOP_VALUES:
            _check(_values_outside_texts(body), limits.LOOP_VALUES)
        await self._gate.pace(values)
        told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def hand_on() -> Message:
            return told.pop() if told else await receive()

        return hand_on

    async def _read(self, receive: Receive, most: int) -> bytes:
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._arrived = True
                raise RefusedError(400, "The request was interrupted.")
            part = message.get("body", b"")
            self._arrived = not message.get("more_body", False)
            self._gate.hold(len(part))
            self._count += len(part)
            if self._count > most:
                raise _too_large(most)
            parts.append(part)
            if self._arrived:
                return b"".join(parts)

    async def drain(self, scope: MutableMapping[str, Any], receive: Receive) -> None:
        """Read on and forget, so that whoever sends the whole body before reading the answer comes to read it."""
        if "expect" in Headers(scope=scope):  # such a program waits with its body to be told to go on
            return
        self.give_back()
        left = limits.DRAINED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.DRAIN_SECONDS):
                while not self._arrived and left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    self._arrived = not message.get("more_body", False)

    def give_back(self) -> None:
        self._gate.hold(-self._count)
        self._count = 0


def _values_in(body: bytes) -> int:
    """How many values there are in JSON, or somewhat more, without reading it."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _values_outside_texts(body: bytes) -> int:
    """As `_values_in`, where a text counts as two values and one more for each escaped character."""
    escaped = body.count(b"\\")
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes = plain.count(b'"')
    if escaped + quotes > limits.LOOP_VALUES:
        return escaped + quotes
    return escaped + quotes + sum(map(_values_in, plain.split(b'"')[::2]))


def _check(values: int, most: int) -> None:
    if values > most:
        raise RefusedError(413, f"A request may have at most {most:,} values here; this one has {values:,}.")


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, f"A request may have at most {most / 2**20:g} MB here; this one has more.")


class _Answer:
    """The way out: a failure without words gets some, and a browser is told what it may do with the page."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False
        self._failure: Message | None = None  # the beginning of an answer that says that something failed
        self._said = b""

    async def send(self, message: Message) -> None:
        """Hand a part of the answer on."""
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            message = {**message, "headers": headers.raw}
            if message["status"] >= 500:
                self._failure = message
                return
        elif self._failure is not None:
            self._said += message.get("body", b"")
            return
        await self._send(message)

    async def end(self) -> None:
        """Send what was held back."""
        if self._failure is None:
            return
        said = _with_words(self._said)
        headers = MutableHeaders(raw=self._failure["headers"])
        headers["content-length"] = str(len(said))
        headers["content-type"] = "application/json"
        await self._send(self._failure)
        await self._send({"type": "http.response.body", "body": said})

    async def say(self, scope: MutableMapping[str, Any], receive: Receive, status: int, sentence: str) -> None:
        """Answer with one sentence, where nothing has been answered yet."""
        if not self._begun or self._failure is not None:
            self._begun, self._failure = False, None
            headers = {**_HEADERS, "connection": "close"}
            answer = JSONResponse({"error": sentence, "detail": sentence}, status, headers)
            await answer(scope, receive, self._send)


def _with_words(said: bytes) -> bytes:
    """An answer that says that something failed; in a sentence of its own, or else in that of all failures."""
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if not any(isinstance(answer.get(name), str) for name in ("error", "detail")):
        answer |= {"error": FAULT, "detail": FAULT}
    return json.dumps(answer).encode()


def _frames() -> str:
    """Whose pages may show this one in a frame: nobody's but its own, and Hugging Face's where it is one of theirs."""
    return "'self' https://huggingface.co https://*.huggingface.co" if os.environ.get("SPACE_ID") else "'self'"


_HEADERS = {
    "content-security-policy": f"frame-ancestors {_frames()}; object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
