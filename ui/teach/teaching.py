"""Teaching as a job, for the page and for programs: the settings, the work, and what is reported about it."""

import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model import DigitNet, load_checkpoint, rasterize
from model.checks import check_object, check_whole
from model.drawing.samples import Sample, check_samples, warnings
from model.teaching.cross_validation import Held, hold_out, rounds_of
from model.teaching.lesson import fine_tune
from model.teaching.recipe import Teaching
from model.teaching.replay import load_replay
from model.teaching.resemblance import LOOKED_AT, resemblances
from model.teaching.result import FineTuned, Step, hands_right, origin_of
from model.teaching.styles import advice
from ui.background.job import Later, Work
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks

SETTINGS = ("steps", "batch", "replay", "layers", "interpolation", "keep")  # what visitors may set
LIMITS = {"steps": (0, 300), "batch": (2, 128)}  # so that nobody keeps the others waiting for long
LESSON = "lesson"  # what such a job is called in the queue
STRONGEST = 3  # classes reported for a sample
NOT_LASTING = (
    "The server cannot write to its disk, so this network is gone when the server stops: download it to keep it."
)
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
        if settings.get(name) is not None:
            check_whole(name, settings[name], low, high, TeachingError)
    return Teaching(**settings)


class Lesson(NamedTuple):
    """What a lesson in another process is about.

    Attributes:
        path: of the network's checkpoint.
        samples: what is taught.
        teaching: how.
        data: directory that may hold MNIST/raw, to rehearse old digits from.
    """

    path: Path
    samples: list[Sample]
    teaching: Teaching
    data: str | Path


def teaching_work(
    networks: Networks,
    processes: Processes,
    network: object,
    samples: object,
    settings: object,
    data: str | Path,
    clock: object = None,
) -> tuple[Work, list[Sample]]:
    """What a job has to do to teach a network, once it is sure that it can.

    Args:
        networks: that may be taught, and among which the taught one is kept.
        processes: where it is taught.
        network: its name or key.
        samples: a list of objects with label and drawing.
        settings: as `read_settings` takes them.
        data: directory that may hold MNIST/raw, to rehearse old digits from.
        clock: the visitor's time as "14:02:31", for the title.

    Returns:
        The work, and the samples as they were checked. Its news are objects with `rounds`, how many rounds of holding
        out are to follow; with `step`, the fields of `model.teaching.result.Step`; with `taught`, the outcome once the
        network is kept; with `round`, the number of the round that begins, from 0; with `checking`, how far it is, 0 to
        1. Its outcome is {taught, held}: `held` is None where there are too few samples
        to hold some out, and is missing if that was cancelled. The rounds come after the lessons of others.

    Raises:
        ValueError: as `Networks.locate`, `check_samples` and `read_settings`.
    """
    path, teaching = networks.locate(network), read_settings(settings)
    checked = check_samples(samples, networks.load(network).classes)
    lesson, rounds = Lesson(path, checked, teaching, data), rounds_of([sample.label for sample in checked])

    def work(report: Report) -> Any:
        report({"rounds": len(rounds)})
        net, origin, told = processes.run(teach_lesson, lesson, report)
        taught = _keep(networks, network, net, origin, checked, clock) | told
        report({"taught": taught})
        return _rest(processes, lesson, taught, rounds, Held(0, 0, 0))

    return work, checked


def warnings_of(networks: Networks, network: object, samples: Sequence[Sample]) -> list[str]:
    """What is worth knowing before teaching, sentences: of the samples themselves, and of classes that look alike."""
    known = networks.load(network).classes
    new: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.label not in known:
            new.setdefault(sample.label, []).append(sample)
    some = [sample for own in new.values() for sample in own[:LOOKED_AT]]
    if not some:
        return warnings(samples)
    images = np.stack([rasterize(sample.drawing) for sample in some])
    with networks.borrow(network) as net:
        return [*warnings(samples), *resemblances(net, images, [sample.label for sample in some])]


def _rest(
    processes: Processes, lesson: Lesson, taught: dict[str, Any], rounds: list[list[int]], held: Held, done: int = 0
) -> Any:
    """What remains of a teaching: one round of holding out after the other, each as a part of its own."""
    if done == len(rounds):
        return {"taught": taught, "held": held._asdict() if held.total else None}

    def work(report: Report) -> Any:
        report({"round": done})
        found = processes.run(hold_out_round, (*lesson, rounds[done]), report)
        return _rest(processes, lesson, taught, rounds, Held(*map(sum, zip(held, found, strict=True))), done + 1)

    return Later(work, {"taught": taught})


# In another process ---------------------------------------------------------------------------------------------------


def teach_lesson(
    report: Report, path: Path, samples: list[Sample], teaching: Teaching, data: str | Path
) -> tuple[DigitNet, dict[str, Any], dict[str, Any]]:
    """Teach; returns the network, what its file says of how it was made, and what is told of it."""
    net, (images, labels), material = _prepared(path, samples, teaching, data)
    begun = time.monotonic()
    result = fine_tune(net, images, labels, on_step=lambda step: report({"step": finite(step._asdict())}), **material)
    told = {
        "seconds": round(time.monotonic() - begun, 1),
        **finite(describe(net, result, samples)),
        "keep": teaching.keep,
    }
    return result.network, finite(origin_of(result)), told


def hold_out_round(
    report: Report, path: Path, samples: list[Sample], teaching: Teaching, data: str | Path, held: list[int]
) -> Held:
    """Hold out some of the samples, by their places, and find out how they are read."""

    def report_checking(step: Step) -> None:
        report({"checking": step.step / max(step.steps, 1)})

    net, (images, labels), material = _prepared(path, samples, teaching, data)
    return hold_out(net, images, labels, held, on_step=report_checking, **material)


def _prepared(
    path: Path, samples: list[Sample], teaching: Teaching, data: str | Path
) -> tuple[DigitNet, tuple[np.ndarray, list[str]], dict[str, Any]]:
    drawings = [sample.drawing for sample in samples]
    images = np.stack([rasterize(drawing) for drawing in drawings])  # (N, 28, 28)
    material = {"drawings": drawings, "replay": load_replay(data), "teaching": teaching}
    return load_checkpoint(path), (images, [sample.label for sample in samples]), material


# What is reported -----------------------------------------------------------------------------------------------------


def _keep(
    networks: Networks, name: object, net: DigitNet, origin: dict[str, Any], samples: Sequence[Sample], clock: object
) -> dict[str, Any]:
    """Keep what came of teaching the network of that name; returns what it is called."""
    before = networks.title(name)
    title = f"{before.partition(',')[0]}, taught {time_of_day(clock)}"
    counts = dict(sorted(Counter(sample.label for sample in samples).items()))
    key = networks.keep(net, title=title, samples=counts, taught_from=before, **origin)
    note = {} if networks.lasts(key) else {"note": NOT_LASTING}
    return {"key": key, "title": title, "from": before, **note}


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
        `interpolation`: between the old weights, 0, and the learned ones, 1. `hands`: how drawings in every style are
        read, {right, drawings, styles, lost, advice}: a pair of accuracies, two counts, the styles that lost many as
        [digit and style, before, after, drawings, read as instead], and what to draw as well.
        `proof`: how many digits were lost of how
        many, and the interval that people's digits lie in, as `model.teaching.proof.Proof`. `contests`: for every new
        class that is hard to tell from a digit {name, like, digits, drawings}, where the last two say what it costs to
        keep the digits, or the class: {read, taken, of_all}, as `model.teaching.precedence.Choice`.
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
        "proof": result.proof._asdict(),
        "contests": [
            {**each._asdict(), "digits": each.digits._asdict(), "drawings": each.drawings._asdict()}
            for each in result.contests
            if each.close
        ],
        "hands": {
            "right": hands_right(result),
            "drawings": sum(change.drawings for change in result.styles),
            "styles": len(result.styles),
            "lost": [
                [f"{change.digit}, {change.style}", change.before, change.after, change.drawings, change.instead]
                for change in result.styles
                if change.is_lost
            ],
            "advice": advice(result.styles, [sample.label for sample in samples]),
        },
    }


def finite(value: Any) -> Any:
    """JSON values with None for what is not known, which a network without old digits has, or a loss before a step."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def strongest(classes: Sequence[str], probabilities: np.ndarray) -> list[tuple[str, float]]:
    """The likeliest classes with their probabilities, likeliest first."""
    order = np.argsort(-probabilities[: len(classes)], kind="stable")[:STRONGEST]  # a network before may know fewer
    return [(classes[index], round(float(probabilities[index]), 4)) for index in order]
