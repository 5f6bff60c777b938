"""The networks that the browser fetches when a view first needs them, with PyTorch's answers to check itself against.

Those that read digits come by `ui.engine`; these are the ones that draw and those that read lines, in
assets/engine/generator/ and assets/engine/line/.
"""

import base64
import gzip
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model import CheckpointError, load_generator, load_line, rasterize, rasterize_line
from model.drawing.examples import load_examples
from model.generation.checkpoint import generator_names, generator_path
from model.generation.flow import to_values, with_known
from model.generation.sampling import draw_noise
from model.line.checkpoint import line_names, line_path
from ui.engine import EXAMPLE
from ui.serving.answers import to_base64
from ui.serving.view import ASSETS_URL

TIME = 0.25  # of the check


def generator_file(name: str) -> dict[str, Any]:
    """A shipped generator.

    Returns:
        `file`, its checkpoint in base64; `check`, what it reads, pixel by pixel, (28, 28, 3) numbers of float32 in
        base64, with `time` and `shares` of the classes, and the `answer` that PyTorch gives, (28, 28).

    Raises:
        CheckpointError: there is no such generator, or it is damaged.
    """
    if name not in generator_names():
        raise CheckpointError(f"There is no generator of that name; expected one of {', '.join(generator_names())}.")
    generator = load_generator(name)
    values = to_values(torch.from_numpy(rasterize(load_examples()[EXAMPLE].drawing))[None])
    keep = torch.zeros_like(values)
    keep[:, :, : values.shape[2] // 2] = 1
    inputs = with_known(draw_noise(1, torch.Generator().manual_seed(0)), values, keep)  # (1, 3, 28, 28)
    shares = torch.zeros(1, len(generator.classes) + 1)
    shares[0, [0, -1]] = 0.5  # half of one class, half of any
    with torch.inference_mode():
        answer = generator(inputs, torch.full((1,), TIME), shares)
    check = {
        "inputs": _packed(inputs[0].permute(1, 2, 0)),
        "time": TIME,
        "shares": shares[0].tolist(),
        "answer": _packed(answer[0, 0]),
    }
    return {"file": base64.b64encode(generator_path(name).read_bytes()).decode("ascii"), "check": check}


def line_file(name: str) -> dict[str, Any]:
    """A shipped network that reads lines.

    Returns:
        `file`, its checkpoint in base64; `check`, a `strip` in base64, its `width`, and the `logits` of the answers
        that PyTorch gives, (answers, Hc, Wc) numbers of float32 in base64.

    Raises:
        CheckpointError: there is no such network, or it is damaged.
    """
    if name not in line_names():
        known = ", ".join(line_names()) or "none"
        raise CheckpointError(f"There is no network of that name that reads lines; there are: {known}.")
    strip = rasterize_line(load_examples()[EXAMPLE].drawing)
    with torch.inference_mode():
        logits = load_line(name)(torch.from_numpy(strip)[None, None]).digit[0]
    check = {
        "strip": to_base64(strip),
        "width": strip.shape[1],
        "logits": _packed(logits),
    }
    return {"file": base64.b64encode(line_path(name).read_bytes()).decode("ascii"), "check": check}


def _packed(numbers: torch.Tensor) -> str:
    return to_base64(np.asarray(numbers, np.float32))


KINDS: dict[str, Callable[[str], dict[str, Any]]] = {"generators": generator_file, "lines": line_file}


def engine_files() -> list[Route]:
    """Where they are fetched from, one address each: checkpoints/generators/NAME."""
    return [Route(f"/{ASSETS_URL}/checkpoints/{{kind}}/{{name}}", _answer)]


def _answer(request: Request) -> Response:
    kind, name = request.path_params["kind"], request.path_params["name"]
    try:
        content = _compressed(kind, name)
    except CheckpointError as error:
        return JSONResponse({"error": str(error)}, 404)
    return Response(content, media_type="application/json", headers={"Content-Encoding": "gzip"})


@lru_cache
def _compressed(kind: str, name: str) -> bytes:
    if kind not in KINDS:
        raise CheckpointError(f"There are no networks of that kind; expected one of {', '.join(KINDS)}.")
    return gzip.compress(json.dumps(KINDS[kind](name)).encode())
