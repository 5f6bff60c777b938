"""What a request may ask for: the networks that are offered, and nothing else that lies on the disk."""

from pathlib import Path
from typing import Any

import pytest

from model import CheckpointError, DigitNet, save_checkpoint
from tests.ui.conftest import Here, outcome_of
from ui.background.jobs import Jobs
from ui.kept.networks import Networks
from ui.misread import start_explaining, steps_part
from ui.network.tab import Descriptions
from ui.serving.answers import Answers

DRAWING = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]]
STEPS = {"drawing": DRAWING, "boxed": True, "scaled": True, "centred": True}


def explain(networks: Networks, request: object) -> dict[str, Any]:
    jobs = Jobs()
    return outcome_of(jobs, start_explaining(networks, jobs, Here(), request)["job"])


@pytest.fixture
def hidden(small_net: DigitNet, tmp_path: Path) -> str:
    """A good checkpoint that nobody offered."""
    return str(save_checkpoint(small_net, tmp_path / "hidden.safetensors"))


def test_an_offered_network_reads(networks: Networks, offered: str) -> None:
    answer = Answers(networks).read({"sequence": 7, "drawing": DRAWING, "network": offered})
    assert answer["sequence"] == 7
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_a_path_that_is_not_offered_is_never_opened(networks: Networks, hidden: str) -> None:
    """A visitor who may name any path can make the server open any file."""
    answer = Answers(networks).read({"sequence": 1, "drawing": DRAWING, "network": hidden})
    assert answer["error"].startswith("There is no network of that name")
    with pytest.raises(CheckpointError, match="no network of that name"):
        Descriptions(networks, Jobs(), Here()).describe_architecture({"network": hidden})
    with pytest.raises(CheckpointError, match="no network of that name"):
        explain(networks, {"drawing": DRAWING, "network": hidden})


@pytest.mark.parametrize("name", [None, "", "base/../base", "/etc/passwd", 5, ["base"], {"base": 1}])
def test_an_invalid_name_is_refused(networks: Networks, name: object) -> None:
    with pytest.raises(CheckpointError, match="no network of that name"):
        networks.load(name)


def test_a_part_comes_with_the_answer(networks: Networks, offered: str) -> None:
    answer = Answers(networks, {"steps": steps_part}).read(
        {"sequence": 1, "drawing": DRAWING, "network": offered, "parts": {"steps": STEPS}}
    )
    *_, last = answer["parts"]["steps"]["so_far"]
    assert last["image"] == answer["image"]
    assert last["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-4)


@pytest.mark.parametrize("wrong", [{}, {**STEPS, "boxed": 1}, {**STEPS, "drawing": [[]]}, {**STEPS, "drawing": None}])
def test_wrong_steps_are_reported_to_their_view_only(networks: Networks, offered: str, wrong: dict) -> None:
    answer = Answers(networks, {"steps": steps_part}).read(
        {"sequence": 1, "drawing": DRAWING, "network": offered, "parts": {"steps": wrong}}
    )
    assert len(answer["probabilities"]) == 10
    assert answer["parts"]["steps"]["error"].endswith(".")


def test_an_explanation_is_a_map_and_a_sentence(networks: Networks, offered: str) -> None:
    explanation = explain(networks, {"drawing": DRAWING, "network": offered})
    assert set(explanation) == {"drop", "window", "strongest", "sentence"}
    assert explanation["sentence"].endswith(".")


def test_a_network_whose_fields_are_not_kept_is_described_by_a_job_and_then_at_once(
    networks: Networks, offered: str
) -> None:
    jobs = Jobs()
    descriptions = Descriptions(networks, jobs, Here())
    described = outcome_of(jobs, descriptions.describe_architecture({"network": offered})["job"])
    assert described["title"] == "shipped"
    assert descriptions.describe_architecture({"network": offered}) == described


@pytest.mark.parametrize("request_", [None, [], {}, {"drawing": "nothing", "network": "base"}])
def test_an_explanation_of_nothing_is_refused(networks: Networks, request_: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        explain(networks, request_)


@pytest.mark.parametrize("sequence", ["\ud800", "a" * 1000, [[]], -1, 2**60, True, None, 1.5])
def test_what_numbers_no_request_is_refused_and_not_sent_back(
    networks: Networks, offered: str, sequence: object
) -> None:
    """Twenty megabytes came back as they were, and half a character was an error without words."""
    answer = Answers(networks).read({"sequence": sequence, "drawing": DRAWING, "network": offered})
    assert answer["sequence"] is None
    assert answer["error"].startswith("sequence is a whole number")
