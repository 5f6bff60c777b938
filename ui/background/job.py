"""One piece of long work for a visitor: what it does, how far it is, and how it ended."""

import time
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from ui.background.processes import Report
from ui.background.visitor import Visitor

ABANDONED_AFTER = 20.0  # seconds without a question
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"

Work = Callable[[Report], Any]


class JobError(ValueError):
    """There is no such job. The message is one sentence for people."""


class BusyError(JobError):
    """There is no room for one more job; its page asks again by itself."""


class Later:
    """What work returns if its rest may wait until everybody else's first part is done.

    Args:
        work: the rest.
        so_far: the outcome if the rest is cancelled.
    """

    def __init__(self, work: Work, so_far: Any) -> None:
        self.work, self.so_far = work, so_far


class Job:
    """Work of a visitor: whether it waits, runs or has ended, and what it has to tell.

    Args:
        work, kind, quick, whose: as `ui.background.jobs.Jobs.start` takes them.
    """

    def __init__(self, work: Work, kind: str, whose: Visitor, quick: bool) -> None:
        self.work: Work | None = work  # None once it has ended, since it holds all that it works on
        self.kind, self.whose, self.quick = kind, whose, quick
        self.state = WAITING
        self.turns = (0, 0)  # as of `Jobs._turns_of`
        self.rounds = 0  # how often the rest was put off
        self.news: list[Any] = []
        self.outcome: Any = None
        self.error: str | None = None
        self.asked = time.monotonic()
        self.begun = 0.0
        self.told = False  # how it ended
        self.stop = False

    def unwanted(self) -> bool:
        """Whether it was cancelled, or nobody asks about it any more."""
        return self.stop or time.monotonic() - self.asked > ABANDONED_AFTER

    def report(self, *news: Any) -> None:
        """Keep news for whoever asks.

        Raises:
            CancelledError: the work is to stop.
        """
        if self.unwanted():
            raise CancelledError
        self.news.extend(news)

    def ended(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.state not in (WAITING, RUNNING)

    def run(self) -> bool:
        """Do the work, or its next part; returns whether there is a rest of it."""
        try:
            outcome = self.work(self.report)
            if isinstance(outcome, Later):
                self.work, self.outcome, self.rounds = outcome.work, outcome.so_far, self.rounds + 1
                return True
            self.outcome, self.state = outcome, DONE
        except CancelledError:
            self.call_off()
        except ValueError as error:
            self.fail(str(error))
        except Exception:
            traceback.print_exc()
            self.fail("The work stopped because of a fault in this program; nothing was changed.")
        self.work = None
        return False

    def fail(self, sentence: str) -> None:
        """End it without an outcome; the sentence says why. What it has so far stays valid, whatever its rest does."""
        if self.rounds:
            self.call_off()
        else:
            self.error, self.state, self.work = sentence, FAILED, None

    def call_off(self) -> None:
        """What it has so far is its outcome, if it has any."""
        self.state, self.work = DONE if self.rounds else CANCELLED, None
