"""Long work: one after the other, with news, and stopped when it is no longer wanted."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from ui.background import job as job_module
from ui.background import jobs as jobs_module
from ui.background.job import BusyError, JobError, Later
from ui.background.jobs import Jobs
from ui.background.processes import Report
from ui.background.visitor import Visitor

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


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    return any(holds() or threading.Event().wait(PATIENCE / 1000) for _ in range(1000))


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
    monkeypatch.setattr(job_module, "ABANDONED_AFTER", 0.05)
    jobs = Jobs()
    gone = jobs.start(held(threading.Event()))
    threading.Event().wait(0.2)
    key = jobs.start(lambda report: "next")
    assert finished(jobs, key)["outcome"] == "next"
    assert jobs.progress(gone)["state"] == "cancelled"


def test_an_error_for_people_is_reported_and_the_next_job_runs() -> None:
    def wrong(_report: object) -> None:
        raise ValueError("There are no samples.")

    jobs = Jobs()
    failed, after = jobs.start(wrong), jobs.start(lambda report: "next")
    assert finished(jobs, failed)["error"] == "There are no samples."
    assert finished(jobs, after)["outcome"] == "next"


def test_a_bug_does_not_end_the_queue(capsys: pytest.CaptureFixture[str]) -> None:
    def faulty(_report: object) -> None:
        raise KeyError("secret detail")

    jobs = Jobs()
    failed, after = jobs.start(faulty), jobs.start(lambda report: "next")
    assert "secret" not in finished(jobs, failed)["error"]
    assert "secret detail" in capsys.readouterr().err
    assert finished(jobs, after)["outcome"] == "next"


def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 3)
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    for _ in range(3):
        jobs.start(held(gate))
    with pytest.raises(BusyError, match="waiting"):
        jobs.start(held(gate))
    gate.set()


def test_whoever_takes_all_places_gives_one_up_to_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 3)
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    greedy = [jobs.start(held(gate), whose=Visitor("10.0.0.1", f"made up {number}")) for number in range(3)]
    other = jobs.start(held(gate), whose=Visitor("10.0.0.2", "other"))
    assert jobs.progress(greedy[-1])["state"] == "failed"
    assert "please start this again" in jobs.progress(greedy[-1])["error"]
    assert jobs.progress(other)["position"] == 2  # behind the first one of that address, which came before
    gate.set()


def test_one_visitor_cannot_take_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, gate, whose = Jobs(), threading.Event(), Visitor("", "greedy")
    running(jobs, gate)
    for _ in range(jobs_module.MAX_OWN):
        jobs.start(held(gate), whose=whose)
    with pytest.raises(BusyError, match="of your jobs"):
        jobs.start(held(gate), whose=whose)
    gate.set()


def test_a_refusal_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page asks again by itself: each time it would come after more of those who came later."""
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 1)
    jobs.start(held(gate), whose=Visitor("", "one"))
    for _ in range(3):
        with pytest.raises(BusyError, match="waiting already"):
            jobs.start(held(gate), whose=Visitor("", "patient"))
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 10)
    patient, later = (jobs.start(held(gate), whose=Visitor("", name)) for name in ("patient", "later"))
    assert [jobs.progress(key)["position"] for key in (patient, later)] == [2, 3]
    gate.set()


def test_long_jobs_leave_room_for_quick_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 1)
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    waits = jobs.start(held(gate), whose=Visitor("", "one"))
    assert finished(jobs, jobs.start(lambda report: "found", quick=True))["outcome"] == "found"
    assert jobs.progress(waits)["state"] == "waiting"
    gate.set()


def test_visitors_take_turns() -> None:
    jobs, gate, order = Jobs(), threading.Event(), []
    running(jobs, gate)
    names = ["first", "first", "first", "second", "second", "third"]
    keys = [
        jobs.start(lambda report, name=f"{name} {number}": order.append(name), whose=Visitor("", name))
        for number, name in enumerate(names)
    ]
    assert [jobs.progress(key)["position"] for key in keys] == [1, 4, 6, 2, 5, 3]
    gate.set()
    for key in keys:
        assert finished(jobs, key)["state"] == "done"
    assert order == ["first 0", "second 3", "third 5", "first 1", "second 4", "first 2"]


def test_a_visitor_has_one_job_running_while_others_may_start() -> None:
    jobs, gate = Jobs(workers=2), threading.Event()
    own = [jobs.start(held(gate), whose=Visitor("", "one")) for _ in range(2)]
    other = jobs.start(held(gate), whose=Visitor("", "other"))
    while jobs.progress(other)["state"] == "waiting":
        pass
    assert [jobs.progress(key)["state"] for key in own] == ["running", "waiting"]
    gate.set()
    assert finished(jobs, own[1])["state"] == "done"


def test_what_is_quick_does_not_wait_for_what_is_long() -> None:
    jobs, gate = Jobs(), threading.Event()
    running(jobs, gate)
    assert finished(jobs, jobs.start(lambda report: "found", quick=True))["outcome"] == "found"
    gate.set()


def test_the_rest_of_work_comes_after_the_first_parts_of_others() -> None:
    jobs, gate, order = Jobs(), threading.Event(), []

    def lesson(name: str) -> Callable[[Callable[..., None]], Later]:
        def rest(report: Callable[..., None]) -> str:
            order.append(f"{name} checked")
            return f"{name} whole"

        def work(report: Callable[..., None]) -> Later:
            order.append(f"{name} taught")
            return Later(rest, f"{name} taught")

        return work

    running(jobs, gate)
    keys = [jobs.start(lesson(name)) for name in ("one", "two", "three")]
    gate.set()
    assert [finished(jobs, key)["outcome"] for key in keys] == ["one whole", "two whole", "three whole"]
    assert order[:3] == ["one taught", "two taught", "three taught"]


def test_calling_off_the_rest_keeps_what_there_is() -> None:
    jobs, gate = Jobs(), threading.Event()
    key = jobs.start(lambda report: Later(held(threading.Event()), "taught"))
    while not jobs._jobs[key].rounds:
        gate.wait(0.002)
    jobs.cancel(key)
    progress = finished(jobs, key)
    assert (progress["state"], progress["outcome"]) == ("done", "taught")


def test_a_rest_that_fails_or_is_put_out_of_the_queue_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network is taught and in use, whatever becomes of its measurement."""
    jobs, gate = Jobs(), threading.Event()

    def lost(report: Report) -> None:
        raise ValueError("The process was ended.")

    progress = finished(jobs, jobs.start(lambda report: Later(lost, "taught")))
    assert (progress["state"], progress["outcome"], progress["error"]) == ("done", "taught", None)
    monkeypatch.setattr(jobs_module, "MAX_WAITING", 1)
    first, begun = threading.Event(), threading.Event()

    def lesson(report: Report) -> Later:
        begun.set()
        first.wait(PATIENCE)
        return Later(held(gate), "taught")

    key = jobs.start(lesson, whose=Visitor("", "one"))
    begun.wait(PATIENCE)
    other = jobs.start(held(gate), whose=Visitor("", "two"))
    first.set()
    while jobs.progress(other)["state"] == "waiting":
        pass
    jobs.start(held(gate), whose=Visitor("", "three"))
    progress = jobs.progress(key)
    assert (progress["state"], progress["outcome"], progress["error"]) == ("done", "taught", None)
    gate.set()


def test_places_that_nobody_asks_for_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "ABANDONED_AFTER", 0.1)
    jobs, gate = Jobs(), threading.Event()
    first = running(jobs, gate)
    gone = [jobs.start(held(gate)) for _ in range(5)]
    for _ in range(20):
        jobs.progress(first)
        gate.wait(0.01)
    last = jobs.start(held(gate))
    assert jobs.progress(last)["position"] == 1
    assert {jobs.progress(key)["state"] for key in gone} == {"cancelled"}
    gate.set()


def test_the_wait_is_told_by_what_such_work_took() -> None:
    jobs, gate = Jobs(), threading.Event()
    jobs._seconds["lesson"] = 4.0
    running(jobs, gate)
    lessons = [jobs.start(held(gate), "lesson", whose=Visitor("", name)) for name in "ab"]
    assert jobs.progress(lessons[1])["expected"] is None  # of what runs, nothing is known
    gate.set()
    finished(jobs, lessons[0])
    gate.clear()
    running(jobs, gate)
    late = [jobs.start(held(gate), "lesson", whose=Visitor("", name)) for name in "abc"]
    usual = jobs._seconds["lesson"]
    assert jobs.progress(late[2])["expected"] == pytest.approx(2 * usual, abs=1.5)
    gate.set()


def test_what_has_ended_is_forgotten_once_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page takes an export of some megabytes once; hundreds of them would never leave the memory."""
    monkeypatch.setattr(jobs_module, "KEPT_TOLD", 0.05)
    jobs = Jobs()
    key = jobs.start(lambda report: "an export")
    finished(jobs, key)
    threading.Event().wait(0.3)
    with pytest.raises(JobError, match="no longer knows"):
        jobs.progress(key)
    called_off = jobs.start(held(threading.Event()))
    jobs.cancel(called_off)
    assert soon(lambda: called_off not in jobs._jobs), "though nobody asks what came of it"


def test_what_was_worked_on_is_gone_once_the_work_has_ended() -> None:
    """Hundreds of lessons may be remembered for minutes, but not the samples that each was taught."""

    class Samples:
        def teach(self, report: Report) -> str:
            return "taught"

    jobs, samples = Jobs(), Samples()
    left = weakref.ref(samples)
    key = jobs.start(samples.teach)
    del samples
    assert finished(jobs, key)["outcome"] == "taught"
    assert soon(lambda: left() is None)


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
def test_a_question_without_a_job_is_refused_in_a_sentence(request_: object) -> None:
    with pytest.raises(JobError, match="no longer knows"):
        Jobs().job_progress(request_)


@pytest.mark.parametrize("key", ["", "unknown", None, 3])
def test_an_unknown_job_is_refused_in_a_sentence(key: object) -> None:
    with pytest.raises(JobError, match="no longer knows"):
        Jobs().progress(key)
