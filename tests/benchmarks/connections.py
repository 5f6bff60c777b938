"""The connections that a visitor's browser keeps to one server, by as little work as asyncio's streams allow.

The visitors stand for machines of their own, but run on the server's: what they take, the server is short of.
"""

import asyncio
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

FAULTS = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)  # what a request may fail with


class Connections:
    """Connections to the server at an address, as many as there are requests at once, which are used again.

    Args:
        address: http://host:port.
        patience: seconds until a request has failed.
    """

    def __init__(self, address: str, patience: float = 60.0) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._patience = patience
        self._free: list[Streams] = []

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer to one request; the body that is sent is JSON.

        Raises:
            One of `FAULTS`: there was no answer, or not in time, or its length is not given in its head.
        """
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Length: {len(body)}\r\n"
        request = f"{head}Content-Type: application/json\r\n\r\n".encode() + body
        async with asyncio.timeout(self._patience):
            reader, writer = await self._connection()
            try:
                writer.write(request)
                status, fields = _head(await reader.readuntil(b"\r\n\r\n"))
                answer = await reader.readexactly(int(fields.get("content-length", "")))
            except BaseException:
                writer.close()
                raise
        if fields.get("connection") == "close":
            writer.close()
        else:
            self._free.append((reader, writer))
        return status, answer

    async def _connection(self) -> Streams:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # the server closes what has long been idle
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        """Close those that are idle."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()


def _head(lines: bytes) -> tuple[int, dict[str, str]]:
    status, *fields = lines.decode("latin-1").rstrip().split("\r\n")
    named = (field.partition(":") for field in fields)
    return int(status.split()[1]), {name.lower(): value.strip().lower() for name, _, value in named}
