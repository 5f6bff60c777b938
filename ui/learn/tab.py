"""The Learn tab: separable dilated convolution built up from its parts, each figure live on the drawing."""

import inspect
import re

import gradio as gr

from model.cost.separable import depthwise_conv2d, depthwise_separable_conv2d, pointwise_conv2d
from ui.learn import texts as lessons
from ui.learn.by_hand import worked_example
from ui.learn.calculator import calculator
from ui.learn.choosing import advice
from ui.learn.dilation import WIDEST_DILATION, dilation_part, flowchart_part
from ui.learn.figures import (
    depthwise_part,
    pointwise_part,
    separable_part,
)
from ui.learn.gridding import gridding
from ui.learn.misconceptions import misconceptions
from ui.serving.view import view

LEARN_PARTS = {
    "depthwise": depthwise_part,
    "pointwise": pointwise_part,
    "separable": separable_part,
    "dilation": dilation_part,
    "flowchart": flowchart_part,
}
FORMULAS = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
MISCONCEPTIONS, CHOOSING = "## Common misconceptions", "## How to choose"
HEADED = (
    lessons.DEPTHWISE, lessons.POINTWISE, lessons.SEPARABLE, lessons.DILATION, lessons.TOGETHER, lessons.WORKED,
    lessons.CALCULATOR, lessons.GRIDDING, MISCONCEPTIONS, CHOOSING, lessons.SOURCE,
)  # fmt: skip
REFERENCE = (depthwise_separable_conv2d, depthwise_conv2d, pointwise_conv2d)


def learn() -> None:
    """The page that a student reads from top to bottom; `LEARN_PARTS` answer its figures."""
    with gr.Column(elem_id="learn"):
        _text(lessons.INTRODUCTION)
        view("learn/contents", headings=[title for text in HEADED for title in re.findall("^## (.+)$", text, re.M)])
        _text(lessons.DEPTHWISE)
        view("learn/depthwise")
        _text(lessons.POINTWISE)
        view("learn/pointwise")
        _text(lessons.SEPARABLE)
        view("learn/separable")
        _text(lessons.DILATION)
        view("learn/dilation", most=WIDEST_DILATION)
        _text(lessons.TOGETHER)
        view("learn/flowchart")
        _text(lessons.WORKED)
        worked_example()
        _text(lessons.CALCULATOR)
        calculator()
        _text(lessons.GRIDDING)
        gridding()
        _words(f"{MISCONCEPTIONS}\n\n{misconceptions()}", "misconceptions")
        _words(f"{CHOOSING}\n\n{advice()}")
        _text(lessons.SOURCE)
        gr.Markdown(f"```python\n{reference_source()}\n```", elem_id="reference")


def reference_source() -> str:
    """The source of the reference function and its two steps."""
    return "\n\n".join(inspect.getsource(function) for function in REFERENCE).rstrip()


def _text(template: str) -> None:
    _words(lessons.lesson(template))


def _words(markdown: str, name: str | None = None) -> None:
    markdown = re.sub(r"(?<=\d)\sx\s(?=\d)", "\u00a0x\u00a0", markdown)  # no line breaks inside a size or a percentage
    markdown = re.sub(r"(?<=\d)\s(?=%)", "\u00a0", markdown)
    gr.Markdown(markdown, latex_delimiters=FORMULAS, elem_classes="lesson", elem_id=name)
