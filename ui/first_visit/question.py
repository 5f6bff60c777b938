"""The question that the page asks first, answered by the fields of one network and of its twin without dilation."""

from dataclasses import replace
from typing import Any

import gradio as gr

from model.cost.complexity import complexity_of
from model.fields.layer_fields import receptive_field_in
from model.layers import milestones
from model.network import NetworkConfig
from ui.first_visit.dilated import dilated_stage
from ui.network.tab import growth
from ui.serving.view import view

WORDS = {9: "nine", 25: "twenty-five", 49: "forty-nine"}  # the usual windows; larger ones stay in digits


def question(asked: dict[str, Any] | None) -> gr.HTML:
    """The card that the page opens with, of what `answer_of` gave; it never comes up where that is None."""
    return view("path/question", asked=asked)


def answer_of(config: NetworkConfig) -> dict[str, Any] | None:
    """The question about a network, and what answers it; None where `dilated_stage` finds no stage for it.

    Returns:
        `question`, `answer`, and for the network up to its widest stage and for its twin, in which no stage is dilated,
        `title`, `sentence` and the `steps` of `growth`.
    """
    widest = dilated_stage(config)
    if widest is None:
        return None
    dilated = replace(config, stages=config.stages[: widest + 1])
    both = (dilated, dilated.undilated())
    sizes = [receptive_field_in(each, milestones(each)[-1].output).size for each in both]
    seen, narrow = (f"{height} x {width}" for height, width in sizes)
    taps, weights = config.stages[widest].kernel ** 2, [complexity_of(each).parameters for each in both]
    count = WORDS.get(taps, str(taps))
    apart = _listed([stage.dilation for stage in dilated.stages])
    return {
        "question": f"How can {count} weights see {seen} pixels?",
        "answer": (
            f"By standing apart. Each stage has {count} weights per channel, which read the map before it; their "
            f"dilations are {apart}. Side by side, the same {count} weights per stage see {narrow} pixels. "
            f"Either way, it is {weights[0]:,} parameters"
            + (f" up to stage {widest + 1}." if weights[0] == weights[1] else f" against {weights[1]:,}.")
        ),
        "pictures": [
            {"title": title, "sentence": f"{size} pixels", "steps": growth(each)}
            for title, size, each in zip((f"Dilations {apart}", "No dilation"), (seen, narrow), both, strict=True)
        ],
    }


def _listed(values: list[int]) -> str:
    return f"{', '.join(map(str, values[:-1]))} and {values[-1]}" if len(values) > 1 else str(values[0])
