"""Example drawings: ten digits in several hands, drawn as strokes for this project, kept in assets/examples.json."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.drawing.strokes import rasterize

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples.json"


class Example(NamedTuple):
    """One drawing.

    Attributes:
        hand: name of the handwriting.
        label: the digit, "0" to "9".
        drawing: strokes of points [x, y, milliseconds], 0..1, y down. Do not change it.
    """

    hand: str
    label: str
    drawing: list[list[list[float]]]


@cache
def example_images() -> np.ndarray:
    """All example drawings as the network sees them: uint8 (N, 28, 28), in the order of `load_examples`."""
    return np.stack([rasterize(example.drawing) for example in load_examples()])


@cache
def load_examples() -> tuple[Example, ...]:
    """All example drawings, hand by hand, 0 to 9."""
    hands = json.loads(EXAMPLES.read_text(encoding="utf-8"))["hands"]
    return tuple(Example(hand["name"], label, drawing) for hand in hands for label, drawing in hand["digits"].items())
