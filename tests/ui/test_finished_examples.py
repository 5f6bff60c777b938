"""What Teach and Design open with is what the network and the tab's own design gave, and no invention."""

import json

import numpy as np

from model import load_checkpoint, predict, rasterize
from model.design.configuration import DEFAULT_DESIGN, write_design
from ui.design.example import EXAMPLE as TRAINING
from ui.teach.example import EXAMPLE as LESSON
from ui.teach.example import NETWORK


def test_the_samples_of_the_lesson_are_read_as_it_says() -> None:
    lesson = json.loads(LESSON.read_text(encoding="utf-8"))
    net = load_checkpoint(NETWORK)
    said = predict(net, np.stack([rasterize(sample["drawing"]) for sample in lesson["samples"]]))
    for probabilities, reading in zip(said, lesson["readings"], strict=True):
        answer, share = reading["before"][0]
        assert net.classes[probabilities.argmax()] == answer
        assert abs(probabilities.max() - share) < 0.01, f"{NETWORK} has changed: python -m ui.teach.example"


def test_the_training_is_that_of_the_design_that_the_tab_opens_with() -> None:
    training = json.loads(TRAINING.read_text(encoding="utf-8"))
    assert training["design"] == write_design(DEFAULT_DESIGN), "python -m ui.design.example"
    last = training["news"][-1]
    assert last["images"] == last["total"], "it was finished"
    assert {"field", "kernels", "misread"} <= next(
        each["look"] for each in training["news"][::-1] if each["look"]
    ).keys()
