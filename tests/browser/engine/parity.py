"""The engine by itself in a browser: assets/ served as files, one network and some drawings asked about."""

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from model import DigitNet, effective_receptive_field, layer_responses, rasterize, tap_lattice
from model.checkpoint import save_checkpoint
from model.drawing.strokes import IMAGE_SIZE
from model.inference import read
from ui.serving.view import ASSETS, ASSETS_URL

IMAGE = (IMAGE_SIZE, IMAGE_SIZE)
Cell = tuple[str, tuple[int, int], int | None]  # layer, place and channel

# What such functions begin with: bytes(text) of base64, and told(array) as base64.
TELLING = """
    const bytes = (text) => text && Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const told = ({ buffer, byteOffset, byteLength }) => {
        const pieces = [];
        const own = new Uint8Array(buffer, byteOffset, byteLength);
        for (let at = 0; at < byteLength; at += 8192) {
            pieces.push(String.fromCharCode(...own.subarray(at, at + 8192)));
        }
        return btoa(pieces.join(""));
    };
"""

# Everything that the engine says of a network and of drawings: an async function of {file, drawings, cells}.
ASK = (
    """async ({ file, drawings, cells }) => {"""
    + TELLING
    + """
    const [{ Network }, { readCheckpoint }, { Pen, rasterize }, { tapLattice }, { read }] = await Promise.all(
        ["network", "safetensors", "strokes", "fields", "reading"].map((name) => import(`/engine/${name}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const [network, pen] = [new Network(kernels, readCheckpoint(bytes(file).buffer)), new Pen(kernels)];
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
)


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


@dataclass(frozen=True)
class Parity:
    """How far the engine is from PyTorch: the largest difference over some drawings of each thing that it says."""

    grey: int  # levels, of a pixel
    unequal: float  # share of all pixels
    probability: float
    maps: dict[str, float]  # by layer, relative to its largest value
    influence: float  # of a pixel on a cell, relative to the largest one on it
    lattices: int  # cells whose counts of paths differ
    familiar: int  # drawings that only one of the two finds familiar


def parity(net: DigitNet, drawings: list[Any], cells: list[Cell], answers: list[dict[str, Any]]) -> Parity:
    """Compare what the engine said of drawings, and of the cells in those that it was asked about, with PyTorch."""
    images = np.stack([_array(answer["image"], np.uint8, IMAGE) for answer in answers])
    off = np.abs(images.astype(int) - np.stack([rasterize(drawing) for drawing in drawings]))
    reading = read(net, images)
    said = np.array([answer["probabilities"] for answer in answers])
    maps: dict[str, float] = {}
    influence, lattices = 0.0, 0
    for image, answer in zip(images, answers, strict=True):
        responses = layer_responses(net, image)
        assert answer["responses"].keys() == responses.keys()
        for layer, values in responses.items():
            apart = _apart(_array(answer["responses"][layer], np.float32, values.shape), values)
            maps[layer] = max(maps.get(layer, 0.0), apart)
        for (layer, place, channel), found in zip(cells, answer["cells"], strict=False):
            lattices += [str(count) for count in tap_lattice(net, layer, place).ravel()] != found["lattice"]
            expected = effective_receptive_field(net, layer, place, image, channel)
            influence = max(influence, _apart(_array(found["influence"], np.float32, IMAGE), expected))
    return Parity(
        grey=int(off.max()),
        unequal=float((off > 0).mean()),
        probability=float(np.abs(reading.probabilities - said).max()),
        maps=maps,
        influence=influence,
        lattices=lattices,
        familiar=sum(bool(own) != answer["familiar"] for own, answer in zip(reading.familiar, answers, strict=True)),
    )


def _apart(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-6))


def assert_parity(found: Parity) -> None:
    """That the engine says what PyTorch says.

    Raises:
        AssertionError: names what differs.
    """
    assert found.grey <= 1, "an image is off by more than a grey level"
    assert found.unequal <= 0.001, "too many pixels are off by a grey level"
    assert found.probability <= 1e-5, "probabilities"
    assert not [layer for layer, apart in found.maps.items() if apart > 1e-4], "the responses of these layers"
    assert found.influence <= 1e-4, "the influence on a cell"
    assert found.lattices == 0, "the lattice of a cell"
    assert found.familiar == 0, "familiar or not"


def served_bytes(page: Page, address: str) -> dict[str, int]:
    """Bytes, as the app sends them, of all that the engine fetches before it reads, by file."""
    page.goto(f"{address}/{ASSETS_URL}/engine/engine.html")
    return page.evaluate(
        """async () => {
            const here = (name) => new URL(name, location.href);
            await Promise.all([import(here("engine.js")), import(here("source.js"))]);
            await (await fetch(here("kernels.wasm"))).arrayBuffer();
            const files = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/engine/"));
            return Object.fromEntries(
                files.map(({ name, encodedBodySize }) => [name.split("/engine/")[1], encodedBodySize]));
        }"""
    )


def _array(text: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()
