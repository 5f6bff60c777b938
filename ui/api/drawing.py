"""The named endpoints that draw digits, for programs; as those of `ui.api.endpoints`."""

import re
from typing import Any

import gradio as gr
import numpy as np

from model.checks import check_whole
from model.drawing.normalisation import Steps, normalised
from model.drawing.strokes import IMAGE_SIZE
from model.generation.checkpoint import DEFAULT
from model.json_text import read_json
from ui.apart import draw_digits, draw_rest
from ui.api.following import followed
from ui.background.job import Work
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.background.visitor import Visitor
from ui.imagine import check_generator
from ui.serving.faults import one_sentence
from ui.serving.packing import as_array
from ui.serving.view import caller_of

MOST_IMAGES = 1_000  # of a call: ten seconds or so
MOST_CHARACTERS = 100_000  # of a list of names
CALLS = 8  # followed at once; their work waits in a single queue
ANY = "any"


def add_drawing_api(jobs: Jobs, processes: Processes) -> None:
    """Add the endpoints to the page being built.

    Args:
        jobs: the queue for long work.
        processes: where it is done.
    """
    endpoints = DrawingEndpoints(jobs, processes)
    gr.api(endpoints.generate, api_name="generate", concurrency_limit=CALLS)
    gr.api(endpoints.complete, api_name="complete", concurrency_limit=CALLS)


class DrawingEndpoints:
    """What programs may call; arguments as for `add_drawing_api`."""

    def __init__(self, jobs: Jobs, processes: Processes) -> None:
        self._jobs, self._processes = jobs, processes

    def generate(
        self, labels: str, count: int = 1, seed: int = 0, generator: str = "", sender: gr.Request | None = None
    ) -> dict[str, Any]:
        """Draw digits as people write them and return their images.

        Args:
            labels: names of the classes to draw, separated by commas, such as 3,7,7; any leaves the class open.
            count: how many of each, from 1; at most 1,000 images in all.
            seed: a whole number from 0; the same seed gives the same images.
            generator: name of the network that draws: dilated, or undilated where it is there; empty for dilated.

        Returns:
            An array of the images, uint8 (N, 28, 28), ink 255 on 0, first all of the first label: an object with name,
            dtype, shape and data, its bytes in base64, in row-major order;
            numpy.frombuffer(base64.b64decode(data), dtype).reshape(shape) restores it.
        """
        with one_sentence():
            name, names = _checked_name(generator), _labels(labels)
            check_whole("count", count, 1)
            _check_number(len(names) * count)
            every = [label for label in names for _ in range(count)]

            def work(report: Report) -> np.ndarray:
                return self._processes.run(draw_digits, (name, every, seed), report)

            return as_array("images", self._outcome(work, caller_of(sender)))

    def complete(
        self, drawing: str, keep: str = "", label: str = "", count: int = 6, seed: int = 0, generator: str = "",
        sender: gr.Request | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Finish a drawing, or restore a part of an image, in several ways.

        Args:
            drawing: JSON text of a list of strokes, each a list of points [x, y] from 0 to 1, x right, y down; or of an
                image, 28 rows of 28 whole numbers from 0, paper, to 255, ink.
            keep: JSON text of 28 rows of 28 numbers, 1 where the image stays as it is, else 0; empty to keep all ink.
            label: name of the class that it should become; empty leaves it open.
            count: how many ways, 1 to 1,000.
            seed: a whole number from 0; the same seed gives the same ways.
            generator: name of the network that draws: dilated, or undilated where it is there; empty for dilated.

        Returns:
            An array of the images, uint8 (count, 28, 28), ink 255 on 0, in which what is kept is as it was: an object
            with name, dtype, shape and data, as of generate. A drawing fills them as it fills its canvas.
        """
        with one_sentence():
            name, image = _checked_name(generator), _image(drawing)
            known = _plane("mask", keep, 1) > 0 if keep else image > 0
            check_whole("count", count, 1)
            _check_number(count)

            def work(report: Report) -> np.ndarray:
                return self._processes.run(draw_rest, (name, image, known, label or None, count, seed), report)

            return as_array("images", self._outcome(work, caller_of(sender)))

    def _outcome(self, work: Work, whose: Visitor) -> Any:
        """What work comes to.

        Raises:
            ValueError: it failed.
        """
        *_, last = followed(self._jobs, work, "drawing of digits", whose)
        return last["outcome"]


def _checked_name(generator: object) -> str:
    name = generator or DEFAULT
    check_generator(name)
    return str(name)


def _labels(labels: object) -> list[str | None]:
    if not isinstance(labels, str) or len(labels) > MOST_CHARACTERS:
        raise ValueError(f"labels has to be text of at most {MOST_CHARACTERS:,} characters, such as 3,7,7.")
    names = [name.strip() for name in labels.split(",") if name.strip()]
    if not names:
        raise ValueError("labels names no class; expected some, separated by commas, such as 3,7,7.")
    return [None if name == ANY else name for name in names]


def _check_number(images: int) -> None:
    if images > MOST_IMAGES:
        raise ValueError(f"{images:,} images were asked for; at most {MOST_IMAGES:,} are drawn in one call.")


def _image(drawing: object) -> np.ndarray:
    """uint8 (28, 28) of a drawing as it lies on the canvas, or of an image's rows."""
    if isinstance(drawing, str) and _ROWS.match(drawing):
        return _plane("image", drawing, 255)
    return normalised(drawing, Steps(False, False, False))


_ROWS = re.compile(r"\s*\[\s*\[\s*-?\d")  # two brackets before the first number: a drawing has three


def _plane(what: str, text: object, most: int) -> np.ndarray:
    """uint8 (28, 28) of rows of numbers as JSON."""
    try:
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            raise ValueError
        values = np.array(read_json(text))
        if values.shape != (IMAGE_SIZE, IMAGE_SIZE) or values.dtype.kind not in "iub":
            raise ValueError
        if values.min() < 0 or values.max() > most:
            raise ValueError
    except ValueError:
        raise ValueError(
            f"The {what} has to be the JSON text of {IMAGE_SIZE} rows of {IMAGE_SIZE} whole numbers from 0 to {most}."
        ) from None
    return values.astype(np.uint8)
