"""The page: the drawing on the left, views of it on the right."""

from pathlib import Path

import gradio as gr

from model.data import DEFAULT_DATA
from ui.canvas import canvas
from ui.compare import compare, compare_part
from ui.design import design
from ui.export import export
from ui.layers import layers, layers_part
from ui.learn.tab import LEARN_PARTS, learn
from ui.misread import misread, steps_part
from ui.network_choice import about_network, follow, names_to_offer, network_choice, own_networks
from ui.network_tab import architecture
from ui.reading import reading
from ui.serving.answers import STATE, Answers, load_network, offer
from ui.serving.api import add_api
from ui.serving.view import template
from ui.teach import teach, versus_part

TITLE = "Digitscope"


def build_page(checkpoint: str, data: str | Path = DEFAULT_DATA, state: str | Path = STATE) -> gr.Blocks:
    """The whole page, ready to launch.

    Args:
        checkpoint: name or path of the network that reads first.
        data: directory that holds MNIST/raw, for what trains; it may be missing.
        state: directory in which the networks that visitors make are kept.

    Raises:
        CheckpointError: it cannot be read.
    """
    offer(names_to_offer(checkpoint), state)
    load_network(checkpoint)  # a checkpoint that cannot be read is said before a page is served
    answers = Answers(
        {"layers": layers_part, "steps": steps_part, "compare": compare_part, "versus": versus_part, **LEARN_PARTS}
    )
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(template("page/heading.html"), apply_default_css=False, padding=False)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="left"):
                canvas(answers)
                reading()
                choice = network_choice(checkpoint)
                own_networks(choice)
            with gr.Column(elem_id="right"), gr.Tabs():
                with gr.Tab("Layers"):
                    layers()
                with gr.Tab("Misread"):
                    misread()
                with gr.Tab("Teach"):
                    teach(data)
                with gr.Tab("Compare"):
                    compare()
                    export(data)
                with gr.Tab("Design"):
                    design(data)
                with gr.Tab("Learn"):
                    learn()
                with gr.Tab("Network"):
                    about = about_network(checkpoint)
                    architecture()
        follow(choice, about)
        add_api(checkpoint, data)
    return page
