"""The tab for designing a network, assessing it as it changes, and watching it train."""

import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from model import NetworkConfig, StageConfig
from model.checks import is_whole
from model.design.configuration import DEFAULT_DESIGN, check_size, cost_of, read_design, write_design
from model.design.live_training import DEFAULT_EPOCHS, MAX_EPOCHS
from model.design.neighbours import advice_on
from model.drawing.strokes import IMAGE_SIZE
from model.fields.gridding import (
    columns_in_field,
    field_width,
    gridding_of,
    idle_stages,
    map_sizes,
    pixels_of_image,
    windows_of,
)
from model.fields.layer_fields import IMAGE_SHAPE, FieldError, layer_chain
from model.fields.receptive_field import receptive_field_of
from model.layers import parts_of
from model.network import MAX_BRANCHES, MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, MAX_STAGES, MAX_STRIDE, PRESETS
from ui.background.jobs import Jobs
from ui.background.processes import Processes
from ui.design.live_trainings import LiveTrainings
from ui.kept.networks import Networks
from ui.serving.answers import to_base64
from ui.serving.view import view


def design(networks: Networks, jobs: Jobs, processes: Processes, data: str | Path) -> gr.HTML:
    """The tab's view.

    Args:
        networks: where a trained network is kept.
        jobs: the queue that trainings wait in.
        processes: where they run.
        data: directory that holds MNIST/raw, to train on; if it is missing, MNIST is downloaded into it.
    """
    trainings = LiveTrainings(networks, jobs, processes, data)
    starts = {"default": DEFAULT_DESIGN, **PRESETS}
    return view(
        "design",
        assess_design,
        trainings.start_training,
        trainings.resume_training,
        jobs.job_progress,
        trainings.stop_training,
        trainings.keep_training,
        starts={name: write_design(config) for name, config in starts.items()},
        limits={"channels": MAX_CHANNELS, "kernel": MAX_KERNEL, "dilation": MAX_DILATION, "stride": MAX_STRIDE},
        stages=MAX_STAGES,
        branches=MAX_BRANCHES - 1,
        epochs={"default": DEFAULT_EPOCHS, "most": MAX_EPOCHS},
    )


def assess_design(request: object) -> dict[str, Any]:
    """Assess a design: everything that its shapes alone tell.

    Args:
        request: {design, stage}: the design as `write_design` writes it, and the stage (from 0) to give advice on.

    Returns:
        `design`, with every field filled in; `parameters` and `multiply_accumulates`; `layers`, of stem and stages; the
        sentences `gridding`, `notes`, `advice`, `growth`, `coverage`.

    Raises:
        ValueError: names the field and says what is allowed.
    """
    if not isinstance(request, dict):
        raise ValueError("A request needs a design and the index of a stage.")
    try:
        config, stage = read_design(request.get("design")), request.get("stage", 0)
        check_size(config)
    except ValueError as error:
        raise ValueError(_in_words(str(error))) from error
    if not is_whole(stage):
        raise ValueError(f"stage is {stage!r}; expected the index of a stage.")
    cost, layers = cost_of(config), _layers(config)
    return {
        "design": write_design(config),
        "parameters": cost.parameters,
        "multiply_accumulates": cost.multiply_accumulates,
        "layers": layers,
        "gridding": gridding_sentence(config),
        "notes": notes_on(config),
        "advice": advice_on(config, stage),
        "growth": growth_sentence(config),
        "coverage": coverage_sentence(config),
    }


def _in_words(message: str) -> str:
    """An error about a design, with its fields named as on the page."""
    message = re.sub(r"\bstem_(\w+)", lambda field: f"Stem, {_word(field[1])}", message)
    message = re.sub(r"\bstages\[(\d+)\]\.(\w+)", lambda of: f"Stage {int(of[1]) + 1}, {_word(of[2])}", message)
    return message.replace(" is None;", " is empty;")


def _word(field: str) -> str:
    return {"channels": "filters", "shares": "weights", "branches": "parallel dilations"}.get(field, field)


def gridding_sentence(config: NetworkConfig) -> str | None:
    """What is wrong with the dilations, or why that is not known; None where nothing is."""
    try:
        found = gridding_of(config)
    except FieldError as error:
        return str(error)
    return found.sentence if found else None


@lru_cache(maxsize=64)
def _layers(config: NetworkConfig) -> list[dict[str, Any]]:
    """The cost of the stem and of every stage, and what the middle cell of its map reads of the image.

    `field` is the box (top, left, bottom, right) that it could read, not clipped to the image; `read` are the pixels of
    the image that it does read, a bit each, in base64.
    """
    costs, sizes = cost_of(config).layers, map_sizes(config)
    layers = []
    for depth, part in enumerate(parts_of(config)):
        field = receptive_field_of(layer_chain(config, part[-1].output), IMAGE_SHAPE)
        middle = field.map_size[0] // 2, field.map_size[1] // 2
        own = [costs[name] for layer in part for name in (layer.name, layer.norm_name) if name in costs]
        layers.append(
            {
                "title": part[-1].place,
                "map": sizes[depth + 1],
                "size": field.size[0],
                "field": field.region(*middle, clipped=False).corners,
                "read": to_base64(np.packbits(pixels_of_image(config, depth))),
                "pixels": int(pixels_of_image(config, depth).sum()),
                "parameters": sum(layer.parameters for layer in own),
                "multiply_accumulates": sum(layer.multiply_accumulates for layer in own),
            }
        )
    return layers


def growth_sentence(config: NetworkConfig) -> str:
    """How the field grows from the stem to the last stage."""
    sizes = [field_width(windows_of(config)[: depth + 1]) for depth in range(len(config.stages) + 1)]
    steps = " to ".join(f"{size} x {size}" for size in (sizes[0], sizes[-1]))
    growths = [after - before for before, after in pairwise(sizes)]
    widest = max(range(len(growths)), key=growths.__getitem__)
    if not growths[widest]:
        return f"The field stays at {sizes[0]} x {sizes[0]} pixels: 1 x 1 kernels do not see their neighbours."
    return f"The field grows from {steps} pixels; stage {widest + 1} adds most, {growths[widest]} columns."


def coverage_sentence(config: NetworkConfig) -> str:
    """How much of its field the middle cell of the last stage actually reads."""
    last = _layers(config)[-1]
    top, _, bottom, _ = last["field"]
    total = min(bottom, IMAGE_SIZE) - max(top, 0)
    read, columns = last["pixels"], int(pixels_of_image(config, len(config.stages)).any(axis=0).sum())
    of_field = "its field" if last["size"] == total else "its field within the image"
    if read == total**2:
        return f"The middle cell of the last stage reads all {read:,} pixels of {of_field}."
    sentence = f"The middle cell of the last stage reads only {read:,} of the {total**2:,} pixels of {of_field}"
    return f"{sentence}: {columns} of {total} columns, and as many rows" + (
        "." if read == columns**2 else ", but not all their crossings: dilations side by side do not mix their taps."
    )


def notes_on(config: NetworkConfig) -> list[str]:
    """What is allowed but worth knowing."""
    notes = []
    size = _layers(config)[-1]["size"]
    if size > IMAGE_SIZE:
        notes.append(
            f"The field of the last stage is {size} x {size} pixels, more than the image. "
            "That is allowed; everything beyond the border counts as 0."
        )
    sizes = map_sizes(config)[1:]
    for index in idle_stages(config):
        notes.append(
            f"Stage {index + 1} reads a map of {sizes[index]} x {sizes[index]} cells; with dilation "
            f"{config.stages[index].written}, all taps but the middle one always lie beyond the border."
        )
    if counts := counts_sentence(config):
        notes.append(counts)
    return notes


def counts_sentence(config: NetworkConfig) -> str | None:
    """Why the same dilations read other columns here than by themselves; None where nothing is dilated."""
    stages, windows = config.stages, windows_of(config)
    if all(max(stage.dilations) == 1 or stage.kernel == 1 for stage in stages):
        return None
    alone = [window._replace(taps=_alone(stage), stride=1) for stage, window in zip(stages, windows[1:], strict=True)]
    try:
        counts = [columns_in_field(each) for each in (alone, windows[1:], windows)]
    except FieldError:
        return None
    stem, dilations = config.stem_kernel, ", ".join(stage.written for stage in stages)
    if all(read.all() for read in counts) and not any(stage.branches for stage in stages):
        return f"Dilations {dilations} leave no holes: all {counts[-1].size:,} columns of the field are read."
    bare, spread, whole = (f"{read.sum():,} of {read.size:,} columns" for read in counts)
    return (
        f"By themselves, at stride 1 as on the Learn tab, dilations {dilations} "
        f"read {bare}; with the strides of these stages, {spread} of the stem's map; through the stem's "
        f"{stem} x {stem} kernel, {whole} of the image and beyond its border. Residual paths add none: the "
        "middle tap reads the same cell."
    )


def _alone(stage: StageConfig) -> tuple[int, ...]:
    """The taps of a stage at stride 1, of all its dilations."""
    taps = {dilation * (tap - stage.kernel // 2) for dilation in stage.dilations for tap in range(stage.kernel)}
    return tuple(sorted(taps))
