"""The sheet to draw on, and the connection through which the server answers everything on the page."""

import json
from typing import Any

import gradio as gr

from model.drawing.examples import load_examples, load_styles
from ui.serving.answers import Answers
from ui.serving.view import view

OPENING_DIGIT = "5"  # the example that writes itself when the page opens


def canvas(answers: Answers) -> gr.HTML:
    """The drawing canvas; it calls `answers.read` for every movement of the pen."""
    return view("canvas", answers.read, drawings=as_text(canvas_drawings()))


def as_text(drawings: dict[str, Any]) -> str:
    """JSON in one piece: Gradio copies a nested property, and watches each point of it, before anything is shown."""
    return json.dumps(drawings, separators=(",", ":"))


def canvas_drawings() -> dict[str, Any]:
    """What the canvas's script is given: example digits by hand and by style, and which of them writes itself."""
    styles: dict[str, list[dict]] = {}
    for label, _, title, drawing in load_styles():
        styles.setdefault(label, []).append({"title": title, "drawing": drawing})
    return {"examples": _hands(), "styles": styles, "opening": OPENING_DIGIT}


def _hands() -> list[dict]:
    hands: dict[str, dict] = {}
    for hand, label, drawing in load_examples():
        hands.setdefault(hand, {})[label] = drawing
    return [{"name": name, "digits": digits} for name, digits in hands.items()]
