"""What the network sees and says: its image, a bar for each class, one sentence."""

import gradio as gr

from ui.look import script, template


def reading() -> gr.HTML:
    """The probabilities of the drawing on the canvas."""
    return gr.HTML(
        html_template=template("reading.html"),
        js_on_load=script("reading.js"),
        elem_id="reading",
        apply_default_css=False,
        padding=False,
    )
