"""Separate processes for long work, so that drawing goes on and a crash takes nothing else down.

Each is forked from a server that has imported the model already, where the system can do that: it starts at once and
shares what was imported. They give way to the process that answers the pens.
"""

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from ui.background.memory import give_back, keep_for_the_next_step

PRELOADED = [
    "torch",
    "torch._dynamo",  # by far the longest import of those that an optimizer makes when there is the first of it
    "model.teaching.cross_validation",
    "model.design.live_training",
    "model.explain.occlusion",
]
NICENESS = 5  # a third of the share that the pens get; with more, other programs of a busy laptop would starve lessons
FIRST_TO_GO = 500  # of 1000, where memory runs out
TICK = 0.05  # seconds between two looks at whether the work is still wanted
GRACE = 0.6  # seconds to the next report of work that is to stop; then its process is ended
SPARE = 3  # processes that stay when there is nothing to do
REST = 120.0  # seconds without work after which a fresh one takes their place, and what they remember is forgotten
SPINS = "10000"  # rounds, some 0.1 ms: longer than the next operation of a step takes to come
STOP = "stop"
NEWS, DONE, REFUSED, CANCELLED, FAULTY = "news", "done", "refused", "cancelled", "faulty"

Report = Callable[..., None]  # report(news) keeps a value as news, report() only raises CancelledError where work stops
Function = Callable[..., Any]


class ProcessLostError(ValueError):
    """A process was ended from outside. The message is one sentence for people."""


def cores() -> int:
    """How many cores this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes:
    """Processes that do one piece of work after the other; those that are done wait for the next.

    Args:
        rest: seconds without work after which a fresh process takes the place of those that wait.
    """

    def __init__(self, rest: float = REST) -> None:
        # The processes inherit it. As it comes, OpenMP's threads wait for each other by running in circles, at length:
        # beside a browser, which wants a core, a lesson with two of them took several times as long as with one.
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
        forks = sys.platform == "linux"  # elsewhere libraries do not live through a fork
        self._context = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self._context.set_forkserver_preload(PRELOADED)
        self._idle: list[_Process] = []
        self._busy = 0
        self._rest = rest
        self._timer: threading.Timer | None = None  # until they rest, or are warm
        self._lock = threading.Lock()

    def run(self, function: Function, arguments: tuple[Any, ...], report: Report) -> Any:
        """Do work in another process, and wait for it.

        Args:
            function: of a module, called as function(report, *arguments), where `report(news)` raises `CancelledError`
                once the work is to stop. It may catch that, to return what it has so far.
            arguments: values that can be pickled, as can what it reports and returns.
            report: is handed the news here; where it raises `CancelledError`, the work is told to stop, and its process
                is ended where it does not within `GRACE`.

        Raises:
            ValueError: the work's own.
            CancelledError: it stopped.
            ProcessLostError: the process was ended from outside.
        """
        process = self._take()
        with self._lock:
            self._busy += 1
            threads = max(1, cores() // self._busy)  # work that runs keeps its own
        try:
            return process.run(function, arguments, threads, report)
        finally:
            with self._lock:
                self._busy -= 1
            self._give_back(process)
            self.refresh(self._rest)

    def refresh(self, after: float) -> None:
        """Have one fresh process wait, and no other, once there was no work for so many seconds; returns at once."""

        def rest() -> None:
            with self._lock:
                if self._busy or self._timer is not timer:
                    return
            self.close()
            self._give_back(self._take())

        timer = threading.Timer(after, rest)
        timer.daemon = True
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = timer
        timer.start()

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
            if self._timer:
                self._timer.cancel()
            self._timer = None
        for process in idle:
            process.end()

    def _take(self) -> "_Process":
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.alive:
                    return process
        return _Process(self._context)

    def _give_back(self, process: "_Process") -> None:
        with self._lock:
            keep = process.alive and len(self._idle) < SPARE
            if keep:
                self._idle.append(process)
        if not keep:
            process.end()


class _Process:
    """This end of one process."""

    def __init__(self, context: Any) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _no_main_module():
            self._process.start()
        theirs.close()  # so that the pipe ends with the process

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def run(self, function: Function, arguments: tuple[Any, ...], threads: int, report: Report) -> Any:
        try:
            self._send(function, arguments, threads)
            return self._heed(report)
        except (EOFError, OSError):
            self.end()
            raise ProcessLostError(
                "The process that did this work was ended from outside, perhaps for lack of memory; "
                "nothing was changed, please start it again."
            ) from None

    def _heed(self, report: Report) -> Any:
        deadline = None
        while True:
            kind, value = self._receive() if self._pipe.poll(TICK) else (NEWS, None)
            if kind == DONE:
                return value
            if kind == CANCELLED:
                raise CancelledError
            if kind == REFUSED:
                raise ValueError(value)
            if kind == FAULTY:
                raise RuntimeError(value)
            if deadline is None:
                try:
                    report(value) if value is not None else report()
                except CancelledError:
                    deadline = time.monotonic() + GRACE
                    self._send(STOP)
            elif time.monotonic() > deadline:
                self.end()
                raise CancelledError

    def _send(self, *message: Any) -> None:
        # Plain pickle: multiprocessing's own would share tensors by files that end with the process.
        self._pipe.send_bytes(pickle.dumps(message))

    def _receive(self) -> tuple[str, Any]:
        return pickle.loads(self._pipe.recv_bytes())


_changing_main = threading.Lock()


@contextmanager
def _no_main_module() -> Iterator[None]:
    """A new process imports the main module, which is app.py and would load Gradio, which it does not need."""
    with _changing_main:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _serve(pipe: Connection) -> None:
    """The other end: do what comes until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the app, which ends its processes
    _give_way()
    keep_for_the_next_step()
    gc.freeze()  # what was imported stays: it is not searched for garbage, nor copied from what all processes share
    with suppress(EOFError, OSError):
        while True:
            message = pickle.loads(pipe.recv_bytes())
            if message != (STOP,):  # one that came when the work was done already
                pipe.send_bytes(pickle.dumps(_result(pipe, *message)))
                del message
                gc.collect()
                give_back()


def _result(pipe: Connection, function: Function, arguments: tuple[Any, ...], threads: int) -> tuple[str, Any]:
    import torch

    torch.set_num_threads(min(threads, _most_threads()))

    def report(*news: Any) -> None:
        for value in news:
            pipe.send_bytes(pickle.dumps((NEWS, value)))
        if pipe.poll():
            pipe.recv_bytes()  # there is only one thing to be told meanwhile
            raise CancelledError

    try:
        return DONE, function(report, *arguments)
    except CancelledError:
        return CANCELLED, None
    except ValueError as error:
        return REFUSED, str(error)
    except Exception:
        traceback.print_exc()
        return FAULTY, "The work in another process failed; its own report is above."


@cache
def _most_threads() -> int:
    """As many as PyTorch would take by itself, which OMP_NUM_THREADS limits; asked before any other number is set."""
    import torch

    return torch.get_num_threads()


def _give_way() -> None:
    """Lower this process's priority, and have it go first where memory runs out, as far as the system knows of that."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO))
