"""Processes of their own: work that is told to stop stops, and a process that dies takes nothing else down."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
import torch

from tests.ui.conftest import ended
from ui.background.jobs import Jobs
from ui.background.processes import GRACE, NICENESS, Processes, ProcessLostError, Report

SOON = 10.0  # seconds


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    started = Processes()
    started.run(count, (1,), lambda *news: None)  # the first one imports PyTorch
    yield started
    started.close()


def count(report: Report, number: int) -> int:
    for index in range(number):
        report(index)
    return os.getpid()


def niceness(_report: Report) -> int:
    return os.nice(0)


def begun_with(_report: Report) -> tuple[str, bool]:
    return os.environ.get("GOMP_SPINCOUNT", "as it comes"), "torch._dynamo" in sys.modules


def threads(_report: Report) -> int:
    return torch.get_num_threads()


def dawdle(report: Report, told: bool) -> None:
    while True:
        time.sleep(0.01)
        if told:
            report()


def stop_early(report: Report) -> str:
    try:
        report("begun")
        dawdle(report, True)
    except CancelledError:
        return "so far"


def refuse(_report: Report) -> None:
    raise ValueError("There are no samples.")


def fail(_report: Report) -> None:
    raise KeyError("secret detail")


def tell_pid(report: Report) -> None:
    report(os.getpid())
    dawdle(report, False)


def cancelling(*_news: Any) -> None:
    raise CancelledError


def test_news_come_back_in_order_and_a_process_is_used_again(processes: Processes) -> None:
    news: list[int] = []
    first = processes.run(count, (5,), lambda *more: news.extend(more))
    assert news == [0, 1, 2, 3, 4]
    assert first != os.getpid()
    assert processes.run(count, (0,), lambda *more: None) == first


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system knows no niceness")
def test_the_pens_come_first(processes: Processes) -> None:
    assert processes.run(niceness, (), lambda *news: None) == min(os.nice(0) + NICENESS, 19)


@pytest.mark.skipif(sys.platform != "linux", reason="imported before only where processes are forked")
def test_the_first_step_need_not_wait_for_imports_nor_threads_for_each_other_at_length(processes: Processes) -> None:
    assert processes.run(begun_with, (), lambda *news: None) == ("10000", True)


def test_work_takes_no_more_threads_than_the_user_allows(processes: Processes) -> None:
    assert processes.run(threads, (), lambda *news: None) <= int(os.environ["OMP_NUM_THREADS"])


def test_work_that_is_told_to_stop_may_return_what_it_has(processes: Processes) -> None:
    assert processes.run(stop_early, (), cancelling) == "so far"


@pytest.mark.parametrize("told", [True, False])
def test_work_stops_within_a_second_whether_it_reports_or_not(processes: Processes, told: bool) -> None:
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        processes.run(dawdle, (told,), cancelling)
    assert time.monotonic() - begun < SOON  # GRACE, and what a busy machine takes beyond
    assert GRACE < 1
    assert processes.run(count, (0,), lambda *news: None) != os.getpid()


def test_what_is_refused_is_said_and_a_fault_is_told_to_the_log_alone(processes: Processes) -> None:
    with pytest.raises(ValueError, match="There are no samples"):
        processes.run(refuse, (), lambda *news: None)
    with pytest.raises(RuntimeError) as caught:
        processes.run(fail, (), lambda *news: None)
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_process_that_is_killed_is_a_sentence_and_others_go_on(processes: Processes) -> None:
    jobs, gate = Jobs(workers=2), threading.Event()
    killed = jobs.start(lambda report: processes.run(tell_pid, (), report))
    other = jobs.start(lambda report: processes.run(stop_early, (), report))
    while not (news := jobs.progress(killed)["news"]) or not jobs.progress(other)["news"]:
        gate.wait(0.01)
    os.kill(news[0], signal.SIGKILL)
    progress = ended(jobs, killed)
    assert progress["state"] == "failed"
    assert "ended from outside" in progress["error"]
    assert jobs.progress(other)["state"] == "running"
    jobs.cancel(other)
    assert ended(jobs, other)["outcome"] == "so far"
    again = ended(jobs, jobs.start(lambda report: processes.run(count, (3,), report)))
    assert (again["state"], again["news"]) == ("done", [0, 1, 2])


def test_a_process_that_crashed_is_replaced(processes: Processes) -> None:
    pid = processes.run(count, (0,), lambda *news: None)
    with pytest.raises(ProcessLostError):
        processes.run(die, (), lambda *news: None)
    assert processes.run(count, (0,), lambda *news: None) != pid


def die(_report: Report) -> None:
    os._exit(1)


def test_after_a_rest_a_fresh_process_has_forgotten_what_the_last_ones_did() -> None:
    processes, deadline = Processes(rest=0.05), time.monotonic() + SOON
    worked = processes.run(count, (0,), lambda *news: None)
    while (waiting := [process.pid for process in processes._idle]) in ([], [worked]) and time.monotonic() < deadline:
        time.sleep(0.01)
    processes.close()
    assert len(waiting) == 1
    assert waiting != [worked]
