"""The old digits that lessons rehearse and are proved by: which there are, and MNIST fetched where it is missing."""

from pathlib import Path
from typing import Any

from model.teaching.replay import source_of
from ui.apart import fetch_mnist
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report


def old_digits(data: str | Path, _request: object = None) -> dict[str, str]:
    """What a lesson would rehearse now: `source`, as in `model.teaching.replay`."""
    return {"source": source_of(data)}


def fetch_digits(jobs: Jobs, processes: Processes, data: str | Path, _request: object = None) -> dict[str, str]:
    """Have MNIST fetched into the data directory, as training a design does; the outcome is that of `old_digits`.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: too many are waiting.
    """

    def work(report: Report) -> dict[str, Any]:
        processes.run(fetch_mnist, (data,), report)
        return old_digits(data)

    return {"job": jobs.start(work, "fetching digits")}
