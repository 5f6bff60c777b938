"""Long work: one after the other, with news, and stopped when it is no longer wanted."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from ui.serving import jobs as jobs_module
from ui.serving.jobs import JobError, Jobs

PATIENCE = 10.0


def finished(jobs: Jobs, key: str) -> dict[str, Any]:
    """The progress of a job once it has ended, with all its news."""
    news: list[Any] = []
    for _ in range(1000):
        progress = jobs.progress(key, len(news))
        news += progress["news"]
        if progress["state"] not in ("waiting", "running"):
            return {**progress, "news": news}
        threading.Event().wait(PATIENCE / 1000)
    raise AssertionError(f"still {progress['state']}")


def held(gate: threading.Event) -> Callable[[Callable[[Any], None]], str]:
    """Work that goes on reporting until the gate opens."""

    def work(report: Callable[[Any], None]) -> str:
        while not gate.wait(0.002):
            report("tick")
        return "done"

    return work


def running(jobs: Jobs, gate: threading.Event) -> str:
    """The key of a job that runs until the gate opens."""
    key = jobs.start(held(gate))
    while jobs.progress(key)["state"] == "waiting":
        pass
    return key


def test_news_arrive_in_order_and_once() -> None:
    def work(report: Callable[[Any], None]) -> str:
        for step in range(5):
            report(step)
        return "result"

    jobs = Jobs()
    progress = finished(jobs, jobs.start(work))
    assert progress["news"] == [0, 1, 2, 3, 4]
    assert (progress["state"], progress["outcome"]) == ("done", "result")


def test_those_who_wait_know_how_many_are_ahead() -> None:
    jobs, gate = Jobs(), threading.Event()
    first = running(jobs, gate)
    second, third = jobs.start(held(gate)), jobs.start(held(gate))
    assert [jobs.progress(key)["position"] for key in (first, second, third)] == [0, 1, 2]
    gate.set()
    assert finished(jobs, third)["state"] == "done"


def test_a_cancelled_job_stops_at_its_next_report() -> None:
    jobs = Jobs()
    key = jobs.start(held(threading.Event()))
    jobs.cancel(key)
    assert finished(jobs, key)["state"] == "cancelled"


def test_a_job_that_is_cancelled_while_it_waits_leaves_the_queue() -> None:
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    waiting, behind = jobs.start(held(gate)), jobs.start(held(gate))
    jobs.cancel(waiting)
    assert jobs.progress(waiting)["state"] == "cancelled"
    assert jobs.progress(behind)["position"] == 1
    gate.set()
    assert finished(jobs, behind)["state"] == "done"


def test_work_may_keep_what_it_has_when_it_is_stopped() -> None:
    def work(report: Callable[[Any], None]) -> str:
        try:
            while True:
                report("tick")
        except CancelledError:
            return "so far"

    jobs = Jobs()
    key = jobs.start(work)
    while not jobs.progress(key)["known"]:
        pass
    jobs.cancel(key)
    assert finished(jobs, key)["outcome"] == "so far"


def test_work_whose_visitor_is_gone_stops_and_lets_the_next_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "ABANDONED_AFTER", 0.05)
    jobs = Jobs()
    gone = jobs.start(held(threading.Event()))
    threading.Event().wait(0.2)
    key = jobs.start(lambda report: "next")
    assert finished(jobs, key)["outcome"] == "next"
    assert jobs.progress(gone)["state"] == "cancelled"


def test_an_error_for_people_is_told_and_the_next_job_runs() -> None:
    def wrong(_report: object) -> None:
        raise ValueError("There are no samples.")

    jobs = Jobs()
    failed, after = jobs.start(wrong), jobs.start(lambda report: "next")
    assert finished(jobs, failed)["error"] == "There are no samples."
    assert finished(jobs, after)["outcome"] == "next"


def test_a_fault_of_the_program_does_not_end_the_queue(capsys: pytest.CaptureFixture[str]) -> None:
    def faulty(_report: object) -> None:
        raise KeyError("secret detail")

    jobs = Jobs()
    failed, after = jobs.start(faulty), jobs.start(lambda report: "next")
    assert "secret" not in finished(jobs, failed)["error"]
    assert "secret detail" in capsys.readouterr().err
    assert finished(jobs, after)["outcome"] == "next"


def test_the_queue_is_bounded() -> None:
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    for _ in range(jobs_module.MAX_WAITING):
        jobs.start(held(gate))
    with pytest.raises(JobError, match="waiting"):
        jobs.start(held(gate))
    gate.set()


def test_a_page_asks_for_the_news_that_it_does_not_know() -> None:
    jobs = Jobs()
    job = jobs.start(lambda report: [report(step) for step in range(4)] and "result")
    finished(jobs, job)
    assert jobs.job_progress({"job": job, "since": 3})["news"] == [3]
    assert jobs.job_progress({"job": job})["news"] == [0, 1, 2, 3]


@pytest.mark.parametrize("since", [-1, 1.0, True, "1", None])
def test_news_are_counted_by_whole_numbers(since: object) -> None:
    jobs = Jobs()
    with pytest.raises(JobError, match="expected how many"):
        jobs.job_progress({"job": jobs.start(lambda report: None), "since": since})


@pytest.mark.parametrize("request_", [None, [], {}, {"since": 0}, {"job": "x", "since": 0}, {"job": []}])
def test_a_question_about_nothing_is_a_sentence(request_: object) -> None:
    with pytest.raises(JobError, match="no longer known"):
        Jobs().job_progress(request_)


@pytest.mark.parametrize("key", ["", "unknown", None, 3])
def test_an_unknown_job_is_a_sentence(key: object) -> None:
    with pytest.raises(JobError, match="no longer known"):
        Jobs().progress(key)
