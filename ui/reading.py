"""What the network sees and reads: its image, a bar for each class, one sentence."""

import gradio as gr

from ui.serving.view import view


def reading() -> gr.HTML:
    """The probabilities of the drawing on the canvas."""
    return view("reading")
