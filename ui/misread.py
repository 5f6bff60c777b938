"""Why was I misread: what each step of the normalisation shows the network, and which ink its decision depends on."""

from math import atan, degrees
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, predict, rasterize
from model.checks import fields_of
from model.cost.budget import check_explanation
from model.drawing.normalisation import Steps, moved, normalised, slant_of
from model.explain.occlusion import WINDOW, Occlusion, count_windows
from ui.apart import occlude
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.serving.answers import to_base64
from ui.serving.view import given, view

MOVES = ((-2, 0), (2, 0), (0, -2), (0, 2))  # pixels right and down: two to the left, right, up and down
WORTH_SAYING = 0.005  # a drop in probability that is worth mentioning


def misread(networks: Networks, jobs: Jobs, processes: Processes) -> gr.HTML:
    """The tab's view; `steps_part` answers every movement of the pen; occlusion is computed on demand."""
    return view("misread", given(start_explaining, networks, jobs, processes), jobs.job_progress)


def steps_part(net: DigitNet, _image: np.ndarray, parameters: object) -> dict[str, Any]:
    """What the network sees after no step, one, two and all three, and how it reads each.

    Args:
        net: the network that reads.
        parameters: {drawing, boxed, scaled, centred}: the drawing, and whether each step is taken.

    Returns:
        `so_far`, for each of the four: image, bytes in base64, and probabilities. `without`, for each of the three
        steps, the probabilities with all others that are taken, but not this one. `upright`, those of the drawing
        without its `slant`, in degrees, and `moved`, those of its image two pixels to the left, right, up and down.

    Raises:
        ValueError: the parameters or the drawing are not valid.
    """
    names = Steps._fields
    if not isinstance(parameters, dict) or not all(isinstance(parameters.get(name), bool) for name in names):
        raise ValueError(f"The steps need a drawing, and true or false for each of {', '.join(names)}.")
    steps = Steps(*(parameters[name] for name in names))
    drawing = parameters.get("drawing")
    every = [*steps.so_far(), *(steps._replace(**{name: False}) for name in names)]
    images = [normalised(drawing, taken) for taken in every]
    slant = slant_of(images[3])
    images.append(normalised(drawing, steps, slant))
    images = np.stack([*images, *(moved(images[3], *by) for by in MOVES)])  # (12, 28, 28)
    said = [[round(float(p), 5) for p in probabilities] for probabilities in predict(net, images)]
    return {
        "so_far": [
            {"image": to_base64(image), "probabilities": probabilities}
            for image, probabilities in zip(images[:4], said[:4], strict=True)
        ],
        "without": said[4:7],
        "slant": round(degrees(atan(slant)), 3),
        "upright": said[7],
        "moved": said[8:],
    }


def start_explaining(networks: Networks, jobs: Jobs, processes: Processes, request: object) -> dict[str, str]:
    """Find out which ink the decision about a drawing depends on.

    Its outcome is `drop`, float32 (28, 28) in base64, by how much the probability of the answer falls without the ink
    around each pixel; `window`, the side of the covered square; `strongest`, row and column of the largest fall;
    and a sentence.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        processes: where it is done.
        request: {drawing, network}.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: the drawing is not valid, no such network is offered or it is too large, or too many are waiting.
    """
    name, drawing = fields_of(request, "network", "drawing")
    path, net, image = networks.locate(name), networks.load(name), rasterize(drawing)
    classes = net.classes
    check_explanation(net.config, count_windows(image))

    def work(report: Report) -> dict[str, Any]:
        found = processes.run(occlude, (path, image), report)
        return {
            "drop": to_base64(found.drop.astype("<f4")),
            "window": WINDOW,
            "strongest": found.strongest,
            "sentence": sentence(found, classes),
        }

    return {"job": jobs.start(work, "occlusion", quick=True)}


def sentence(found: Occlusion, classes: list[str]) -> str:
    """An occlusion's result in words."""
    top, (y, x) = classes[found.top], found.strongest
    fall = float(found.drop[y, x])
    if found.reading[y, x] != found.top:
        instead = classes[found.reading[y, x]]
        return f"Without the ink around row {y}, column {x} the network would read {instead} instead of {top}."
    if fall < WORTH_SAYING:
        return (
            f"No {WINDOW} x {WINDOW} patch of ink matters on its own: the network reads {top} without any one of them."
        )
    return (
        f"No {WINDOW} x {WINDOW} patch of ink decides on its own: without the one around row {y}, column {x}, "
        f"{top} falls from {_percent(found.probability)} to {_percent(found.probability - fall)} but is still read."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
