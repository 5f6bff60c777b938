"""The engine by itself in a browser: assets/ served as files, one network and some drawings asked about."""

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from model import DigitNet, effective_receptive_field, layer_responses, rasterize, tap_lattice
from model.checkpoint import save_checkpoint
from model.drawing.strokes import IMAGE_SIZE
from model.inference import read
from ui.serving.view import ASSETS

IMAGE = (IMAGE_SIZE, IMAGE_SIZE)
Cell = tuple[str, tuple[int, int], int | None]  # layer, place and channel

# Everything that the engine says of a network and of drawings: an async function of {file, drawings, cells}.
ASK = """async ({ file, drawings, cells }) => {
    const [{ Network }, { readCheckpoint }, { Pen, rasterize }, { tapLattice }, { read }] = await Promise.all(
        ["network", "safetensors", "strokes", "fields", "reading"].map((name) => import(`/engine/${name}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
    const [network, pen] = [new Network(kernels, readCheckpoint(bytes.buffer)), new Pen(kernels)];
    const told = (array) => {
        const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
        const pieces = [];
        for (let at = 0; at < bytes.length; at += 8192) {
            pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
        }
        return btoa(pieces.join(""));
    };
    const names = [...new Set(network.layers.flatMap(({ name, norm, map }) => [name, norm && `${name}_norm`, map]))];
    return drawings.map((drawing) => {
        const image = rasterize(drawing, pen);
        const { logits, probabilities, familiar } = read(network, image);
        return {
            image: told(image), probabilities, familiar, logits: [...logits],
            responses: Object.fromEntries(names.filter(Boolean).map((name) => [name, told(network.response(name))])),
            cells: cells.map(([layer, place, channel]) => ({
                influence: told(network.influence(layer, place, channel)),
                lattice: tapLattice(network.layers, layer, place).map(String),
            })),
        };
    });
}"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


@contextmanager
def serving_files(directory: Path = ASSETS) -> Iterator[str]:
    """The address of a server of a directory's files."""
    handler = functools.partial(_Files, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def question(net: DigitNet, drawings: list[Any], cells: list[Cell], directory: Path) -> dict[str, Any]:
    """What `ASK` takes."""
    file = save_checkpoint(net, directory / "asked.safetensors")
    return {"file": base64.b64encode(file.read_bytes()).decode(), "drawings": drawings, "cells": cells}


def assert_parity(net: DigitNet, drawings: list[Any], cells: list[Cell], answers: list[dict[str, Any]]) -> None:
    """That the engine said what PyTorch says: the figures of the issue.

    Raises:
        AssertionError: names what differs.
    """
    images = [_array(answer["image"], np.uint8, IMAGE) for answer in answers]
    expected = [rasterize(drawing) for drawing in drawings]
    off = np.abs(np.int16(images) - np.int16(expected))
    assert off.max() <= 1, "an image is off by more than a grey level"
    assert (off == 0).mean() >= 0.999, "too many pixels are off by a grey level"
    for image, answer in zip(images, answers, strict=True):
        _assert_answer(net, image, cells, answer)


def _assert_answer(net: DigitNet, image: np.ndarray, cells: list[Cell], answer: dict[str, Any]) -> None:
    reading = read(net, image[None])
    assert np.abs(reading.probabilities[0] - answer["probabilities"]).max() <= 1e-5, "probabilities"
    assert bool(reading.familiar[0]) == answer["familiar"], "familiar"
    responses = layer_responses(net, image)
    assert answer["responses"].keys() == responses.keys()
    for layer, values in responses.items():
        found = _array(answer["responses"][layer], np.float32, values.shape)
        assert np.abs(found - values).max() <= 1e-4 * max(np.abs(values).max(), 1e-6), f"the response of {layer}"
    for (layer, place, channel), found in zip(cells, answer["cells"], strict=True):
        lattice = tap_lattice(net, layer, place)
        assert [str(count) for count in lattice.ravel()] == found["lattice"], f"the lattice of {layer} {place}"
        influence = effective_receptive_field(net, layer, place, image, channel)
        said = _array(found["influence"], np.float32, IMAGE)
        assert np.abs(said - influence).max() <= 1e-4 * max(influence.max(), 1e-6), f"the influence on {layer} {place}"


def _array(text: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()
