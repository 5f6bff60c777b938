"""What a network takes for what, what lies behind each count, and what it calls unlike a digit."""

from pathlib import Path
from typing import Any

import gradio as gr

from model import DigitNet
from model.checkpoint import read_metadata
from model.checks import fields_of, is_whole
from model.evaluation.confusion import DATA, recorded_confusion
from model.familiarity import UNSET
from ui.apart import show_behind
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.serving.view import given, view

OF_DIGITS = "digits: "  # how the kinds of drawings begin that are digits
UNTRAINED = " *"  # how those end that were never trained on


def confusion(networks: Networks, jobs: Jobs, processes: Processes, data: str | Path) -> gr.HTML:
    """The view; `data` is the directory that may hold what was counted."""
    told = given(describe_confusion, networks)
    return view("network/confusion", told, given(look_behind, networks, jobs, processes, data), jobs.job_progress)


def describe_confusion(networks: Networks, request: object) -> dict[str, Any]:
    """The counts and rates that a network's file carries.

    Args:
        networks: that may be named.
        request: {network}.

    Returns:
        `title`; `classes`; `counts`, rows of labels by answers for each of `DATA` that was counted; `threshold`, a
        sentence; `rates`, the shares of drawings called unlike, as [kind, share] with digits first; empty where that
        was not measured.

    Raises:
        ValueError: no such network is offered.
    """
    (name,) = fields_of(request, "network")
    path, net = networks.locate(name), networks.load(name)
    rates = read_metadata(path).get("figures", {}).get("unlike", {})
    return {
        "title": networks.title(name),
        "classes": net.classes,
        "counts": {data: counts.tolist() for data, counts in recorded_confusion(path).items()},
        "threshold": threshold_sentence(net),
        "rates": sorted(rates.items(), key=lambda rate: _order(rate[0])),
    }


def _order(kind: str) -> tuple[bool, bool, str]:
    """Digits first, then what was trained on, then what never was."""
    return not kind.startswith(OF_DIGITS), kind.endswith(UNTRAINED), kind


def threshold_sentence(net: DigitNet) -> str:
    """What a drawing has to reach in order not to be called unlike everything learned."""
    parts = []
    if net.familiar_evidence > UNSET:
        parts.append(f"{net.familiar_evidence:.2f} of evidence (the log-sum-exp of its logits, less their mean)")
    if net.familiar_energy > UNSET:
        parts.append(f"{net.familiar_energy:.2f} of energy (the log-sum-exp of its logits)")
    if not parts:
        return "This network has no threshold: it takes every drawing for one of its classes."
    reached = " and ".join(parts)
    return f"A drawing counts as a digit if it reaches {reached}; with less it is called unlike anything learned."


def look_behind(
    networks: Networks, jobs: Jobs, processes: Processes, directory: str | Path, request: object
) -> dict[str, str]:
    """Find the images or drawings that a cell counts.

    Its outcome is `count`; `images`, uint8 (28, 28) in base64, those first that the network is surest of; and
    `drawings`, the same as strokes, or None where they are images only.

    Args:
        networks: that may be named.
        jobs: where the work waits in line.
        processes: where it is done.
        directory: that may hold what was counted.
        request: {network, counted, label, answer}: one of `DATA`, and two indices of classes.

    Returns:
        `job`, to ask about it with.

    Raises:
        ValueError: no such network, data or class, or too many jobs are waiting.
    """
    name, counted, label, answer = fields_of(request, "network", "counted", "label", "answer")
    path, last = networks.locate(name), len(networks.load(name).classes) - 1
    if counted not in DATA:
        raise ValueError(f"There are no counts of {counted!r}; expected one of {', '.join(DATA)}.")
    if not is_whole(label, 0, last) or not is_whole(answer, 0, last):
        raise ValueError(f"A cell is a label and an answer, each from 0 to {last}.")

    def work(report: Report) -> dict[str, Any]:
        return processes.run(show_behind, (path, counted, directory, label, answer), report)

    return {"job": jobs.start(work, "confusion", quick=True)}
