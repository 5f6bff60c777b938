"""The worked example of the Learn tab: separable convolution number by number, with numbers you can change."""

from typing import Any

import gradio as gr
import numpy as np

from model import rasterize
from model.cost.worked_example import IN_READING_ORDER, POINTWISE, SIDE, WorkedExample
from ui.serving.view import view


def worked_example() -> gr.HTML:
    """The example, to step through cell by cell."""
    return view("learn/worked", work_through, take_patch, numbers=IN_READING_ORDER, pointwise=POINTWISE)


def work_through(request: object) -> dict[str, Any]:
    """Every cell of the output with every product.

    Args:
        request: {source, kernel, pointwise, padding, dilation}, as `WorkedExample` takes them.

    Returns:
        `size` of the output and its `cells` in reading order: `products` ([row, column, read or None, weight, product]
        each), `depthwise`, `pointwise`, and a `sentence`.

    Raises:
        ValueError: a number is not valid, or the kernel does not fit.
    """
    names = {"source", "kernel", "pointwise", "padding", "dilation"}
    if not isinstance(request, dict) or request.keys() != names:
        raise ValueError(f"The example needs exactly these: {', '.join(sorted(names))}.")
    rows = WorkedExample(**request).cells()
    size = (len(rows), len(rows[0]))
    return {
        "size": size,
        "cells": [
            {**cell._asdict(), "sentence": _sentence(y, x, cell.products, size)}
            for y, row in enumerate(rows)
            for x, cell in enumerate(row)
        ],
    }


def take_patch(request: object) -> dict[str, Any]:
    """A piece of a drawing to calculate with: the 3 x 3 pixels with the most contrast.

    Args:
        request: a drawing.

    Returns:
        `source`, ink from 0 to 1 to two decimals, and the `row` and `column` of the image at which it starts.

    Raises:
        ValueError: it is not a valid drawing, or has no ink.
    """
    image = rasterize(request) / 255  # (28, 28)
    patches = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE))  # (26, 26, 3, 3)
    row, column = map(int, np.unravel_index(patches.std((2, 3)).argmax(), patches.shape[:2]))
    return {"source": patches[row, column].round(2).tolist(), "row": row, "column": column}


def _sentence(y: int, x: int, products: list[Any], size: tuple[int, int]) -> str:
    cells, taps = size[0] * size[1], len(products)
    inside = sum(product.read is not None for product in products)
    where = "The only cell" if cells == 1 else f"Cell ({y}, {x}), one of {cells},"
    if inside == taps:
        return f"{where} is the sum of {taps} products, one for each tap."
    return (
        f"{where} is the sum of {inside} product{'s' * (inside > 1)}; the other {taps - inside} taps lie in the "
        "padding and count as 0."
    )
