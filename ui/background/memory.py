"""Memory that nothing uses any more goes back to the system, where the C library would keep it (Linux's does)."""

import asyncio
import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

QUIET = 30.0  # seconds between two looks whether anybody was answered
FEW = 5  # answers in that time, or fewer: nobody is drawing
MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of mallopt(3)
LARGE = 2**30  # bytes


def give_back() -> None:
    """Give the system what is free. It takes some hundredths of a second, in which other threads wait for memory."""
    if library := _c_library():
        library.malloc_trim(0)


def keep_for_the_next_step() -> None:
    """Keep what a step of work frees for the next one, until `give_back`.

    Otherwise every map of a training is mapped, cleared by the system and unmapped again, which takes a quarter of the
    time.
    """
    if library := _c_library():
        library.mallopt(MMAP_THRESHOLD, LARGE)
        library.mallopt(TRIM_THRESHOLD, LARGE)


async def give_back_when_quiet(server: Callable[[], Any], seconds: float = QUIET) -> None:
    """Call `give_back` whenever a busy time is followed by a quiet one; forever.

    Args:
        server: gives the uvicorn server, or None as long as there is none.
        seconds: between two looks.
    """
    before, used = 0, False
    while True:
        await asyncio.sleep(seconds)
        state = getattr(server(), "server_state", None)
        answered = state.total_requests if state else 0
        if answered - before > FEW:
            used = True
        elif used:
            await asyncio.to_thread(give_back)
            used = False
        before = answered


@cache
def _c_library() -> Any:
    """None on another system, or with another C library."""
    try:
        library = ctypes.CDLL("libc.so.6")
        return library if library.mallopt and library.malloc_trim else None
    except (OSError, AttributeError):
        return None
