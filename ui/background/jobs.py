"""Long work for visitors, such as a training: a bounded number at a time, in turn among those who wait.

Work reports as it goes, and whoever started it asks for the news; a job that nobody asks about any more stops, and
gives up its place in line.
"""

import secrets
import threading
import time
from typing import Any

from model.checks import fields_of, is_whole
from ui.background.job import DONE, RUNNING, WAITING, BusyError, Job, JobError, Work
from ui.background.visitor import Visitor, visitor

MAX_WAITING = 64  # of the quick jobs, and of the others
MAX_OWN = 6  # of one visitor
TRY_AGAIN = 5.0  # seconds after which a page that found no place asks for one again
KEPT_FOR = 600.0  # seconds after the last question
KEPT_TOLD = 30.0  # seconds, of what has been told of to its end, or was called off
MOST_KEPT = 200  # jobs that have ended
SMOOTHING = 0.3  # weight of the newest of the times that work of a kind took


class Jobs:
    """A queue of work and the threads that see to it; most of it runs in `Processes`, for which its thread waits.

    One job of a visitor runs at a time, and visitors take turns. What is quick has a thread of its own, so that a click
    does not wait for the lessons of a class.

    Args:
        workers: how many long jobs run at once.
    """

    def __init__(self, workers: int = 1) -> None:
        self._slots = {False: workers, True: 1}  # by whether the job is quick
        self._threads: dict[bool, list[threading.Thread]] = {False: [], True: []}
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []  # those that wait for their turn, oldest first
        self._running: list[Job] = []
        self._turns: dict[tuple[bool, Visitor | str], int] = {}  # the newest of each visitor and of each address
        self._present = {False: (0, 0), True: (0, 0)}  # turns of whoever was served last, by whether that was quick
        self._seconds: dict[str, float] = {}  # that work of a kind takes
        self._changed = threading.Condition()

    def start(self, work: Work, kind: str = "work", quick: bool = False, whose: Visitor | None = None) -> str:
        """Put work into the queue.

        Args:
            work: called with a function `report`, which keeps a JSON value as news and raises `CancelledError` where
                the work is to stop. It may catch that, to return what it has so far. It may return `Later`.
            kind: what takes about the same time each time.
            quick: it takes a second or so, and somebody waits for it.
            whose: work it is; None for whoever is answered just now.

        Returns:
            A key, to ask about the job with.

        Raises:
            BusyError: too many jobs are waiting.
        """
        with self._changed:
            self._forget_old()
            key, job = secrets.token_hex(16), Job(work, kind, visitor() if whose is None else whose, quick)
            job.turns = self._turns_of(job)
            self._make_room(job)
            self._turns |= dict(zip(_asking(job), job.turns, strict=True))
            self._jobs[key] = job
            self._queue.append(job)
            threads = self._threads[quick]
            if len(threads) < self._slots[quick]:
                threads.append(threading.Thread(target=self._serve, args=(quick,), daemon=True))
                threads[-1].start()
            self._changed.notify_all()
        return key

    def progress(self, key: object, since: object = 0) -> dict[str, Any]:
        """What has become of a job.

        Args:
            key: from `start`.
            since: how many of the news are known already.

        Returns:
            `state` (waiting, running, done, failed or cancelled); `position`, how many jobs have to end or begin before
            it is its turn; `expected`, the seconds until then by what such jobs took so far, or None where that is not
            known; `news` after `since`, oldest first, and `known`, their number with all before; `outcome`, what the
            work returned, or `error`, one sentence.

        Raises:
            JobError: there is no such job, or `since` is no count.
        """
        if not is_whole(since, 0):
            raise JobError(f"since is {since!r}; expected how many of the news are known.")
        job = self._job(key)
        job.asked = time.monotonic()
        with self._changed:
            self._drop_unwanted()
            waits = job in self._queue
            ahead = self._order(job.quick)
            ahead = ahead[: ahead.index(job)] if waits else []
            state = job.state  # before the news, so that a job that is done has told all of them
            news = job.news[since:]
            job.told = job.ended()
            expected = self._expected(job, ahead) if waits else None
        return {
            "state": state,
            "position": len(ahead) + 1 if waits and state == WAITING else 0,
            "expected": expected,
            "news": news,
            "known": since + len(news),
            "outcome": job.outcome if job.ended() else None,
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

    def goes_on(self, key: str) -> bool:
        """Whether a job waits or runs."""
        job = self._jobs.get(key)
        return job is not None and not job.ended()

    def cancel(self, key: object) -> None:
        """Have a job stop at its next report; one that waits leaves the queue at once.

        Raises:
            JobError: there is no such job.
        """
        job = self._job(key)
        with self._changed:
            job.stop = True
            self._drop_unwanted()

    def cancel_job(self, request: object) -> dict[str, Any]:
        """As `cancel`, for what a page asks.

        Args:
            request: {job}: its key.

        Raises:
            JobError: as `cancel`.
        """
        self.cancel(*fields_of(request, "job"))
        return {}

    def _job(self, key: object) -> Job:
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None:
            raise JobError("The server no longer knows this work; please start it again.")
        return job

    # The rest is called by whoever holds `_changed`, but for `_serve`.

    def _make_room(self, job: Job) -> None:
        """Refuse a job, or rather the one that would wait longest, where there are too many."""
        same = self._order(job.quick)
        own = sum(other.whose == job.whose for other in same)
        if job.whose.key and own >= MAX_OWN:
            raise BusyError(f"{own} of your jobs are waiting already; this one is tried again when there is room.")
        if len(same) < MAX_WAITING:
            return
        last = self._in_turn([*same, job])[-1]
        if last is job:
            raise BusyError(f"{MAX_WAITING} others are waiting already; there may be room in a few seconds.")
        self._queue.remove(last)
        last.fail("Too many others are waiting; please start this again in a minute.")

    def _order(self, quick: bool) -> list[Job]:
        return self._in_turn([job for job in self._queue if job.quick == quick])

    def _in_turn(self, jobs: list[Job]) -> list[Job]:
        """Jobs in the order in which they come next: first parts before rests, then by turns of visitors, then of
        addresses, and else as they came."""
        return sorted(jobs, key=lambda job: (job.rounds, *job.turns))

    def _turns_of(self, job: Job) -> tuple[int, int]:
        """The turn of its visitor and that of its address in which a job comes: their next, or the present one."""
        if not self._queue:
            self._turns.clear()
        before = (self._turns.get(asking, -1) for asking in _asking(job))
        own, of_address = (max(turn + 1, now) for turn, now in zip(before, self._present[job.quick], strict=True))
        return own, of_address

    def _next(self, quick: bool) -> Job | None:
        self._drop_unwanted()
        busy = [job.whose for job in self._running if job.quick == quick and job.whose.key]
        return next((job for job in self._order(quick) if job.whose not in busy), None)

    def _expected(self, job: Job, ahead: list[Job]) -> int | None:
        """Seconds until it is the turn of a job that waits."""
        now = time.monotonic()
        running = [other for other in self._running if other.quick == job.quick]
        try:
            left = sum(max(self._seconds[_part(other)] - (now - other.begun), 0.0) for other in running)
            left += sum(self._seconds[_part(other)] for other in ahead)
        except KeyError:
            return None
        return round(left / self._slots[job.quick])

    def _drop_unwanted(self) -> None:
        for job in [job for job in self._queue if job.unwanted()]:
            self._queue.remove(job)
            job.call_off()

    def _forget_old(self) -> None:
        now = time.monotonic()

        def is_kept(job: Job) -> bool:
            return not job.ended() or now - job.asked < (KEPT_TOLD if job.told or job.stop else KEPT_FOR)

        kept = {key: job for key, job in self._jobs.items() if is_kept(job)}
        ended = sorted((key for key, job in kept.items() if job.ended()), key=lambda key: kept[key].asked)
        for key in ended[: max(len(ended) - MOST_KEPT, 0)]:
            del kept[key]
        self._jobs = kept

    def _serve(self, quick: bool) -> None:
        while True:
            with self._changed:
                while not (job := self._next(quick)):
                    self._changed.wait(KEPT_TOLD)
                    self._forget_old()
                self._queue.remove(job)
                self._running.append(job)
                self._present[quick] = job.turns
                job.state, job.begun = RUNNING, time.monotonic()
                part = _part(job)
            goes_on = job.run()
            with self._changed:
                self._running.remove(job)
                if job.state in (RUNNING, DONE):
                    took, usual = time.monotonic() - job.begun, self._seconds.get(part)
                    self._seconds[part] = took if usual is None else usual + SMOOTHING * (took - usual)
                if goes_on:
                    self._queue.append(job)
                self._changed.notify_all()


def _asking(job: Job) -> tuple[tuple[bool, Visitor | str], ...]:
    """Whose turns a job takes: its visitor's, and its address's, each apart for what is quick."""
    return (job.quick, job.whose), (job.quick, job.whose.address)


def _part(job: Job) -> str:
    """What takes about the same time: work of a kind, and its rest."""
    return job.kind if not job.rounds else f"{job.kind}, the rest"
