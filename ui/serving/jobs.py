"""Long work for visitors, such as a training: a bounded number at a time, first come first served.

Work reports as it goes, and whoever started it asks for the news; a job that nobody asks about any more stops.
"""

import secrets
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

from model.checks import fields_of, is_whole

MAX_WAITING = 16
ABANDONED_AFTER = 20.0  # seconds without a question
KEPT_FOR = 600.0  # seconds after the last question
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"

Report = Callable[[Any], None]
Work = Callable[[Report], Any]


class JobError(ValueError):
    """There is no such job, or no room for one more. The message is one sentence for people."""


class _Job:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.state = WAITING
        self.news: list[Any] = []
        self.outcome: Any = None
        self.error: str | None = None
        self.asked = time.monotonic()
        self.stop = False

    def unwanted(self) -> bool:
        return self.stop or time.monotonic() - self.asked > ABANDONED_AFTER

    def report(self, value: Any) -> None:
        if self.unwanted():
            raise CancelledError
        self.news.append(value)

    def run(self) -> None:
        if self.unwanted():
            self.state = CANCELLED
            return
        self.state = RUNNING
        try:
            self.outcome = self.work(self.report)
            self.state = DONE
        except CancelledError:
            self.state = CANCELLED
        except ValueError as error:
            self.error, self.state = str(error), FAILED
        except Exception:
            traceback.print_exc()
            self.error, self.state = "The work broke off by a fault of this program; nothing was changed.", FAILED


class Jobs:
    """A queue of work and the threads that do it; the page has one for all: two trainings would only slow each other.

    Threads, not processes: nearly all of the time goes into tensor operations, which let other threads run.

    Args:
        workers: how many jobs run at once.
    """

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._jobs: dict[str, _Job] = {}
        self._queue: list[_Job] = []
        self._changed = threading.Condition()

    def start(self, work: Work) -> str:
        """Put work into the queue.

        Args:
            work: called with a function `report`, which keeps a JSON value as news and raises `CancelledError` where
                the work is to stop. It may catch that, to return what it has so far.

        Returns:
            A key, to ask about the job with.

        Raises:
            JobError: too many jobs are waiting.
        """
        with self._changed:
            self._forget_old()
            if len(self._queue) >= MAX_WAITING:
                raise JobError(f"{MAX_WAITING} others are waiting already; please try again in a minute.")
            key, job = secrets.token_hex(16), _Job(work)
            self._jobs[key] = job
            self._queue.append(job)
            if len(self._threads) < self._workers:
                self._threads.append(threading.Thread(target=self._serve, daemon=True))
                self._threads[-1].start()
            self._changed.notify()
        return key

    def progress(self, key: object, since: object = 0) -> dict[str, Any]:
        """What has become of a job.

        Args:
            key: from `start`.
            since: how many of the news are known already.

        Returns:
            `state` (waiting, running, done, failed or cancelled); `position`, how many jobs are ahead of it; `news`
            after `since`, oldest first, and `known`, their number with all before; `outcome`, what the work returned,
            or `error`, one sentence.

        Raises:
            JobError: there is no such job, or `since` is no count.
        """
        if not is_whole(since, 0):
            raise JobError(f"since is {since!r}; expected how many of the news are known.")
        job = self._job(key)
        job.asked = time.monotonic()
        with self._changed:
            ahead = self._queue.index(job) + self._workers if job in self._queue else 0
            state = job.state  # before the news, so that a job that is done has told all of them
            news = job.news[since:]
        return {
            "state": state,
            "position": ahead,
            "news": news,
            "known": since + len(news),
            "outcome": job.outcome,
            "error": job.error,
        }

    def job_progress(self, request: object) -> dict[str, Any]:
        """As `progress`, for what a page asks.

        Args:
            request: {job, since}: its key, and how many of the news are known.

        Raises:
            JobError: as `progress`.
        """
        return self.progress(*fields_of(request, "job", since=0))

    def cancel(self, key: object) -> None:
        """Have a job stop at its next report; one that waits leaves the queue at once.

        Raises:
            JobError: there is no such job.
        """
        job = self._job(key)
        with self._changed:
            job.stop = True
            if job in self._queue:
                self._queue.remove(job)
                job.state = CANCELLED

    def _job(self, key: object) -> _Job:
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None:
            raise JobError("This work is no longer known here; please start it again.")
        return job

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._jobs = {
            key: job for key, job in self._jobs.items() if job.state in (WAITING, RUNNING) or now - job.asked < KEPT_FOR
        }

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                job = self._queue.pop(0)
            job.run()
