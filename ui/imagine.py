"""The network that draws: finishes a drawing, invents digits, restores images; and how it goes from noise to digit.

The browser does all of this by itself where it can; what is here answers for the others.
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import Any, cast

import gradio as gr
import numpy as np

from model import CheckpointError, DigitNet, load_generator, predict
from model.checks import check_whole, fields_of
from model.drawing.normalisation import Steps, centred, normalised
from model.drawing.samples import MAX_SAMPLES
from model.drawing.strokes import IMAGE_SIZE
from model.generation.checkpoint import DEFAULT, generator_names, read_generator_history, written_at
from model.generation.measure import COMPLETED
from model.generation.sampling import GUIDANCE, STEPS
from model.generation.trail import Wish, shapes_of
from model.network import count_parameters
from model.study.claims import CLEAR
from ui.apart import draw_maps, draw_trail
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.serving.answers import to_base64
from ui.serving.view import given, view

COUNT = 6  # completions at once
MOST_STEPS = 20
PIXELS = IMAGE_SIZE**2
LEVELS = 127  # of a value of a map, on each side of 0


def imagine(networks: Networks, jobs: Jobs, processes: Processes) -> gr.HTML:
    """The tab's view; `sheet_part` answers every movement of the pen; the server draws where the browser cannot."""
    return view(
        "imagine",
        describe_generators,
        given(start_completing, jobs, processes),
        given(start_mapping, jobs, processes),
        given(read_images, networks),
        jobs.job_progress,
        jobs.cancel_job,
        count=COUNT,
        steps=STEPS,
        guidance=GUIDANCE,
        most=MAX_SAMPLES,
    )


def sheet_part(_net: DigitNet, _image: np.ndarray, parameters: dict[str, Any]) -> dict[str, str]:
    """The drawing as it lies on the sheet, so that what is missing has the room that its visitor left for it.

    Args:
        parameters: {drawing}.

    Returns:
        `image`, bytes (28, 28) in base64.

    Raises:
        ValueError: the drawing is not valid.
    """
    return {"image": to_base64(normalised(parameters.get("drawing"), Steps(False, False, False)))}


# What there is to draw with -----------------------------------------------------------------------------------------


def describe_generators(_request: object = None) -> dict[str, Any]:
    """The generators that are here, the one that the page opens with first.

    Returns:
        `generators`, for each its `name`, `classes`, `parameters`, `stages` (name, dilation, kernel, channels, side)
        and `figures` (`read_right`, `completed`, `score`, from 0 to 1, null where not measured); `compared`, a sentence
        on how two of them finish digits, or nothing.

    Raises:
        ValueError: the one that the page opens with is missing or damaged.
    """
    described = [_described(DEFAULT, written_at(DEFAULT))]
    for name in generator_names():
        if name != DEFAULT:
            try:
                described.append(_described(name, written_at(name)))
            except CheckpointError:
                continue  # it is for comparison only
    return {"generators": described, "compared": _compared([one["figures"]["completed"] for one in described])}


def _compared(completed: Sequence[float | None]) -> str:
    """Whether dilation helps to finish digits, from the shares that two generators finished as what they were."""
    if len(completed) != 2 or None in completed:
        return ""
    dilated, undilated = cast(Sequence[float], completed)
    error = sqrt(sum(share * (1 - share) for share in (dilated, undilated)) / COMPLETED)
    if abs(dilated - undilated) <= CLEAR * error:
        return "That is no clear difference: halving the maps twice widens the fields of both."
    return f"So dilation {'helps' if dilated > undilated else 'does not help'} to finish a digit here."


@lru_cache(4)
def _described(name: str, _changed: int) -> dict[str, Any]:
    generator = load_generator(name)
    found = read_generator_history(name).get("figures", {}).get("test", {})
    return {
        "name": name,
        "classes": generator.classes,
        "parameters": count_parameters(generator),
        "stages": [shape._asdict() for shape in shapes_of(generator)],
        "figures": {
            "read_right": found.get("generated", {}).get("read_right"),
            "completed": found.get("completed as told"),
            "score": found.get("score"),
        },
    }


# Drawing ------------------------------------------------------------------------------------------------------------


def start_completing(jobs: Jobs, processes: Processes, request: object) -> dict[str, str]:
    """Draw some images, with every step of the way.

    Its outcome is `images`, bytes (N, 28, 28) in base64, and `trail`, for each step and the end its `time`, from 0 to
    1, the images as they are then, `noisy`, and what the network takes them to be, `answer`, in the same form.

    Args:
        jobs: where the work waits in line.
        processes: where it is done.
        request: {generator, image, keep, shares, seed, steps, guidance}, as `wish_of` takes it.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: the request is not valid, or too many are waiting.
    """
    name, wish = wish_of(request)

    def work(report: Report) -> dict[str, Any]:
        drawn = processes.run(draw_trail, (name, wish), report)
        rows = zip(drawn.times, drawn.noisy, drawn.answers, strict=True)
        return {
            "images": to_base64(drawn.images),
            "trail": [
                {"time": time, "noisy": to_base64(noisy), "answer": to_base64(answer)} for time, noisy, answer in rows
            ],
        }

    return {"job": jobs.start(work, "completion", quick=True)}


def start_mapping(jobs: Jobs, processes: Processes, request: object) -> dict[str, str]:
    """Compute what the stages make of one image at one step.

    Its outcome is `maps`, for each stage its `name`, `channels`, `height`, `width`, `maximum` of all magnitudes, and
    `values`, int8 (C, H, W) in base64, of which 127 stands for the maximum.

    Args:
        jobs: where the work waits in line.
        processes: where it is done.
        request: as of `start_completing`, with the `step`, and the `index` of the image.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: the request is not valid, or too many are waiting.
    """
    name, wish = wish_of(request)
    step, index = fields_of(request, "step", "index")
    check_whole("step", step, 0, wish.steps - 1)
    check_whole("index", index, 0, len(wish.shares) - 1)

    def work(report: Report) -> dict[str, Any]:
        maps = processes.run(draw_maps, (name, wish, step, index), report)
        return {"maps": [_packed(stage, values) for stage, values in maps.items()]}

    return {"job": jobs.start(work, "stage maps", quick=True)}


def wish_of(request: object) -> tuple[str, Wish]:
    """The generator that a request names, and what it is to draw.

    Args:
        request: {generator, image, keep, shares, seed, steps, guidance}: a name; bytes (28, 28) in base64, or null; of
            the same size, 1 where the image is kept, or null; a list of lists of numbers from 0 to 1; whole numbers; a
            number.

    Raises:
        ValueError: a field is something else. What depends on the generator is checked where it is.
    """
    name, image, keep, shares = fields_of(request, "generator", "image", "keep", "shares")
    seed, steps, guidance = fields_of(request, seed=0, steps=STEPS, guidance=GUIDANCE)
    check_generator(name)
    if not isinstance(shares, list) or not 1 <= len(shares) <= COUNT:
        raise ValueError(f"The shares have to be a list of 1 to {COUNT} lists of numbers, one for each image.")
    check_whole("steps", steps, 1, MOST_STEPS)
    known = None if keep is None else _plane("mask", keep) > 0
    return name, Wish(_numbers(shares), None if image is None else _plane("image", image), known, seed, steps, guidance)


def check_generator(name: object) -> None:
    """Whether there is a generator of that name; nothing else is ever looked up.

    Raises:
        ValueError: there is none.
    """
    names = generator_names()
    if name not in names:
        raise ValueError(
            f"There is no generator of that name; expected {' or '.join(names) or 'its file to be there'}."
        )


def _numbers(rows: list[Any]) -> np.ndarray:
    try:
        return np.array(rows, np.float32)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("The shares of an image have to be numbers, as many for each image.") from None


def _plane(what: str, text: object) -> np.ndarray:
    """uint8 (28, 28) from base64."""
    return _planes(what, text, 1)[0]


def _planes(what: str, text: object, most: int) -> np.ndarray:
    """uint8 (N, 28, 28) from base64."""
    expected = f"expected {PIXELS} bytes in base64" + ("" if most == 1 else f" for each of at most {most} images")
    try:
        if not isinstance(text, str) or len(text) > 2 * PIXELS * most:
            raise ValueError
        values = np.frombuffer(b64decode(text, validate=True), np.uint8)
    except (ValueError, binascii.Error):
        raise ValueError(f"The {what} is not {IMAGE_SIZE} x {IMAGE_SIZE} pixels; {expected}.") from None
    if not values.size or values.size % PIXELS or values.size > most * PIXELS:
        raise ValueError(f"The {what} has {values.size:,} pixels; {expected}.")
    return values.reshape(-1, IMAGE_SIZE, IMAGE_SIZE).copy()  # which may be written to, as PyTorch wants it


def _packed(name: str, values: np.ndarray) -> dict[str, Any]:
    maximum = float(np.abs(values).max())
    levels = np.rint(values * (LEVELS / (maximum or 1))).astype(np.int8)
    channels, height, width = values.shape
    return {
        "name": name,
        "channels": channels,
        "height": height,
        "width": width,
        "maximum": maximum,
        "values": to_base64(levels),
    }


# Reading what was drawn ---------------------------------------------------------------------------------------------


def read_images(networks: Networks, request: object) -> dict[str, Any]:
    """What a network reads images as, each moved so that its ink's centre of mass lies in the middle.

    Args:
        networks: that may be named.
        request: {network, images}: bytes (N, 28, 28) in base64.

    Returns:
        `classes`, and `probabilities` of each image.

    Raises:
        ValueError: there is no such network, or these are no images.
    """
    network, text = fields_of(request, "network", "images")
    images = np.stack([centred(image) for image in _planes("image", text, COUNT)])
    with networks.borrow(network) as net:
        probabilities, classes = predict(net, images), net.classes
    return {"classes": classes, "probabilities": [[round(float(p), 5) for p in row] for row in probabilities]}
