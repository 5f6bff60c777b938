"""A program's call waits for its work, and may report its progress meanwhile."""

import time
from collections.abc import Iterator
from typing import Any

from ui.background.job import Work
from ui.background.jobs import Jobs
from ui.background.visitor import Visitor

POLL = 0.05  # seconds


def followed(jobs: Jobs, work: Work, kind: str, whose: Visitor) -> Iterator[dict[str, Any]]:
    """The progress of work as of `Jobs.progress`, until it is done; it stops if the caller is gone.

    Args:
        jobs: the queue in which it waits.
        work: what to do.
        kind: of its work, in a word or two.
        whose: the caller.

    Raises:
        ValueError: it failed, or was stopped.
    """
    job, known = jobs.start(work, kind, whose=whose), 0
    while True:
        progress = jobs.progress(job, known)
        known = progress["known"]
        yield progress
        if progress["error"]:
            raise ValueError(progress["error"])
        if progress["state"] == "cancelled":
            raise ValueError(f"The {kind} was stopped.")
        if progress["state"] == "done":
            return
        time.sleep(POLL)
