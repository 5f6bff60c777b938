"""The answer to one movement of the pen: everything that is on screen, from one request.

A request is {sequence, drawing, network, parts}; every view that wants something of the answer asks for its part, with
parameters of its own. Requests skip Gradio's queue, so that what they may cost is bounded here.
"""

import base64
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from model import CheckpointError, DigitNet, load_checkpoint, rasterize
from model.checkpoint import checkpoint_path
from model.forward_pass import sharing
from model.inference import read
from ui.serving.network_store import NetworkStore, is_key

NETWORKS_IN_MEMORY = 16

# What visitors and programs may name. Nothing else is ever looked for: a name could also be the path of any file.
_offered: set[str] = set()

STATE = Path("state")  # where the networks that visitors make are kept, unless the app is told otherwise
_store = NetworkStore(STATE)

# One network at work at a time: on two cores a second one would only slow the first.
_at_work = threading.Lock()

Part = Callable[[DigitNet, np.ndarray, dict[str, Any]], Any]


class Answers:
    """Answers requests, one at a time.

    Args:
        parts: what views may ask for beside image and probabilities: a function of network, image and parameters each.
    """

    def __init__(self, parts: dict[str, Part] | None = None) -> None:
        self._parts = parts or {}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Image and probabilities of a drawing, and the parts that were asked for.

        What is wrong with the request comes back as `error`, one sentence, beside its `sequence`.
        """
        sequence = request.get("sequence") if isinstance(request, dict) else None
        try:
            return {"sequence": sequence, **self._answer(request)}
        except ValueError as error:
            return {"sequence": sequence, "error": str(error)}

    def _answer(self, request: object) -> dict[str, Any]:
        if not isinstance(request, dict):
            raise ValueError("A request has to name its network and carry a drawing.")
        wanted = request.get("parts") or {}
        if not isinstance(wanted, dict) or not wanted.keys() <= self._parts.keys():
            raise ValueError(f"Parts of an answer are named; the known ones are: {', '.join(self._parts) or 'none'}.")
        image = rasterize(request.get("drawing"))
        with borrow_network(request.get("network")) as net, sharing(net, image) if wanted else nullcontext():
            probabilities, familiar = read(net, image[None])
            return {
                "network": request["network"],
                "image": to_base64(image),
                "classes": net.classes,
                "probabilities": [round(float(probability), 5) for probability in probabilities[0]],
                "familiar": bool(familiar[0]),
                "parts": {name: self._part(name, net, image, parameters) for name, parameters in wanted.items()},
            }

    def _part(self, name: str, net: DigitNet, image: np.ndarray, parameters: object) -> Any:
        """One view's part; what is wrong with its parameters is told to that view alone."""
        try:
            if not isinstance(parameters, dict):
                raise ValueError(f"The parameters of {name} are no object of names and values.")
            return self._parts[name](net, image, parameters)
        except ValueError as error:
            return {"error": str(error)}


def offer(names: Iterable[str], directory: str | Path = STATE) -> None:
    """Let visitors and programs name these checkpoints, and no others but the networks that they make themselves.

    Called while the page is put together.

    Args:
        names: of checkpoints, or their paths.
        directory: where the networks that visitors make are kept.
    """
    global _store
    _offered.clear()
    _offered.update(names)
    _store = NetworkStore(directory)


def store() -> NetworkStore:
    """Where the networks that visitors make are kept."""
    return _store


@contextmanager
def borrow_network(name: object) -> Iterator[DigitNet]:
    """The offered network of that name, for one caller at a time.

    Raises:
        CheckpointError: as `load_network`.
    """
    with _at_work:
        yield load_network(name)


def load_network(name: object) -> DigitNet:
    """The offered network of that name, or the one that is kept under that key; it stays in memory for a while.

    Raises:
        CheckpointError: as `locate`, or its checkpoint is damaged.
    """
    return _loaded(locate(name))


def locate(name: object) -> Path:
    """Where the checkpoint of an offered name, or of a key, lies.

    Raises:
        CheckpointError: it is not among those that are offered, and no key of a network that is kept.
    """
    if is_key(name):
        return _store.path(name)
    if not isinstance(name, str) or name not in _offered:
        raise CheckpointError(f"There is no network of that name; expected one of {', '.join(sorted(_offered))}.")
    return checkpoint_path(name)


@lru_cache(NETWORKS_IN_MEMORY)
def _loaded(path: Path) -> DigitNet:
    return load_checkpoint(path)


def to_base64(array: np.ndarray) -> str:
    """Bytes of an array, in C order: a fifth of what its numbers would take as JSON."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
