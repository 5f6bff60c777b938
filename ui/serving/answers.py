"""The answer to one movement of the pen: everything on screen, from one request.

A request is {sequence, drawing, network, parts}; every view that needs something from the answer asks for its own part,
with its own parameters. Requests skip Gradio's queue, so what they may cost is bounded here.
"""

import base64
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from model import DigitNet, rasterize
from model.checks import check_object, fields_of, is_whole
from model.explain.several import several_digits
from model.forward_pass import filters_of, sharing
from model.inference import read
from ui.kept.networks import Networks

MOST_REQUESTS = 2**53  # of one page, as far as its numbers are whole

Part = Callable[[DigitNet, np.ndarray, dict[str, Any]], Any]


def in_sequence(request: dict[str, Any], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A function's answer to a request, with its `sequence`; `error`, a sentence, where the request is not valid."""
    (sequence,) = fields_of(request, "sequence")
    if not is_whole(sequence, 0, MOST_REQUESTS):
        return {"sequence": None, "error": f"sequence is a whole number from 0 to {MOST_REQUESTS:,}."}
    try:
        return {"sequence": sequence, **answer(request)}
    except ValueError as error:
        return {"sequence": sequence, "error": str(error)}


class Answers:
    """Answers requests, one at a time.

    Args:
        networks: that may be named.
        parts: what views may ask for besides image and probabilities, each a function of network, image and parameters.
    """

    def __init__(self, networks: Networks, parts: Mapping[str, Part] | None = None) -> None:
        self._networks = networks
        self._parts = parts or {}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Image and probabilities of a drawing, and the requested parts.

        If the request is not valid, returns `error`, one sentence, with its `sequence`.
        """
        return in_sequence(request, self._answer)

    def _answer(self, request: object) -> dict[str, Any]:
        name, drawing, parts = fields_of(request, "network", "drawing", "parts")
        wanted = check_object("The parts of an answer", parts or {}, self._parts)
        image = rasterize(drawing)
        with self._networks.borrow(name) as net, _sharing(net, image, wanted):
            probabilities, familiar = read(net, image[None])
            return {
                "network": name,
                "image": to_base64(image),
                "classes": net.classes,
                "probabilities": [round(float(probability), 5) for probability in probabilities[0]],
                "familiar": bool(familiar[0]),
                "several": [] if familiar[0] else several_digits(net, drawing),
                "parts": {name: self._part(name, net, image, parameters) for name, parameters in wanted.items()},
            }

    def _part(self, name: str, net: DigitNet, image: np.ndarray, parameters: object) -> Any:
        """One view's part; an error in its parameters is reported to that view alone."""
        try:
            return self._parts[name](net, image, check_object(f"The parameters of {name}", parameters))
        except ValueError as error:
            return {"error": str(error)}


def _sharing(net: DigitNet, image: np.ndarray, wanted: dict[str, Any]) -> AbstractContextManager[None]:
    """One pass for all that is asked: it records gradients if a part looks at a cell."""
    back = any(isinstance(asked, dict) and asked.get("cell") is not None for asked in wanted.values())
    return sharing(net, image, None if back else filters_of(net))


def to_base64(array: np.ndarray) -> str:
    """Bytes of an array, in C order: a fifth of what its numbers would take as JSON."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
