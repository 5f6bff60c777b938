"""Take the chosen network along: as ONNX, as ONNX in 8-bit numbers, or as safetensors."""

import base64
from functools import partial
from pathlib import Path

import gradio as gr

from model.export import RANDOM_DRAWINGS, TOLERANCE, describe_int8, history_of, to_int8, to_onnx, to_safetensors
from ui.serving.answers import borrow_network, load_network, locate
from ui.serving.jobs import JOBS, Report
from ui.serving.view import view

FORMS = {"onnx": ".onnx", "int8": "-int8.onnx", "safetensors": ".safetensors"}


def export(data: str | Path) -> gr.HTML:
    """Buttons that make a file of the network that is chosen on the left.

    Args:
        data: directory that may hold MNIST/raw, to measure the 8-bit network on.
    """

    def start_export(request: object) -> dict[str, str]:
        return start(request, data)

    return view("export", start_export, JOBS.job_progress)


def start(request: object, data: str | Path) -> dict[str, str]:
    """Make a file, after whatever is being taught, trained or measured already.

    Its news are shares of the work; its outcome has `file`, `content` in base64 and a `sentence`.

    Args:
        request: {network, form}; the form is onnx, int8 or safetensors.
        data: directory that may hold MNIST/raw.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: there is no such form or network, or too many are waiting.
    """
    form = request.get("form") if isinstance(request, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise ValueError(f"A file is made as one of {', '.join(FORMS)}.")
    locate(request.get("network"))  # said now, not after the wait
    return {"job": JOBS.start(partial(_make, request["network"], form, data))}


def _make(name: str, form: str, data: str | Path, report: Report) -> dict[str, str]:
    path = locate(name)
    if form == "safetensors":
        with borrow_network(name) as net:
            content = to_safetensors(net, **history_of(path))
        sentence = "python app.py --checkpoint FILE reads it."
    elif form == "onnx":
        content = to_onnx(load_network(name))
        sentence = f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    else:
        result = to_int8(load_network(name), data, report)
        content, sentence = result.model, describe_int8(result)
    file = f"digitscope-{path.stem if len(path.stem) < 32 else 'mine'}{FORMS[form]}"
    return {
        "file": file,
        "content": base64.b64encode(content).decode("ascii"),
        "sentence": f"{file}: {len(content):,} bytes. {sentence}",
    }
