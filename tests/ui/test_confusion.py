"""The confusion view shows what a network's file carries, and what lies behind it where the data is."""

import base64
from pathlib import Path

import numpy as np
import pytest

from model import DigitNet, load_checkpoint, rasterize, save_checkpoint
from model.familiarity import UNSET
from tests.evaluation.test_confusion import directory  # noqa: F401
from tests.ui.conftest import Here, outcome_of
from ui.background.jobs import Jobs
from ui.kept.networks import Networks
from ui.network.confusion import describe_confusion, look_behind, threshold_sentence

COUNTS = (10 * np.eye(10, dtype=int) + np.eye(10, k=1, dtype=int)).tolist()


def test_what_is_recorded_is_told(small_net: DigitNet, tmp_path: Path) -> None:
    rates = {"swirl *": 0.9, "dots": 1.0, "digits: MNIST": 0.01, "Greek letters *": 0.8}
    figures = {"test": {"confusion": COUNTS}, "unlike": rates}
    path = str(save_checkpoint(small_net, tmp_path / "known.safetensors", figures=figures))
    told = describe_confusion(Networks([path], tmp_path), {"network": path})
    assert told["counts"] == {"test": COUNTS}
    assert [kind for kind, _ in told["rates"]] == ["digits: MNIST", "dots", "Greek letters *", "swirl *"]
    assert dict(told["rates"]) == rates


def test_what_is_not_recorded_is_left_out(networks: Networks, offered: str, small_net: DigitNet) -> None:
    told = describe_confusion(networks, {"network": offered})
    assert (told["counts"], told["rates"], told["classes"]) == ({}, [], small_net.classes)
    assert "no threshold" in told["threshold"]


def test_the_threshold_is_the_networks_own() -> None:
    net = load_checkpoint("base")
    assert f"reaches {net.familiar_evidence:.2f} of evidence" in threshold_sentence(net)
    net.familiar_evidence.fill_(UNSET)
    net.familiar_energy.fill_(2.5)
    assert "reaches 2.50 of energy" in threshold_sentence(net)


def test_drawings_behind_a_count_are_found(
    networks: Networks,
    offered: str,
    jobs: Jobs,
    here: Here,
    directory: Path,  # noqa: F811
) -> None:
    found = []
    for answer in range(10):
        request = {"network": offered, "counted": "pendigits", "label": 4, "answer": answer}
        outcome = outcome_of(jobs, look_behind(networks, jobs, here, directory, request)["job"])
        found += zip(outcome["images"], outcome["drawings"], strict=True)
    assert len(found) == 9, "every 4 is read as something"
    for image, drawing in found:
        assert base64.b64decode(image) == rasterize(drawing).tobytes()


def test_data_that_is_not_there_is_a_sentence(
    networks: Networks, offered: str, jobs: Jobs, here: Here, tmp_path: Path
) -> None:
    request = {"network": offered, "counted": "test", "label": 4, "answer": 9}
    with pytest.raises(ValueError, match="not on this machine, only their counts"):
        outcome_of(jobs, look_behind(networks, jobs, here, tmp_path / "none", request)["job"])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"counted": "train"}, "expected one of test, pendigits"),
        ({"counted": []}, "expected one of test, pendigits"),
        ({"label": 10}, "from 0 to 9"),
        ({"answer": None}, "from 0 to 9"),
        ({"network": "nobody"}, "There is no network of that name"),
    ],
)
def test_a_request_that_is_none_is_refused(
    networks: Networks, offered: str, jobs: Jobs, here: Here, tmp_path: Path, changed: dict, sentence: str
) -> None:
    request = {"network": offered, "counted": "test", "label": 4, "answer": 9} | changed
    with pytest.raises(ValueError, match=sentence):
        look_behind(networks, jobs, here, tmp_path, request)
