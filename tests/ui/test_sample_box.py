"""The box of samples: what the network reads them as, names that are checked, files that are opened."""

import json

import numpy as np
import pytest

from model import DigitNet, predict, rasterize
from model.drawing.samples import MAX_SAMPLES
from ui.kept.networks import Networks
from ui.teach.sample_box import name_class, open_samples, read_box

SEVEN = [[[0.28, 0.2], [0.72, 0.2], [0.44, 0.85]]]
ONE = [[[0.5, 0.15], [0.5, 0.85]]]
SAMPLE = {"label": "7", "drawing": SEVEN}


def test_the_box_says_what_the_network_says(networks: Networks, offered: str, small_net: DigitNet) -> None:
    answer = read_box(networks, {"network": offered, "drawings": [SEVEN, ONE]})
    probabilities = predict(small_net, np.stack([rasterize(SEVEN), rasterize(ONE)]))
    for reading, row in zip(answer["readings"], probabilities, strict=True):
        name, probability = reading[0]
        assert small_net.classes.index(name) == row.argmax()
        assert probability == pytest.approx(row.max(), abs=1e-3)
    assert read_box(networks, {"network": offered, "drawings": []})["readings"] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"drawings": [[]]}, "no ink"),
        ({"drawings": [SEVEN] * (MAX_SAMPLES + 1)}, "At most"),
        ({"drawings": None}, "At most"),
        ({"network": "base/../base"}, "no network of that name"),
    ],
)
def test_an_invalid_box_is_refused(networks: Networks, offered: str, change: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_box(networks, {"network": offered, "drawings": [SEVEN], **change})


def test_a_class_name_is_checked_against_those_that_are_there() -> None:
    assert name_class({"name": " <img onerror=x> ", "known": ["7"]}) == {"name": "<img onerror=x>"}
    for request in ({"name": "a", "known": ["A"]}, {"name": "", "known": []}, {"name": "a", "known": [7]}, None):
        with pytest.raises(ValueError, match=r"\.$"):
            name_class(request)


def test_a_samples_file_is_opened_checked() -> None:
    text = json.dumps({"format": 1, "samples": [SAMPLE]})
    assert open_samples(text) == {"samples": [SAMPLE]}
    for wrong in (None, "", json.dumps({"format": 9, "samples": [SAMPLE]})):
        with pytest.raises(ValueError, match=r"\.$"):
            open_samples(wrong)
