"""A teaching as a job, for the page and for programs: what may be asked for, the work, and what is told about it."""

import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import numpy as np

from model import DigitNet, load_checkpoint, rasterize
from model.checks import check_object, check_whole
from model.drawing.samples import Sample, check_samples
from model.teaching.cross_validation import cross_validate
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import load_replay
from model.teaching.result import FineTuned, Step, origin_of
from ui.serving.jobs import Report, Work
from ui.serving.networks import Networks

SETTINGS = ("steps", "batch", "replay", "layers", "interpolation")  # what visitors may set
LIMITS = {"steps": (0, 300), "batch": (2, 128)}  # so that nobody keeps the others waiting for long
STRONGEST = 3  # classes that are told of a sample
CLOCK = re.compile(r"\d\d:\d\d:\d\d")


class TeachingError(ValueError):
    """A setting that is not valid. The message is one sentence for people."""


def read_settings(values: object) -> Teaching:
    """The settings of a teaching; what is left out has its default.

    Args:
        values: an object of some of `SETTINGS`, as `model.teaching.recipe.Teaching` explains them, or None for all
            defaults.

    Raises:
        ValueError: names the setting and says what is allowed.
    """
    if values is None:
        return Teaching()
    settings = check_object("The settings of a teaching", values, SETTINGS, TeachingError)
    for name, (low, high) in LIMITS.items():
        check_whole(name, settings.get(name, low), low, high, TeachingError)
    return Teaching(**settings)


def teaching_work(
    networks: Networks, network: object, samples: object, settings: object, data: str | Path, clock: object = None
) -> tuple[Work, list[Sample]]:
    """What a job has to do to teach a network, once it is sure that it can.

    Args:
        networks: that may be taught, and among which the taught one is kept.
        network: its name or key.
        samples: a list of objects with label and drawing.
        settings: as `read_settings` takes them.
        data: directory that may hold MNIST/raw, to rehearse old digits from.
        clock: the visitor's time as "14:02:31", for the title.

    Returns:
        The work, and the samples as they were checked. Its news are objects with `step`, the fields of
        `model.teaching.result.Step`; with `taught`, the outcome once the network is kept; with `checking`, how far one
        round of holding out is, 0 to 1. Its outcome is {taught, held}: `held` is None where there are too few samples
        to hold some out, and is not there where that was called off.

    Raises:
        ValueError: as `Networks.locate`, `check_samples` and `read_settings`.
    """
    path, teaching = networks.locate(network), read_settings(settings)
    checked = check_samples(samples, networks.load(network).classes)

    def work(report: Report) -> dict[str, Any]:
        net = load_checkpoint(path)  # one of its own: the pens go on with the other
        drawings, labels = [sample.drawing for sample in checked], [sample.label for sample in checked]
        images = np.stack([rasterize(drawing) for drawing in drawings])  # (N, 28, 28)
        material = {"drawings": drawings, "replay": load_replay(data), "teaching": teaching}
        begun = time.monotonic()
        result = fine_tune(
            net, images, labels, on_step=lambda step: report({"step": finite(step._asdict())}), **material
        )
        taught = _keep(networks, network, net, result, checked, clock)
        taught["seconds"] = round(time.monotonic() - begun, 1)

        def report_checking(step: Step) -> None:
            report({"checking": step.step / max(step.steps, 1)})

        try:
            report({"taught": taught})
            held = cross_validate(net, images, labels, on_step=report_checking, **material)
        except CancelledError:  # the network is there already
            return {"taught": taught}
        return {"taught": taught, "held": None if held is None else held._asdict()}

    return work, checked


def _keep(
    networks: Networks, name: object, net: DigitNet, result: FineTuned, samples: Sequence[Sample], clock: object
) -> dict[str, Any]:
    """Keep what came of teaching the network of that name; returns what is told of it."""
    before = networks.title(name)
    title = f"{before.partition(',')[0]}, taught {time_of_day(clock)}"
    counts = dict(sorted(Counter(sample.label for sample in samples).items()))
    return {
        "key": networks.keep(result.network, title=title, samples=counts, **finite(origin_of(result, before))),
        "title": title,
        "from": before,
        **finite(describe(net, result, samples)),
    }


def time_of_day(clock: object) -> str:
    """The visitor's time as "14:02:31", or this machine's where they gave none."""
    return clock if isinstance(clock, str) and CLOCK.fullmatch(clock) else time.strftime("%H:%M:%S")


def describe(net: DigitNet, result: FineTuned, samples: Sequence[Sample]) -> dict[str, Any]:
    """What a teaching did, as JSON values: shares from 0 to 1, pairs are before and after.

    Args:
        net: the network before.
        result: of `fine_tune`.
        samples: what it was taught with, in the order of the result's probabilities.

    Returns:
        `samples`, `replay`: pairs of accuracies. `source`: what was rehearsed. `classes`: for every class {name, kept},
        a pair of held-out accuracies, None for a new class. `readings`: for every sample {label, drawing, before,
        after}, the strongest classes with their probabilities. `layers`: relative change of every layer's weights.
        `interpolation`: between the old weights, 0, and the learned ones, 1.
    """
    before, after = result.before, result.after
    return {
        "samples": [before.samples, after.samples],
        "replay": [before.replay, after.replay],
        "source": result.replay,
        "classes": [
            {
                "name": name,
                "kept": [before.per_class[name], after.per_class[name]] if name in before.per_class else None,
            }
            for name in result.network.classes
        ],
        "readings": [
            {
                "label": sample.label,
                "drawing": sample.drawing,
                "before": strongest(net.classes, old),
                "after": strongest(result.network.classes, new),
            }
            for sample, old, new in zip(samples, before.probabilities, after.probabilities, strict=True)
        ],
        "layers": result.changes,
        "interpolation": result.interpolation,
    }


def finite(value: Any) -> Any:
    """JSON values with None for what is not known, which a network without old digits has, or a loss before a step."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def strongest(classes: Sequence[str], probabilities: np.ndarray) -> list[tuple[str, float]]:
    """The likeliest classes with their probabilities, likeliest first."""
    order = np.argsort(-probabilities[: len(classes)], kind="stable")[:STRONGEST]  # a network before may know fewer
    return [(classes[index], round(float(probabilities[index]), 4)) for index in order]
