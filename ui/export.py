"""Export the chosen network: as ONNX, as ONNX in 8-bit numbers, or as safetensors."""

import base64
from functools import partial
from pathlib import Path

import gradio as gr

from model.checkpoint import read_history
from model.checks import fields_of
from model.export import RANDOM_DRAWINGS, TOLERANCE, describe_int8, to_int8, to_onnx, to_safetensors
from ui.serving.jobs import Jobs, Report
from ui.serving.networks import Networks
from ui.serving.view import given, view

FORMS = {"onnx": ".onnx", "int8": "-int8.onnx", "safetensors": ".safetensors"}


def export(networks: Networks, jobs: Jobs, data: str | Path) -> gr.HTML:
    """Buttons that export the network chosen on the left as a file.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        data: directory that may hold MNIST/raw, to measure the 8-bit network on.
    """
    return view("export", given(start_export, networks, jobs, data), jobs.job_progress)


def start_export(networks: Networks, jobs: Jobs, data: str | Path, request: object) -> dict[str, str]:
    """Make a file, after whatever is being taught, trained or measured already.

    Its news are shares of the work; its outcome has `file`, `content` in base64 and a `sentence`.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        data: directory that may hold MNIST/raw.
        request: {network, form}; the form is onnx, int8 or safetensors.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: there is no such form or network, or too many are waiting.
    """
    name, form = fields_of(request, "network", "form")
    if not isinstance(form, str) or form not in FORMS:
        raise ValueError(f"Not a valid export format; expected one of {', '.join(FORMS)}.")
    networks.locate(name)  # so that an error is reported now, not after the wait
    return {"job": jobs.start(partial(_make, networks, name, form, data))}


def _make(networks: Networks, name: str, form: str, data: str | Path, report: Report) -> dict[str, str]:
    path = networks.locate(name)
    if form == "safetensors":
        with networks.borrow(name) as net:
            content = to_safetensors(net, **read_history(path))
        sentence = "python app.py --checkpoint FILE opens it."
    elif form == "onnx":
        content = to_onnx(networks.load(name))
        sentence = f"ONNX Runtime agrees with PyTorch to {TOLERANCE:g} on {RANDOM_DRAWINGS} random drawings."
    else:
        result = to_int8(networks.load(name), data, report)
        content, sentence = result.model, describe_int8(result)
    file = f"digitscope-{path.stem if len(path.stem) < 32 else 'mine'}{FORMS[form]}"
    return {
        "file": file,
        "content": base64.b64encode(content).decode("ascii"),
        "sentence": f"{file}: {len(content):,} bytes. {sentence}",
    }
