"""Example drawings, kept in assets/examples.json: ten digits in several handwritings, and a drawing of each style."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.drawing.strokes import rasterize

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples.json"


class Example(NamedTuple):
    """A digit in one of the handwritings, which were drawn as strokes for this project.

    Attributes:
        hand: name of the handwriting.
        label: the digit, "0" to "9".
        drawing: strokes of points [x, y, milliseconds], 0..1, y down. Do not change it.
    """

    hand: str
    label: str
    drawing: list[list[list[float]]]


class StyleExample(NamedTuple):
    """A digit in one of the styles of `model.drawing.styles`; `model.drawing.style_examples` draws them.

    Attributes:
        label: the digit, "0" to "9".
        style: its name.
        title: in words, such as "7 with a bar".
        drawing: strokes of points [x, y], 0..1, y down. Do not change it.
    """

    label: str
    style: str
    title: str
    drawing: list[list[list[float]]]


@cache
def example_images() -> np.ndarray:
    """All drawings in handwritings as the network sees them: uint8 (N, 28, 28), in the order of `load_examples`."""
    return np.stack([rasterize(example.drawing) for example in load_examples()])


@cache
def load_examples() -> tuple[Example, ...]:
    """The drawings in handwritings, hand by hand, 0 to 9."""
    hands = json.loads(EXAMPLES.read_text(encoding="utf-8"))["hands"]
    return tuple(Example(hand["name"], label, drawing) for hand in hands for label, drawing in hand["digits"].items())


@cache
def load_styles() -> tuple[StyleExample, ...]:
    """A drawing of each style, 0 to 9."""
    return tuple(StyleExample(**style) for style in json.loads(EXAMPLES.read_text(encoding="utf-8"))["styles"])
