"""What the Teach tab asks of the server: teaching as a job, files verified, and a sentence for all that is wrong."""

import base64
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from model import DigitNet, NetworkConfig, StageConfig, load_checkpoint, predict, rasterize, save_checkpoint
from model.checkpoint import CheckpointError, read_metadata
from model.drawing.samples import MAX_SAMPLES
from model.teaching.replay import EMBEDDED
from tests.conftest import settled
from ui import teach as teach_tab
from ui.network_choice import known_networks, title_of
from ui.serving.answers import Answers, load_network, locate, offer
from ui.serving.jobs import JobError, Jobs
from ui.teach import (
    MAX_UPLOAD,
    cancel_teaching,
    name_class,
    network_file,
    open_network,
    open_samples,
    read_box,
    teach,
    versus_part,
)
from ui.teaching import finite, read_settings, teaching_work

SEVEN = [[[0.28, 0.2], [0.72, 0.2], [0.44, 0.85]]]
BARRED = [*SEVEN, [[0.3, 0.5], [0.7, 0.5]]]
ONE = [[[0.5, 0.15], [0.5, 0.85]]]
QUICK = {"steps": 5, "batch": 8}

Start = Callable[[Any], dict[str, Any]]


def sample(label: str, drawing: list = SEVEN) -> dict:
    return {"label": label, "drawing": drawing}


@pytest.fixture
def offered(small_net: DigitNet, tmp_path: Path) -> Iterator[str]:
    """The one network that everybody may choose; those that are taught are kept in a directory of the test's own."""
    path = str(save_checkpoint(small_net, tmp_path / "shipped.safetensors"))
    offer([path], tmp_path / "state")
    yield path
    offer([])


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """A queue of the test's own."""
    queue = Jobs()
    monkeypatch.setattr(teach_tab, "JOBS", queue)
    return queue


@pytest.fixture
def start(offered: str, jobs: Jobs, tmp_path: Path) -> Start:
    """What the page starts a teaching with; no MNIST is there."""
    with gr.Blocks():
        return teach(tmp_path).start_teaching


def ended(job: str) -> dict[str, Any]:
    """The progress of a job at its end, with all its news."""
    news: list[Any] = []
    for _ in range(6000):
        progress = teach_tab.JOBS.job_progress({"job": job, "since": len(news)})
        news += progress["news"]
        if progress["state"] not in ("waiting", "running"):
            return {**progress, "news": news}
        threading.Event().wait(0.02)
    raise AssertionError(f"still {progress['state']}")


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state").glob("*"))


# Teaching -----------------------------------------------------------------------------------------------------------


def test_a_teaching_tells_its_steps_and_keeps_a_network(start: Start, offered: str) -> None:
    samples = [sample("7", BARRED), sample("7"), sample("1", ONE), sample("1", ONE)]
    begun = start({"network": offered, "samples": samples, "settings": QUICK, "clock": "14:02:31"})
    assert begun["warnings"] == []
    progress = ended(begun["job"])
    assert progress["state"] == "done", progress["error"]
    json.dumps(progress, allow_nan=False)  # a loss before the first step is no number, which JSON cannot say
    steps = [news["step"] for news in progress["news"] if "step" in news]
    assert steps[-1]["step"] == steps[-1]["steps"] == QUICK["steps"]
    taught, held = progress["outcome"]["taught"], progress["outcome"]["held"]
    assert taught["title"] == "shipped, taught 14:02:31" == title_of(taught["key"])
    assert taught["source"] == EMBEDDED
    assert [reading["label"] for reading in taught["readings"]] == ["7", "7", "1", "1"]
    assert held["total"] == 4
    assert read_metadata(locate(taught["key"]))["samples"] == {"1": 2, "7": 2}


def test_a_taught_network_reads_like_any_other(start: Start, offered: str) -> None:
    begun = start({"network": offered, "samples": [sample("heart", ONE)], "settings": QUICK})
    assert "class heart" in begun["warnings"][0]
    outcome = ended(begun["job"])["outcome"]
    assert outcome["held"] is None  # a single sample cannot be both taught and held out
    key = outcome["taught"]["key"]
    assert outcome["taught"]["classes"][-1] == {"name": "heart", "kept": None}
    answer = Answers({"versus": versus_part}).read(
        {"sequence": 1, "drawing": ONE, "network": key, "parts": {"versus": {"network": offered}}}
    )
    assert answer["classes"][-1] == "heart"
    assert answer["parts"]["versus"]["classes"] == list("0123456789")
    assert start({"network": key, "samples": [sample("heart", ONE)], "settings": QUICK})["job"]


def test_the_network_before_is_not_touched(start: Start, offered: str) -> None:
    before = {name: tensor.clone() for name, tensor in load_network(offered).state_dict().items()}
    ended(start({"network": offered, "samples": [sample("7")], "settings": QUICK})["job"])
    assert all(torch.equal(tensor, before[name]) for name, tensor in load_network(offered).state_dict().items())


def test_a_cancelled_teaching_keeps_nothing(start: Start, offered: str, tmp_path: Path) -> None:
    begun = start({"network": offered, "samples": [sample("7")], "settings": {"steps": 300, "batch": 128}})
    cancel_teaching(begun["job"])
    assert ended(begun["job"])["state"] == "cancelled"
    assert kept(tmp_path) == []


def test_cancelling_while_samples_are_held_out_keeps_the_network(offered: str, tmp_path: Path) -> None:
    """The network is there by then, and the visitor draws with it already."""
    from concurrent.futures import CancelledError

    def report(news: dict[str, Any]) -> None:
        if "checking" in news:
            raise CancelledError

    work, _ = teaching_work(offered, [sample("7"), sample("7", BARRED)], QUICK, tmp_path)
    outcome = work(report)
    assert "held" not in outcome
    assert load_network(outcome["taught"]["key"])


def test_a_second_press_waits_in_line_and_leaves_the_first_alone(start: Start, offered: str) -> None:
    request = {"network": offered, "samples": [sample("7")], "settings": QUICK}
    first, second = start(request), start(request)
    keys = [ended(job["job"])["outcome"]["taught"]["key"] for job in (first, second)]
    assert len(set(keys)) == 2


def test_a_teaching_whose_tab_is_closed_stops(
    start: Start, offered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start({"network": offered, "samples": [sample("7")], "settings": {**QUICK, "steps": 300}})["job"]
    while not teach_tab.JOBS.job_progress({"job": job})["news"]:
        threading.Event().wait(0.01)
    monkeypatch.setattr("ui.serving.jobs.ABANDONED_AFTER", 0.0)
    assert ended(job)["state"] == "cancelled"
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
def test_what_is_no_request_is_refused(start: Start, request_: object) -> None:
    assert start(request_)["error"].endswith(".")


@pytest.mark.parametrize("job", [None, "", "0" * 32, ["x"], 5])
def test_an_unknown_teaching_says_so(jobs: Jobs, job: object) -> None:
    with pytest.raises(JobError, match="no longer known"):
        teach_tab.JOBS.job_progress({"job": job, "since": 0})
    with pytest.raises(JobError, match="no longer known"):
        cancel_teaching(job)


def test_contradictions_are_warned_about_and_taught(start: Start, offered: str) -> None:
    begun = start({"network": offered, "samples": [sample("3"), sample("8")], "settings": QUICK})
    assert "called 3 and 8" in begun["warnings"][0]
    assert ended(begun["job"])["state"] == "done"


def test_what_is_not_known_is_none() -> None:
    nan, infinite = float("nan"), float("inf")
    assert finite({"a": [nan, 1.5, {"b": infinite}], "c": "x"}) == {"a": [None, 1.5, {"b": None}], "c": "x"}


def test_settings_that_are_left_out_have_their_defaults() -> None:
    assert read_settings({"steps": 7, "batch": 32}) == replace(read_settings(None), steps=7, batch=32)
    assert read_settings({"layers": "head", "steps": 60, "batch": 64}).layers == "head"
    assert read_settings({}) == read_settings(None)


# The box ------------------------------------------------------------------------------------------------------------


def test_the_box_says_what_the_network_says(offered: str, small_net: DigitNet) -> None:
    answer = read_box({"network": offered, "drawings": [SEVEN, ONE]})
    probabilities = predict(small_net, np.stack([rasterize(SEVEN), rasterize(ONE)]))
    for reading, row in zip(answer["readings"], probabilities, strict=True):
        name, probability = reading[0]
        assert small_net.classes.index(name) == row.argmax()
        assert probability == pytest.approx(row.max(), abs=1e-3)
    assert read_box({"network": offered, "drawings": []})["readings"] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"drawings": [[]]}, "no ink"),
        ({"drawings": [SEVEN] * (MAX_SAMPLES + 1)}, "At most"),
        ({"drawings": None}, "At most"),
        ({"network": "base/../base"}, "no network of that name"),
    ],
)
def test_a_box_that_is_none_is_refused(offered: str, change: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_box({"network": offered, "drawings": [SEVEN], **change})


def test_a_class_name_is_checked_against_those_that_are_there() -> None:
    assert name_class({"name": " <img onerror=x> ", "known": ["7"]}) == {"name": "<img onerror=x>"}
    for request in ({"name": "a", "known": ["A"]}, {"name": "", "known": []}, {"name": "a", "known": [7]}, None):
        with pytest.raises(ValueError, match=r"\.$"):
            name_class(request)


def test_a_samples_file_is_opened_checked() -> None:
    text = json.dumps({"format": 1, "samples": [sample("7")]})
    assert open_samples(text) == {"samples": [sample("7")]}
    for wrong in (None, "", json.dumps({"format": 9, "samples": [sample("7")]})):
        with pytest.raises(ValueError, match=r"\.$"):
            open_samples(wrong)


# Networks as files --------------------------------------------------------------------------------------------------


def as_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def test_a_network_comes_back_from_its_file(offered: str, small_net: DigitNet) -> None:
    file = network_file(offered)
    assert file["name"] == "shipped.safetensors"
    opened = open_network({"data": file["data"], "clock": "14:02:31"})
    assert opened["title"] == "uploaded, 14:02:31"
    back = load_checkpoint(locate(opened["key"])).state_dict()
    assert all(torch.equal(back[name], tensor) for name, tensor in small_net.state_dict().items())


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    return content.getvalue()


def checkpoint(net: DigitNet, directory: Path, **history: Any) -> bytes:
    return save_checkpoint(net, directory / "made.safetensors", **history).read_bytes()


def with_nan(directory: Path) -> bytes:
    net = settled(NetworkConfig(4, stages=(StageConfig(4),)))
    with torch.no_grad():
        net.head.weight[0, 0] = float("nan")
    return checkpoint(net, directory)


def of_others(directory: Path) -> bytes:
    save_file({"layer.weight": torch.zeros(3, 3)}, directory / "other.safetensors")
    return (directory / "other.safetensors").read_bytes()


def too_costly(directory: Path) -> bytes:
    """A few weights that are applied over and over."""
    stages = (StageConfig(256), *(StageConfig(256, shares=0) for _ in range(30)))
    return checkpoint(DigitNet(NetworkConfig(256, stem_stride=1, stages=stages)), directory)


def badly_named(directory: Path) -> bytes:
    return checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),), classes=("a", "b\x00"))), directory)


FILES = {
    "a renamed zip": (lambda _: zipped(), "damaged or no Digitscope checkpoint"),
    "nothing": (lambda _: b"", "damaged or no Digitscope checkpoint"),
    "truncated": (lambda at: checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),))), at)[:-40], "damaged"),
    "weights that are no numbers": (with_nan, "not finite numbers"),
    "another architecture": (of_others, "no Digitscope checkpoint"),
    "too costly to serve": (too_costly, "multiply-accumulates"),
    "a class name that is none": (badly_named, "control character"),
    "a newer format": (lambda at: newer(at), "format 99"),
    "too large": (lambda _: bytes(MAX_UPLOAD + 1), "larger than 5 MB"),
}


def newer(directory: Path) -> bytes:
    return checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),))), directory, format=99)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_network_is_refused_in_a_sentence(offered: str, tmp_path: Path, kind: str) -> None:
    make, says = FILES[kind]
    with pytest.raises(ValueError, match=says) as caught:
        open_network({"data": as_text(make(tmp_path)), "clock": "14:02:31"})
    assert str(caught.value).endswith(".")
    assert str(tmp_path) not in str(caught.value)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("data", [None, 7, "not base64!", "a", ["x"]])
def test_bytes_that_are_none_are_refused(offered: str, data: object) -> None:
    with pytest.raises(CheckpointError, match="base64"):
        open_network({"data": data})


@pytest.mark.parametrize("name", ["/etc/passwd", "mine-" + "0" * 32, None, 5])
def test_no_other_file_can_be_downloaded(offered: str, name: object) -> None:
    with pytest.raises(CheckpointError):
        network_file(name)


# The choice ---------------------------------------------------------------------------------------------------------


def test_only_networks_that_are_kept_are_known(offered: str) -> None:
    key = open_network({"data": network_file(offered)["data"], "clock": "09:30:00"})["key"]
    assert known_networks([key, "mine-" + "0" * 32, "base", None, "../x"]) == {key: "uploaded, 09:30:00"}
    for wrong in (None, "mine-", [key] * 51):
        with pytest.raises(ValueError, match="list of at most"):
            known_networks(wrong)
