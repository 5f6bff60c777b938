"""The samples that a visitor collects: checking names, reading drawings, opening files."""

from typing import Any

import numpy as np

from model import predict, rasterize
from model.checks import fields_of
from model.drawing.samples import MAX_SAMPLE_POINTS, MAX_SAMPLES, SampleError, check_class, read_samples
from ui.kept.networks import Networks
from ui.teach.teaching import strongest

AT_ONCE = 16  # samples read before others' drawings get a turn


def name_class(request: object) -> dict[str, str]:
    """Check a class name and bring it into the form in which it is kept.

    Args:
        request: {name, known}: what was typed, and the existing names.

    Raises:
        SampleError: as `check_class`.
    """
    name, known = fields_of(request, "name", "known")
    if not isinstance(known, list) or not all(isinstance(other, str) for other in known):
        raise SampleError("The existing names must be a list of texts.")
    return {"name": check_class(name, known)}


def read_box(networks: Networks, request: object) -> dict[str, Any]:
    """How a network reads samples.

    Args:
        networks: that may be named.
        request: {network, drawings}; the list may be empty.

    Returns:
        `classes` of the network, and for each drawing its `readings`: the strongest classes with their probabilities.

    Raises:
        ValueError: there is no such network, a drawing is not valid, or there are too many.
    """
    network, drawings = fields_of(request, "network", "drawings")
    if not isinstance(drawings, list) or len(drawings) > MAX_SAMPLES:
        raise SampleError(f"At most {MAX_SAMPLES:,} drawings can be read at once.")
    images, points = [], 0
    for drawing in drawings:
        images.append(rasterize(drawing))
        points += sum(map(len, drawing))
        if points > MAX_SAMPLE_POINTS:
            raise SampleError(f"At most {MAX_SAMPLE_POINTS:,} points can be read at once.")
    classes, readings = networks.load(network).classes, []
    for first in range(0, len(images), AT_ONCE):
        with networks.borrow(network) as net:  # others' drawings are read between two batches
            probabilities = predict(net, np.stack(images[first : first + AT_ONCE]))
        readings += [strongest(classes, row) for row in probabilities]
    return {"classes": classes, "readings": readings}


def open_samples(text: object) -> dict[str, Any]:
    """The samples of a file that somebody opens.

    Raises:
        SampleError: as `read_samples`.
    """
    if not isinstance(text, str):
        raise SampleError("A samples file must be text.")
    return {"samples": [sample._asdict() for sample in read_samples(text)]}
