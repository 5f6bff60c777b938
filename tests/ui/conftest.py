"""What the tests of the page's parts share: one network that may be named, and a queue of the test's own."""

import threading
from pathlib import Path
from typing import Any

import pytest

from model import DigitNet, save_checkpoint
from ui.background.jobs import Jobs
from ui.background.processes import Function, Report
from ui.kept.networks import Networks


def offering(net: DigitNet, directory: Path) -> Networks:
    """Networks of which this one is offered, as `names[0]`; those that are made are kept in `directory`/state."""
    return Networks([str(save_checkpoint(net, directory / "shipped.safetensors"))], directory / "state")


@pytest.fixture
def networks(small_net: DigitNet, tmp_path: Path) -> Networks:
    """One network is offered to all; those that are taught are kept in a directory of the test's own."""
    return offering(small_net, tmp_path)


@pytest.fixture
def offered(networks: Networks) -> str:
    """The one network that everybody may choose."""
    return networks.names[0]


@pytest.fixture
def jobs() -> Jobs:
    """A queue of the test's own."""
    return Jobs()


class Here:
    """Stands in for `Processes`: does the work in this thread, where a test can change it."""

    def run(self, function: Function, arguments: tuple[Any, ...], report: Report) -> Any:
        return function(report, *arguments)


@pytest.fixture
def here() -> Here:
    return Here()


def ended(jobs: Jobs, job: str) -> dict[str, Any]:
    """The progress of a job at its end, with all its news."""
    news: list[Any] = []
    for _ in range(6000):
        progress = jobs.job_progress({"job": job, "since": len(news)})
        news += progress["news"]
        if progress["state"] not in ("waiting", "running"):
            return {**progress, "news": news}
        threading.Event().wait(0.02)
    raise AssertionError(f"still {progress['state']}")


def outcome_of(jobs: Jobs, job: str) -> dict[str, Any]:
    """What a job came to.

    Raises:
        ValueError: it failed; with the sentence that its visitor reads.
    """
    progress = ended(jobs, job)
    if progress["error"]:
        raise ValueError(progress["error"])
    return progress["outcome"]


def kept(directory: Path) -> list[Path]:
    """The files of the networks that `offering` keeps there."""
    return list((directory / "state").glob("*"))
