"""Connections: as many as the system allows, and idle ones are closed."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from ui.serving.limits import IDLE_SECONDS

FOR_FILES = 200  # open files that are not connections


def raise_file_limit() -> int | None:
    """Let this process open as many files as the system allows; returns how many, or None if that is not known."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # more than this system allows after all
            return soft
    return None if hard == resource.RLIM_INFINITY else hard


def most_connections() -> int | None:
    """How many connections there may be at once; beyond that, uvicorn answers that it is busy."""
    files = raise_file_limit()
    return None if files is None else max(files - FOR_FILES, files // 2)


async def close_idle(server: Callable[[], Any], seconds: float = IDLE_SECONDS) -> None:
    """Close connections that were opened but never used; forever.

    Args:
        server: gives the uvicorn server, or None as long as there is none.
        seconds: for which a connection may wait with its first request.
    """
    seen: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
    while True:
        await asyncio.sleep(seconds / 2)
        state = getattr(server(), "server_state", None)
        for connection in list(state.connections) if state else []:
            if getattr(connection, "cycle", True) is None:  # no request has begun
                if time.monotonic() - seen.setdefault(connection, time.monotonic()) >= seconds / 2:
                    connection.transport.close()
            else:
                seen.pop(connection, None)
