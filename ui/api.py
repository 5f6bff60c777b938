"""The named endpoints, for programs: the same answers as on the page."""

import json

import gradio as gr

from model import predict, rasterize
from ui.answers import load_network


def add_api(default: str) -> None:
    """Add the endpoints to the page that is being built.

    Args:
        default: the network that reads where a call names none.
    """

    def predict_drawing(drawing: str, network: str = "") -> dict[str, float]:
        """Read a drawn digit and return the calibrated probability of every class.

        Args:
            drawing: JSON text of a list of strokes; a stroke is a list of points [x, y] from 0 to 1, x right, y down.
            network: name of the network that reads: nano, tiny, small, base or large; empty for the page's own.

        Returns:
            Class names with their probabilities, which sum to 1.
        """
        try:
            net = load_network(network or default)
            probabilities = predict(net, rasterize(drawing)[None])[0]
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return {name: float(probability) for name, probability in zip(net.classes, probabilities, strict=True)}

    gr.api(predict_drawing, api_name="predict")


def as_text(drawing: object) -> str:
    """A drawing as the JSON text that the endpoints take."""
    return json.dumps(drawing, separators=(",", ":"))
