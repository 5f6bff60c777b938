"""What the Teach tab asks of the server: teaching as a job, and a sentence for all that is wrong."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch

from model.checkpoint import read_metadata
from model.teaching.replay import GENERATED
from model.teaching.styles import EACH
from tests.ui.conftest import Here, ended, kept
from ui.background.job import JobError
from ui.background.jobs import Jobs
from ui.background.processes import Report
from ui.kept.networks import Networks
from ui.serving.answers import Answers
from ui.teach import tab
from ui.teach.tab import cancel_teaching, teach, versus_part
from ui.teach.teaching import finite, read_settings, teaching_work

SEVEN = [[[0.28, 0.2], [0.72, 0.2], [0.44, 0.85]]]
BARRED = [*SEVEN, [[0.3, 0.5], [0.7, 0.5]]]
ONE = [[[0.5, 0.15], [0.5, 0.85]]]
QUICK = {"steps": 5, "batch": 8}

Start = Callable[[Any], dict[str, Any]]


def sample(label: str, drawing: list = SEVEN) -> dict:
    return {"label": label, "drawing": drawing}


@pytest.fixture
def start(networks: Networks, jobs: Jobs, here: Here, tmp_path: Path) -> Start:
    """What the page starts a teaching with; no MNIST is there."""
    with gr.Blocks():
        return teach(networks, jobs, here, tmp_path).start_teaching


def test_a_teaching_tells_its_steps_and_keeps_a_network(
    networks: Networks, jobs: Jobs, start: Start, offered: str
) -> None:
    samples = [sample("7", BARRED), sample("7"), sample("1", ONE), sample("1", ONE)]
    begun = start({"network": offered, "samples": samples, "settings": QUICK, "clock": "14:02:31"})
    assert begun["warnings"] == []
    progress = ended(jobs, begun["job"])
    assert progress["state"] == "done", progress["error"]
    json.dumps(progress, allow_nan=False)  # a loss before the first step is no number, which JSON cannot say
    steps = [news["step"] for news in progress["news"] if "step" in news]
    assert steps[-1]["step"] == steps[-1]["steps"] == QUICK["steps"]
    taught, held = progress["outcome"]["taught"], progress["outcome"]["held"]
    assert taught["title"] == "shipped, taught 14:02:31" == networks.title(taught["key"])
    assert taught["source"] == GENERATED
    assert [reading["label"] for reading in taught["readings"]] == ["7", "7", "1", "1"]
    assert held["total"] == 4
    assert taught["hands"]["drawings"] == EACH * taught["hands"]["styles"]
    assert len(taught["hands"]["right"]) == 2
    assert read_metadata(networks.locate(taught["key"]))["samples"] == {"1": 2, "7": 2}


def test_progress_covers_the_lesson_and_every_round_of_holding_out(jobs: Jobs, start: Start, offered: str) -> None:
    samples = [sample("7", BARRED), sample("7"), sample("1", ONE), sample("1", ONE)]
    told = ended(jobs, start({"network": offered, "samples": samples, "settings": QUICK})["job"])["news"]
    assert told[0] == {"rounds": 2}
    assert [news["round"] for news in told if "round" in news] == [0, 1]
    places = [next(iter(news)) for news in told]
    assert places.index("taught") < places.index("round") < places.index("checking")


def test_a_taught_network_reads_like_any_other(networks: Networks, jobs: Jobs, start: Start, offered: str) -> None:
    begun = start({"network": offered, "samples": [sample("heart", ONE)], "settings": QUICK})
    assert "class heart" in begun["warnings"][0]
    outcome = ended(jobs, begun["job"])["outcome"]
    assert outcome["held"] is None  # a single sample cannot be both taught and held out
    key = outcome["taught"]["key"]
    assert outcome["taught"]["classes"][-1] == {"name": "heart", "kept": None}
    answer = Answers(networks, {"versus": partial(versus_part, networks)}).read(
        {"sequence": 1, "drawing": ONE, "network": key, "parts": {"versus": {"network": offered}}}
    )
    assert answer["classes"][-1] == "heart"
    assert answer["parts"]["versus"]["classes"] == list("0123456789")
    assert start({"network": key, "samples": [sample("heart", ONE)], "settings": QUICK})["job"]


def test_a_network_that_would_hold_up_the_pens_is_not_compared_with(
    networks: Networks, offered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab, "READING", 1)
    answer = Answers(networks, {"versus": partial(versus_part, networks)}).read(
        {"sequence": 1, "drawing": ONE, "network": offered, "parts": {"versus": {"network": offered}}}
    )
    assert "too large to compare with" in answer["parts"]["versus"]["error"]


def test_the_network_before_is_not_touched(networks: Networks, jobs: Jobs, start: Start, offered: str) -> None:
    before = {name: tensor.clone() for name, tensor in networks.load(offered).state_dict().items()}
    ended(jobs, start({"network": offered, "samples": [sample("7")], "settings": QUICK})["job"])
    assert all(torch.equal(tensor, before[name]) for name, tensor in networks.load(offered).state_dict().items())


def test_a_cancelled_teaching_keeps_nothing(jobs: Jobs, start: Start, offered: str, tmp_path: Path) -> None:
    begun = start({"network": offered, "samples": [sample("7")], "settings": {"steps": 300, "batch": 128}})
    cancel_teaching(jobs, begun["job"])
    assert ended(jobs, begun["job"])["state"] == "cancelled"
    assert kept(tmp_path) == []


def test_cancelling_while_samples_are_held_out_keeps_the_network(
    networks: Networks, jobs: Jobs, here: Here, offered: str, tmp_path: Path
) -> None:
    """The network is there by then, and the visitor draws with it already."""
    work, _ = teaching_work(networks, here, offered, [sample("7"), sample("7", BARRED)], QUICK, tmp_path)

    def cancelling(report: Report) -> Any:
        rest = work(report)
        jobs.cancel(job)
        return rest

    job = jobs.start(cancelling)
    progress = ended(jobs, job)
    assert progress["state"] == "done"
    assert "held" not in progress["outcome"]
    assert networks.load(progress["outcome"]["taught"]["key"])


def test_a_second_press_waits_in_line_and_leaves_the_first_alone(jobs: Jobs, start: Start, offered: str) -> None:
    request = {"network": offered, "samples": [sample("7")], "settings": QUICK}
    first, second = start(request), start(request)
    keys = [ended(jobs, job["job"])["outcome"]["taught"]["key"] for job in (first, second)]
    assert len(set(keys)) == 2


def test_a_teaching_whose_tab_is_closed_stops(
    jobs: Jobs, start: Start, offered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start({"network": offered, "samples": [sample("7")], "settings": {**QUICK, "steps": 300}})["job"]
    while not jobs.job_progress({"job": job})["news"]:
        threading.Event().wait(0.01)
    monkeypatch.setattr("ui.background.job.ABANDONED_AFTER", 0.0)
    assert ended(jobs, job)["state"] == "cancelled"
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"samples": []}, "no samples yet"),
        ({"samples": None}, "list of objects"),
        ({"samples": [sample("7", [])]}, "Sample 1: The drawing has no ink"),
        ({"samples": [sample("7")] * 5000}, "5,000 samples"),
        ({"samples": [sample("")]}, "needs a name"),
        ({"samples": [sample("x" * 300)]}, "this one has 300"),
        ({"samples": [sample("a"), sample("A")]}, "upper and lower case"),
        ({"samples": [sample(f"class {number}") for number in range(100)]}, "110 classes"),
        ({"network": "/etc/passwd"}, "no network of that name"),
        ({"network": "mine-" + "0" * 32}, "no longer kept"),
        ({"settings": {"steps": 301}}, "whole number from 0 to 300"),
        ({"settings": {"steps": True}}, "whole number"),
        ({"settings": {"batch": 2.5}}, "whole number"),
        ({"settings": {"replay": None}}, "replay is None"),
        ({"settings": {"replay": "much"}}, "replay is 'much'"),
        ({"settings": {"interpolation": 2}}, "interpolation is 2"),
        ({"settings": {"layers": "none"}}, "layers is 'none'"),
        ({"settings": {"learning_rate": 9}}, "settings of a teaching"),
        ({"settings": [1]}, "settings of a teaching"),
    ],
)
def test_what_cannot_be_taught_is_said_and_nothing_is_started(
    start: Start, offered: str, tmp_path: Path, change: dict, says: str
) -> None:
    answer = start({"network": offered, "samples": [sample("7")], "settings": QUICK, **change})
    assert says in answer["error"]
    assert answer["error"].endswith(".")
    assert kept(tmp_path) == []


@pytest.mark.parametrize("request_", [None, [], "teach", 7])
def test_an_invalid_request_is_refused(start: Start, request_: object) -> None:
    assert start(request_)["error"].endswith(".")


@pytest.mark.parametrize("job", [None, "", "0" * 32, ["x"], 5])
def test_an_unknown_teaching_says_so(jobs: Jobs, job: object) -> None:
    with pytest.raises(JobError, match="no longer knows"):
        jobs.job_progress({"job": job, "since": 0})
    with pytest.raises(JobError, match="no longer knows"):
        cancel_teaching(jobs, job)


def test_contradictions_are_warned_about_and_taught(jobs: Jobs, start: Start, offered: str) -> None:
    begun = start({"network": offered, "samples": [sample("3"), sample("8")], "settings": QUICK})
    assert "called 3 and 8" in begun["warnings"][0]
    assert ended(jobs, begun["job"])["state"] == "done"


def test_what_is_not_known_is_none() -> None:
    nan, infinite = float("nan"), float("inf")
    assert finite({"a": [nan, 1.5, {"b": infinite}], "c": "x"}) == {"a": [None, 1.5, {"b": None}], "c": "x"}


def test_settings_that_are_left_out_have_their_defaults() -> None:
    assert read_settings({"steps": 7, "batch": 32}) == replace(read_settings(None), steps=7, batch=32)
    assert read_settings({"layers": "head", "steps": 60, "batch": 64}).layers == "head"
    assert read_settings({}) == read_settings(None)
