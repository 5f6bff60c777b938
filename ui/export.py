"""Export the chosen network: as ONNX, as ONNX in 8-bit numbers, as safetensors, or as a page that reads by itself."""

import base64
from pathlib import Path

import gradio as gr

from model.checks import fields_of
from ui.apart import make_file
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.saved_page import saved_page
from ui.serving.view import given, view

FORMS = {"onnx": ".onnx", "int8": "-int8.onnx", "safetensors": ".safetensors", "page": ".html"}


def export(networks: Networks, jobs: Jobs, processes: Processes, data: str | Path) -> gr.HTML:
    """Buttons that export the network chosen on the left as a file.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        processes: where it is done.
        data: directory that may hold MNIST/raw, to measure the 8-bit network on.
    """
    return view("export", given(start_export, networks, jobs, processes, data), jobs.job_progress)


def start_export(
    networks: Networks, jobs: Jobs, processes: Processes, data: str | Path, request: object
) -> dict[str, str]:
    """Make a file, after whatever is being taught, trained or measured already.

    Its news are shares of the work; its outcome has `file`, `content` in base64 and a `sentence`.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        processes: where it is done.
        data: directory that may hold MNIST/raw.
        request: {network, form, drawing, language}; the form is onnx, int8, safetensors or page, which alone has a
            drawing and a language.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: there is no such form or network, or too many are waiting.
    """
    name, form, drawing, language = fields_of(request, "network", "form", drawing=[], language="en")
    if not isinstance(form, str) or form not in FORMS:
        raise ValueError(f"Not a valid export format; expected one of {', '.join(FORMS)}.")
    path = networks.locate(name)  # so that an error is reported now, not after the wait
    file = f"digitscope-{path.stem if len(path.stem) < 32 else 'mine'}{FORMS[form]}"

    def work(report: Report) -> dict[str, str]:
        if form == "page":
            content = saved_page(networks, name, drawing, language)
            sentence = "Any browser opens it, without this server and without the internet."
        else:
            content, sentence = processes.run(make_file, (path, form, data), report)
        return {
            "file": file,
            "content": base64.b64encode(content).decode("ascii"),
            "sentence": f"{file}: {len(content):,} bytes. {sentence}",
        }

    return {"job": jobs.start(work, f"{form} file")}
