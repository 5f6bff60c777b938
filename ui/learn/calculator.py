"""The calculator of the Learn tab: every symbol of the formulas as a slider."""

from dataclasses import asdict, fields
from typing import Any

import gradio as gr

from model.cost.convolution import LIMITS, Convolution, Cost
from ui.serving.view import view

START = Convolution(64, 64, dilation=2, height=14, width=14)

SYMBOLS = {
    "in_channels": ("C_in", "input channels"),
    "out_channels": ("C_out", "output channels"),
    "kernel_height": ("K_h", "kernel height"),
    "kernel_width": ("K_w", "kernel width"),
    "dilation": ("d", "dilation"),
    "stride": ("s", "stride"),
    "padding": ("p", "padding"),
    "height": ("H", "input height"),
    "width": ("W", "input width"),
}


def calculator() -> gr.HTML:
    """Sliders, and what the formulas and torch's modules make of them."""
    symbols = [
        {"name": name, "symbol": symbol, "meaning": meaning, "low": LIMITS[name][0], "high": LIMITS[name][1]}
        for name, (symbol, meaning) in SYMBOLS.items()
    ]
    return view("learn/calculator", calculate, symbols=symbols, start=asdict(START))


def calculate(request: object) -> dict[str, Any]:
    """What one convolution costs.

    Args:
        request: the fields of `Convolution`, all of them.

    Returns:
        `rows`, one for each kind of convolution with its parameters and multiply-accumulates by the formulas and as
        counted; `output` and `counted_output`, height and width; `padding`, the cells above and to the left;
        `effective_kernel`; and a `sentence`.

    Raises:
        ValueError: names the field and says what is allowed.
    """
    names = [field.name for field in fields(Convolution)]
    if not isinstance(request, dict) or request.keys() != set(names):
        raise ValueError(f"The calculator needs exactly these: {', '.join(names)}.")
    convolution = Convolution(**request)
    formulas, (counted, size) = convolution.costs(), convolution.counted()
    return {
        "rows": [_row(kind, formulas[kind], counted[kind]) for kind in formulas],
        "output": convolution.output_size,
        "counted_output": size,
        "padding": convolution.cells_around,
        "effective_kernel": convolution.effective_kernel,
        "sentence": _sentence(convolution, counted),
    }


def _row(kind: str, formula: Cost, counted: Cost) -> dict[str, Any]:
    return {
        "kind": kind,
        "parameters": [formula.parameters, counted.parameters],
        "multiply_accumulates": [formula.multiply_accumulates, counted.multiply_accumulates],
    }


def _sentence(convolution: Convolution, counted: dict[str, Cost]) -> str:
    share = counted["separable"].parameters / counted["standard"].parameters
    cheaper = f"{1 / share:.1f} times cheaper" if share < 1 else f"{share:.2f} times as expensive"
    high, wide = convolution.effective_kernel
    taps = convolution.kernel_height * convolution.kernel_width
    return (
        f"The separable pair has {100 * share:.1f} % of the weights, 1 / {convolution.out_channels} + 1 / {taps} = "
        f"{convolution.ratio:.4f}, and is {cheaper}; its kernel reaches over {high} x {wide} cells with {taps} taps."
    )
