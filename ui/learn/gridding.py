"""Gridding on the Learn tab: which pixels a cell reads through several dilated convolutions, and which never."""

from collections.abc import Sequence
from math import gcd
from typing import Any

import gradio as gr
import numpy as np

from model.checks import is_whole
from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import IMAGE_SHAPE
from model.fields.receptive_field import Chain, Conv
from model.fields.tap_lattice import count_paths, open_lattice
from ui.learn.dilation import WIDEST_DILATION
from ui.serving.answers import to_base64
from ui.serving.view import view

KERNEL = 3
START = (2, 4, 8)  # an example with gaps
MIDDLE = (IMAGE_SIZE // 2, IMAGE_SIZE // 2)


def gridding() -> gr.HTML:
    """Three dilations as sliders, and which pixels of the drawing are read."""
    return view("learn/gridding", describe_gridding, start=START, most=WIDEST_DILATION)


def describe_gridding(request: object) -> dict[str, Any]:
    """What the cell in the middle reads through 3 x 3 kernels in a row.

    Args:
        request: the dilations, first to last.

    Returns:
        `read`, uint8 (28, 28) in base64, 1 where a pixel is read; `box`, the field (top, left, bottom, right);
        `columns`, [read, in the field]; `pixels`, likewise; and a `sentence`.

    Raises:
        ValueError: there are not as many dilations as sliders, or one is out of range.
    """
    if not isinstance(request, list) or len(request) != len(START) or not all(map(_is_dilation, request)):
        raise ValueError(f"Expected {len(START)} dilations, whole numbers from 1 to {WIDEST_DILATION}.")
    chain = _layers(request)
    lattice = open_lattice(chain, IMAGE_SHAPE) > 0  # (r, r), far from every border
    read = count_paths(chain, MIDDLE, IMAGE_SHAPE) > 0  # (28, 28)
    size = len(lattice)
    columns = int(lattice.any(0).sum())
    top, left = (middle - size // 2 for middle in MIDDLE)
    return {
        "read": to_base64(read.astype(np.uint8)),
        "box": [top, left, top + size, left + size],
        "columns": [columns, size],
        "pixels": [int(lattice.sum()), lattice.size],
        "sentence": gridding_sentence(request, lattice.any(0)) + _beyond(lattice.any(0), left),
    }


def columns_read(dilations: Sequence[int]) -> np.ndarray:
    """Which columns of its field a cell reads after dilated 3 x 3 convolutions in a row: bool (r,)."""
    return (open_lattice(_layers(dilations), IMAGE_SHAPE) > 0).any(0)


def _layers(dilations: Sequence[int]) -> Chain:
    """With "same" padding, so that maps keep their size."""
    return tuple(Conv((KERNEL, KERNEL), padding=(d, d), dilation=(d, d)) for d in dilations)


def gridding_sentence(dilations: list[int], read: np.ndarray) -> str:
    """Whether there are gaps in what is read, and why.

    Args:
        dilations: first to last.
        read: bool (r,), which columns of the field are read.
    """
    which = f"Dilations {', '.join(map(str, dilations))}"
    if read.all():
        return f"{which} read all {read.size} columns in their field: no gridding."
    gaps = f"{which} read only {read.sum()} of the {read.size} columns in their field"
    common = gcd(*dilations)
    if common > 1:
        every = f"{common} divides them all, so only every {_ordinal(common)} column is ever read"
        return f"{gaps}: {every}; begin with a dilation of 1."
    nearest = np.abs(np.flatnonzero(~read) - read.size // 2).min()
    return (
        f"{gaps}; the nearest column that is never read lies {nearest} from the middle, which no sum of steps of "
        f"{', '.join(map(str, dilations))} or 0 reaches."
    )


def _beyond(read: np.ndarray, left: int) -> str:
    """How many of the columns that are read no image has: the figure shows no dots there."""
    columns = left + np.flatnonzero(read)
    count = int(((columns < 0) | (columns >= IMAGE_SIZE)).sum())
    if count == 0:
        return ""
    return f" Of the columns read, {count} {'lies' if count == 1 else 'lie'} beyond the image, in the padding."


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def _is_dilation(value: object) -> bool:
    return is_whole(value, 1, WIDEST_DILATION)
