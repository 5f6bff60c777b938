"""The network in the visitor's browser: its file, and PyTorch's answer for the engine to check itself against."""

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from model import load_checkpoint, predict, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.examples import load_examples
from model.study.networks import STUDY
from ui.kept.networks import Networks
from ui.serving.view import ASSETS, given, view

CHECKED = 64  # networks whose check is cached
EXAMPLE = 23  # the drawing used for the check; any will do


def engine(networks: Networks) -> gr.HTML:
    """The engine that reads in the browser, and the sentence that says so; see assets/engine/."""
    return view("engine", given(network_file, networks), scripts=_scripts())


def _scripts() -> list[str]:
    """The scripts of all views, for a page that must keep working when the server stops."""
    return sorted(
        str(path.relative_to(ASSETS).with_suffix(".js").as_posix())
        for path in ASSETS.glob("*/*.html")
        if path.with_suffix(".js").exists() and path.parent.name not in ("engine", "saved")
    )


def network_file(networks: Networks, name: object) -> dict[str, Any]:
    """A network that is offered, belongs to the study, or is kept under a key; nothing else.

    Returns:
        `file`, its checkpoint in base64; `check`, a `drawing` and the `probabilities` that PyTorch reads it with.

    Raises:
        CheckpointError: there is no such network.
    """
    path = checkpoint_path(name) if isinstance(name, str) and name in STUDY else networks.locate(name)
    return {"file": base64.b64encode(path.read_bytes()).decode("ascii"), "check": _check(path)}


@lru_cache(CHECKED)
def _check(path: Path) -> dict[str, Any]:
    drawing = load_examples()[EXAMPLE].drawing
    probabilities = predict(load_checkpoint(path), rasterize(drawing)[None])[0]
    return {"drawing": drawing, "probabilities": [float(probability) for probability in probabilities]}
