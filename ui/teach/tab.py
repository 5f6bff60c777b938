"""The tab in which a visitor teaches a network their own hand."""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, predict
from model.checkpoint import CheckpointError
from model.checks import fields_of
from model.cost.budget import READING, work_of
from model.drawing.samples import MAX_SAMPLES
from model.teaching.lesson import WATCHED
from model.teaching.recipe import Teaching
from ui.apart import open_file
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.serving.view import given, view
from ui.teach.network_files import MAX_UPLOAD, network_file, read_upload
from ui.teach.old_digits import fetch_digits, old_digits
from ui.teach.sample_box import name_class, open_samples, read_box
from ui.teach.teaching import LESSON, LIMITS, SETTINGS, teaching_work, warnings_of


def teach(networks: Networks, jobs: Jobs, processes: Processes, data: str | Path) -> gr.HTML:
    """The tab's view: the box of samples, the teaching, and what came of it.

    Args:
        networks: that may be taught, and among which the taught ones are kept.
        jobs: where a teaching waits in line.
        processes: where it runs.
        data: directory that may hold MNIST/raw, to rehearse old digits from.
    """
    return view(
        "teach",
        name_class,
        given(read_box, networks),
        given(start_teaching, networks, jobs, processes, data),
        jobs.job_progress,
        given(cancel_teaching, jobs),
        given(old_digits, data),
        given(fetch_digits, jobs, processes, data),
        open_samples,
        given(open_network, networks, jobs, processes),
        given(network_file, networks),
        settings={name: getattr(Teaching(), name) for name in SETTINGS},
        limits=LIMITS,
        watched=WATCHED,
        most=MAX_SAMPLES,
        largest=MAX_UPLOAD,
    )


def start_teaching(
    networks: Networks, jobs: Jobs, processes: Processes, data: str | Path, request: object
) -> dict[str, Any]:
    """Put a teaching into the queue.

    Args:
        networks: that may be taught, and among which the taught ones are kept.
        jobs: where it waits in line.
        processes: where it runs.
        data: directory that may hold MNIST/raw, to rehearse old digits from.
        request: {network, samples, settings, clock}, as `teaching_work` takes them.

    Returns:
        `job`, to ask about it with, and `warnings`, sentences.

    Raises:
        ValueError: as `teaching_work`, or too many are waiting.
    """
    network, samples, settings, clock = fields_of(request, "network", "samples", "settings", "clock")
    work, checked = teaching_work(networks, processes, network, samples, settings, data, clock)
    return {"job": jobs.start(work, LESSON), "warnings": warnings_of(networks, network, checked)}


def open_network(networks: Networks, jobs: Jobs, processes: Processes, request: object) -> dict[str, str]:
    """Keep a network that somebody has as a file; its outcome is the network's `key` and `title`.

    Args:
        networks: among which it is kept.
        jobs: where the work waits in line.
        processes: where the file is read.
        request: as `read_upload` takes it.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: the file is too large, or too many are waiting.
    """
    content, title = read_upload(request)

    def work(report: Report) -> dict[str, str]:
        return {"key": networks.keep(processes.run(open_file, (content,), report), title=title), "title": title}

    return {"job": jobs.start(work, "upload", quick=True)}


def cancel_teaching(jobs: Jobs, job: object) -> dict[str, Any]:
    """Have a teaching stop at its next step.

    Raises:
        JobError: there is no such job.
    """
    jobs.cancel(job)
    return {}


def versus_part(networks: Networks, _net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """What another network says of the same drawing.

    Args:
        networks: that may be named.
        image: uint8 (28, 28).
        parameters: {network}, the other one.

    Raises:
        CheckpointError: no such network is offered, or it is too large to be read while others wait.
    """
    other = networks.load(parameters.get("network"))
    if work_of(other.config) > READING:
        raise CheckpointError("This network is too large to compare with while you draw; choose it alone instead.")
    probabilities = predict(other, image[None])[0]
    return {
        "network": parameters["network"],
        "classes": other.classes,
        "probabilities": [round(float(probability), 5) for probability in probabilities],
    }
