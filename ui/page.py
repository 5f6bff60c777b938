"""The page: the drawing on the left, views of it on the right."""

from functools import partial
from pathlib import Path

import gradio as gr

from model.data import DEFAULT_DATA
from ui.api.endpoints import add_api
from ui.background.jobs import Jobs
from ui.background.processes import Processes, cores
from ui.canvas import canvas
from ui.compare import compare, compare_part
from ui.design.tab import design
from ui.engine import engine
from ui.export import export
from ui.first_visit.path import path
from ui.first_visit.question import answer_of, question
from ui.imagine import imagine, sheet_part
from ui.kept.networks import STATE, Networks, names_to_offer
from ui.layers import layers, layers_part
from ui.learn.tab import LEARN_PARTS, learn
from ui.line import Lines, line_maps_view, line_view
from ui.misread import misread, steps_part
from ui.network.about import about
from ui.network.choice import network_choice
from ui.network.confusion import confusion
from ui.network.tab import architecture
from ui.reading import reading
from ui.serving.answers import Answers
from ui.serving.view import view
from ui.teach.tab import teach, versus_part

TITLE = "Digitscope"
OPENING = (  # scripts of what is in sight when the page opens
    "canvas/canvas.js", "reading/reading.js", "engine/engine.js", "networks/networks.js", "layers/layers.js",
    "controls/heading.js", "path/path.js", "path/question.js",
)  # fmt: skip
WARM_UP = 5.0  # seconds after which the first page is there, and the processors are free


def build_page(checkpoint: str, data: str | Path = DEFAULT_DATA, state: str | Path = STATE) -> gr.Blocks:
    """The whole page, ready to launch.

    Args:
        checkpoint: name or path of the network that reads first.
        data: directory that holds MNIST/raw, for training; it may be missing.
        state: directory in which to keep the networks that visitors make.

    Raises:
        CheckpointError: it cannot be read.
    """
    networks, lines = Networks(names_to_offer(checkpoint), state), Lines()
    jobs, processes = Jobs(cores()), Processes()
    first = networks.load(checkpoint)  # now, so that an unreadable checkpoint is reported before the page is served
    processes.refresh(WARM_UP)
    asked = answer_of(first.config)
    answers = Answers(
        networks,
        {
            "layers": layers_part,
            "steps": steps_part,
            "sheet": sheet_part,
            "compare": compare_part,
            "versus": partial(versus_part, networks),
            **LEARN_PARTS,
        },
    )
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_id="head"):
            view("controls/heading")
            path(networks, asked["question"] if asked else "")
            view("language")
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="left"):
                canvas(answers)
                line_view(lines)
                reading()
                engine(networks)
                network_choice(networks, checkpoint)
            with gr.Column(elem_id="right"), gr.Tabs(overflow_behavior="wrap"):
                with gr.Tab("Layers"):
                    question(asked)
                    line_maps_view(lines)
                    layers(networks)
                with gr.Tab("Misread"):
                    misread(networks, jobs, processes)
                with gr.Tab("Teach"):
                    teach(networks, jobs, processes, data)
                with gr.Tab("Imagine"):
                    imagine(networks, jobs, processes)
                with gr.Tab("Compare"):
                    compare(jobs, processes)
                    export(networks, jobs, processes, data)
                with gr.Tab("Design"):
                    design(networks, jobs, processes, data)
                with gr.Tab("Learn"):
                    learn()
                with gr.Tab("Network"):
                    about(networks, checkpoint)
                    architecture(networks, jobs, processes)
                    confusion(networks, jobs, processes, data)
        add_api(networks, lines, jobs, processes, checkpoint, data)
    return page
