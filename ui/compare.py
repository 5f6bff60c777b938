"""Why separable, why dilated: the study's four networks side by side, in figures, on this machine, on this drawing."""

from functools import lru_cache
from statistics import mean, stdev
from typing import Any

import gradio as gr
import numpy as np

from model import DigitNet, NetworkConfig, StageConfig, load_checkpoint, predict
from model.checkpoint import checkpoint_path
from model.checks import is_whole
from model.design.configuration import cost_of
from model.fields.cell_fields import cell_fields
from model.fields.receptive_field import Cell
from model.forward_pass import sharing
from model.inference import layer_maps
from model.layers import milestones, parts_of
from model.network import PRESETS
from model.study.claims import Claim, study_claims, timing_claims
from model.study.networks import CHANNELS, PUBLISHED, STUDY, scores_of, study_networks
from model.study.timing import BATCHES, RUNTIMES, SECONDS, Timing
from ui.apart import measure_times
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.serving.answers import to_base64
from ui.serving.packing import quantised
from ui.serving.view import given, view

COST_CHANNELS = tuple(range(4, 129, 4))
COST_KERNELS = (1, 3, 5, 7, 9, 11)
COST_CELLS = 14 * 14


def compare(jobs: Jobs, processes: Processes) -> gr.HTML:
    """The tab's view; `compare_part` answers every movement of the pen; times are measured on demand."""
    return view(
        "compare",
        describe_study,
        given(start_timing, jobs, processes),
        jobs.job_progress,
        runtimes=RUNTIMES,
        batches=BATCHES,
    )


# The figures --------------------------------------------------------------------------------------------------------


def describe_study(_request: object = None) -> dict[str, Any]:
    """Everything the tab shows before anything is drawn or measured.

    Returns:
        `networks`, one entry each with its name, title, kind, cost, field and accuracies (mean, deviation and seeds);
        `claims`; `points` of the plot of accuracy against parameters; `cost`, multiply-accumulates of one stage by
        channels and kernel.

    Raises:
        ValueError: all of the study's checkpoints are missing, or one is damaged.
    """
    return _study()


@lru_cache
def _study() -> dict[str, Any]:
    networks = study_networks()
    if not networks:
        raise ValueError("The study's networks are not in checkpoints/; python -m model.train --study trains them.")
    return {
        "networks": [
            {
                "name": name,
                "title": network.title,
                "separable": network.separable,
                "dilated": network.dilated,
                "parameters": network.parameters,
                "multiply_accumulates": network.multiply_accumulates,
                "field": network.field,
                "read": network.read,
                "inside": network.inside,
                "seeds": len(network.scores.seeds),
                "test": _spread(network.scores.test),
                "pendigits": _spread(network.scores.pendigits),
                "size": network.size,
            }
            for name, network in networks.items()
        ],
        "stages": len(next(iter(STUDY.values())).stages),
        "claims": _as_rows(study_claims(networks)),
        "points": [*_preset_points(), *_published_points()],
        "cost": _costs(),
    }


def _spread(values: tuple[float, ...]) -> dict[str, float | None] | None:
    """Mean and standard deviation in percent; None if nothing was measured."""
    if not values:
        return None
    return {"mean": 100 * mean(values), "deviation": 100 * stdev(values) if len(values) > 1 else None}


def _as_rows(claims: list[Claim]) -> list[dict[str, str]]:
    return [claim._asdict() for claim in claims]


def _preset_points() -> list[dict[str, Any]]:
    accuracies = {preset: scores_of(preset).test for preset in PRESETS}
    return [
        {"kind": "preset", "title": preset, "parameters": cost_of(PRESETS[preset]).parameters, **_spread(values)}
        for preset, values in accuracies.items()
        if values
    ]


def _published_points() -> list[dict[str, Any]]:
    return [
        {"kind": "published", "title": note, "parameters": parameters, "mean": 100 * accuracy, "deviation": None}
        for parameters, accuracy, note in PUBLISHED
    ]


def _stage_weights(channels: int, kernel: int, separable: bool) -> int:
    stages = (StageConfig(channels, kernel),)
    _, stage = parts_of(NetworkConfig(channels, stages=stages, separable=separable))
    return sum(layer.weights for layer in stage)


def _costs() -> dict[str, Any]:
    """Multiply-accumulates of one stage with equal input and output channels, by the closed formulas."""

    def grid(separable: bool) -> list[list[int]]:
        return [
            [COST_CELLS * _stage_weights(channels, kernel, separable) for kernel in COST_KERNELS]
            for channels in COST_CHANNELS
        ]

    return {
        "channels": COST_CHANNELS,
        "kernels": COST_KERNELS,
        "chosen": [CHANNELS, 3],
        "cells": COST_CELLS,
        "standard": grid(False),
        "separable": grid(True),
    }


# The times ----------------------------------------------------------------------------------------------------------


def start_timing(jobs: Jobs, processes: Processes, _request: object) -> dict[str, str]:
    """Measure the four networks on this machine, after whatever is being taught, trained or measured already.

    Its news are timings, and its outcome has the claims about time.

    Returns:
        `job`, to ask about it with.

    Raises:
        JobError: too many are waiting.
    """
    networks = study_networks()
    measured: dict[str, list[Timing]] = {name: [] for name in networks}

    def work(report: Report) -> dict[str, Any]:
        def heed(*news: tuple[str, Timing]) -> None:
            for name, timing in news:
                measured[name].append(timing)
            report(*({"network": name, **timing._asdict()} for name, timing in news))

        counted = processes.run(measure_times, (list(networks), BATCHES, SECONDS), heed)
        agree = counted == {name: network.multiply_accumulates for name, network in networks.items()}
        return {
            "claims": _as_rows(timing_claims(networks, measured)) if len(networks) == len(STUDY) else [],
            "counted": "PyTorch counted the multiply-accumulates of the table while it ran."
            if agree
            else "PyTorch's count of the multiply-accumulates differs from the table.",
        }

    return {"job": jobs.start(work, "timing")}


@lru_cache
def _study_net(name: str) -> DigitNet:
    return load_checkpoint(name)


# The drawing --------------------------------------------------------------------------------------------------------


def compare_part(_net: DigitNet, image: np.ndarray, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """What each of the four reads in the drawing, and where one cell of one stage looks.

    Args:
        image: uint8 (28, 28).
        parameters: {stage, y, x}: a stage from 0 on, and a cell of its map.

    Returns:
        For each network its name, its own `classes` with their `probabilities`; `map`, bytes (C, H, W) in base64 of
        which 255 stands for the largest value; `field` and `inside`, boxes (top, left, bottom, right) in pixels;
        `lattice` and `effective`, bytes (28, 28) in base64.

    Raises:
        ValueError: the parameters do not name a cell.
    """
    values = [parameters.get(name) for name in ("stage", "y", "x")]
    if not all(is_whole(value, 0) for value in values):
        raise ValueError("A cell of the comparison needs a stage, y and x, whole numbers from 0.")
    stage, y, x = values
    return [
        {"name": name, **_read(_study_net(name), image, stage, (y, x))}
        for name in STUDY
        if checkpoint_path(name).is_file()
    ]


def _read(net: DigitNet, image: np.ndarray, stage: int, cell: Cell) -> dict[str, Any]:
    stages = milestones(net.config)[1:]
    if stage >= len(stages):
        raise ValueError(f"There is no stage {stage}; expected one from 0 to {len(stages) - 1}.")
    layer = stages[stage]
    with sharing(net, image):  # maps, influence and probabilities from one pass
        maps = layer_maps(net, image)
        fields = cell_fields(net, layer.output, cell, image)
        probabilities = predict(net, image[None])[0]
    shown = maps[layer.name]  # (C, H, W)
    return {
        "classes": net.classes,
        "probabilities": [round(float(probability), 5) for probability in probabilities],
        "map": to_base64(quantised(shown, float(shown.max()))),
        "size": shown.shape,
        "field": fields.box.corners,
        "inside": fields.inside.corners,
        "lattice": to_base64(quantised(fields.lattice, float(fields.lattice.max()))),
        "effective": to_base64(quantised(fields.effective, float(fields.effective.max()))),
    }
