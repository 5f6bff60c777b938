"""The tab in which a visitor teaches a network their own hand."""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, load_checkpoint, predict, rasterize
from model.checkpoint import SUFFIX, CheckpointError
from model.design.configuration import check_size
from model.drawing.samples import (
    MAX_SAMPLE_POINTS,
    MAX_SAMPLES,
    SampleError,
    check_class,
    check_name,
    read_samples,
    warnings,
)
from model.finetune import WATCHED, Teaching
from ui.network_choice import title_of
from ui.serving.answers import borrow_network, load_network, locate, store
from ui.serving.jobs import JOBS
from ui.serving.view import view
from ui.teaching import LIMITS, SETTINGS, strongest, teaching_work, time_of_day

AT_ONCE = 16  # samples that are read while the pens of others wait
MAX_UPLOAD = 5 * 2**20  # bytes of a network's file
MAX_CHARACTERS = 4 * (MAX_UPLOAD // 3 + 1)  # of as many bytes in base64, and one more: what follows is not even decoded


def teach(data: str | Path) -> gr.HTML:
    """The tab's view: the box of samples, the teaching, and what came of it.

    Args:
        data: directory that may hold MNIST/raw, to rehearse old digits from.
    """

    def start_teaching(request: object) -> dict[str, Any]:
        """Put a teaching into the queue.

        Args:
            request: {network, samples, settings, clock}, as `teaching_work` takes them.

        Returns:
            `job`, to ask about it with, and `warnings`, sentences.

        Raises:
            ValueError: as `teaching_work`, or too many are waiting.
        """
        network, samples, settings, clock = _fields(request, "network", "samples", "settings", "clock")
        work, checked = teaching_work(network, samples, settings, data, clock)
        return {"job": JOBS.start(work), "warnings": warnings(checked)}

    return view(
        "teach",
        name_class,
        read_box,
        start_teaching,
        JOBS.job_progress,
        cancel_teaching,
        open_samples,
        open_network,
        network_file,
        settings={name: getattr(Teaching(), name) for name in SETTINGS},
        limits=LIMITS,
        watched=WATCHED,
        most=MAX_SAMPLES,
        largest=MAX_UPLOAD,
    )


def _fields(request: object, *names: str) -> list[Any]:
    if not isinstance(request, dict):
        raise ValueError(f"A request has to be an object of {', '.join(names)}.")
    return [request.get(name) for name in names]


# The samples --------------------------------------------------------------------------------------------------------


def name_class(request: object) -> dict[str, str]:
    """A class name in the form in which it is kept.

    Args:
        request: {name, known}: what was written, and the names that are there.

    Raises:
        SampleError: as `check_class`.
    """
    name, known = _fields(request, "name", "known")
    if not isinstance(known, list) or not all(isinstance(other, str) for other in known):
        raise SampleError("The names that are there are a list of texts.")
    return {"name": check_class(name, known)}


def read_box(request: object) -> dict[str, Any]:
    """What a network says of samples.

    Args:
        request: {network, drawings}; there may be none.

    Returns:
        `classes` of the network, and for each drawing its `readings`: the strongest classes with their probabilities.

    Raises:
        ValueError: no such network is offered, or a drawing is none, or there are too many.
    """
    network, drawings = _fields(request, "network", "drawings")
    if not isinstance(drawings, list) or len(drawings) > MAX_SAMPLES:
        raise SampleError(f"At most {MAX_SAMPLES:,} drawings are read at once.")
    images, points = [], 0
    for drawing in drawings:
        images.append(rasterize(drawing))
        points += sum(map(len, drawing))
        if points > MAX_SAMPLE_POINTS:
            raise SampleError(f"At most {MAX_SAMPLE_POINTS:,} points are read at once.")
    classes, readings = load_network(network).classes, []
    for first in range(0, len(images), AT_ONCE):
        with borrow_network(network) as net:  # the pens of others move on between two batches
            probabilities = predict(net, np.stack(images[first : first + AT_ONCE]))
        readings += [strongest(classes, row) for row in probabilities]
    return {"classes": classes, "readings": readings}


def open_samples(text: object) -> dict[str, Any]:
    """The samples of a file that somebody opens.

    Raises:
        SampleError: as `read_samples`.
    """
    if not isinstance(text, str):
        raise SampleError("A samples file is text.")
    return {"samples": [sample._asdict() for sample in read_samples(text)]}


# The teaching -------------------------------------------------------------------------------------------------------


def cancel_teaching(job: object) -> dict[str, Any]:
    """Have a teaching stop at its next step.

    Raises:
        JobError: there is no such job.
    """
    JOBS.cancel(job)
    return {}


def versus_part(_net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> dict[str, Any]:
    """What another network says of the same drawing.

    Args:
        image: uint8 (28, 28).
        parameters: {network}, the other one.

    Raises:
        CheckpointError: no such network is offered.
    """
    other = load_network(parameters.get("network"))
    probabilities = predict(other, image[None])[0]
    return {
        "network": parameters["network"],
        "classes": other.classes,
        "probabilities": [round(float(probability), 5) for probability in probabilities],
    }


# Networks as files --------------------------------------------------------------------------------------------------


def network_file(name: object) -> dict[str, str]:
    """The file of a network, to be kept by the visitor.

    Returns:
        `data`, its bytes in base64, and `name`, what it may be called.

    Raises:
        CheckpointError: no such network is offered.
    """
    path = locate(name)
    words = "".join(character if character.isalnum() else " " for character in title_of(name)).split()
    return {"name": "-".join(words) + SUFFIX, "data": base64.b64encode(path.read_bytes()).decode("ascii")}


def open_network(request: object) -> dict[str, Any]:
    """Keep a network that somebody has as a file.

    Args:
        request: {data, clock}: its bytes in base64, and the visitor's time as "14:02:31".

    Returns:
        Its `key` and `title`.

    Raises:
        ValueError: the file is too large, or no network that this page can serve.
    """
    data, clock = _fields(request, "data", "clock")
    net = load_network_file(_decoded(data))
    title = f"uploaded, {time_of_day(clock)}"
    return {"key": store().keep(net, title=title), "title": title}


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise CheckpointError("The bytes of a network's file come as text in base64.")
    try:
        content = base64.b64decode(data[:MAX_CHARACTERS], validate=True)
    except binascii.Error:
        raise CheckpointError("The bytes of a network's file come as text in base64.") from None
    if len(content) > MAX_UPLOAD:
        raise CheckpointError(f"The file is larger than {MAX_UPLOAD / 2**20:g} MB; a network's file is not.")
    return content


def load_network_file(content: bytes) -> DigitNet:
    """The network that a file holds, verified: nothing of it is ever run.

    Raises:
        ValueError: it is no checkpoint, would cost too much to serve, or has a class name that is none.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"file{SUFFIX}"
        path.write_bytes(content)
        try:
            net = load_checkpoint(path)
        except CheckpointError as error:  # the visitor's file has a name of its own
            raise CheckpointError(str(error).replace(path.name, "The file")) from error
    check_size(net.config)
    for name in net.classes:
        check_name(name)
    return net
