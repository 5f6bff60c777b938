"""What a request may ask for: the networks that are offered, and nothing else that lies on the disk."""

from pathlib import Path

import pytest

from model import CheckpointError, DigitNet, save_checkpoint
from ui.misread import explain, steps_part
from ui.network_tab import describe_architecture
from ui.serving.answers import Answers
from ui.serving.networks import Networks

DRAWING = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]]
STEPS = {"drawing": DRAWING, "boxed": True, "scaled": True, "centred": True}


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
        describe_architecture(networks, hidden)
    with pytest.raises(CheckpointError, match="no network of that name"):
        explain(networks, {"drawing": DRAWING, "network": hidden})


@pytest.mark.parametrize("name", [None, "", "base/../base", "/etc/passwd", 5, ["base"], {"base": 1}])
def test_what_is_no_name_is_refused(networks: Networks, name: object) -> None:
    with pytest.raises(CheckpointError, match="no network of that name"):
        networks.load(name)


def test_a_part_comes_with_the_answer(networks: Networks, offered: str) -> None:
    answer = Answers(networks, {"steps": steps_part}).read(
        {"sequence": 1, "drawing": DRAWING, "network": offered, "parts": {"steps": STEPS}}
    )
    *_, last = answer["parts"]["steps"]
    assert last["image"] == answer["image"]
    assert last["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-4)


@pytest.mark.parametrize("wrong", [{}, {**STEPS, "boxed": 1}, {**STEPS, "drawing": [[]]}, {**STEPS, "drawing": None}])
def test_wrong_steps_are_told_to_their_view_alone(networks: Networks, offered: str, wrong: dict) -> None:
    answer = Answers(networks, {"steps": steps_part}).read(
        {"sequence": 1, "drawing": DRAWING, "network": offered, "parts": {"steps": wrong}}
    )
    assert len(answer["probabilities"]) == 10
    assert answer["parts"]["steps"]["error"].endswith(".")


def test_an_explanation_is_a_map_and_a_sentence(networks: Networks, offered: str) -> None:
    explanation = explain(networks, {"drawing": DRAWING, "network": offered})
    assert set(explanation) == {"drop", "window", "strongest", "sentence"}
    assert explanation["sentence"].endswith(".")


@pytest.mark.parametrize("request_", [None, [], {}, {"drawing": "nothing", "network": "base"}])
def test_an_explanation_of_nothing_is_refused(networks: Networks, request_: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        explain(networks, request_)
