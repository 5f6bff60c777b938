"""No view can tell whether the engine or the server answers: the same requests get the same answers."""

import base64
import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from model import load_checkpoint
from model.checkpoint import checkpoint_path
from model.drawing.examples import load_examples
from model.layers import layers_of
from model.study.networks import STUDY
from ui.compare import compare_part
from ui.kept.networks import Networks
from ui.layers import layers_part
from ui.learn.tab import LEARN_PARTS
from ui.misread import steps_part
from ui.serving.answers import Answers
from ui.teach.tab import versus_part

# Async function of {files, requests}: the engine's answers, arrays as {bytes} or {floats} in base64.
ANSWER = """async ({ files, requests }) => {
    const [{ Network }, { readCheckpoint }, { Pen }, { answer, fetchParts, knows }] = await Promise.all(
        ["network", "safetensors", "strokes", "answers"].map((name) => import(`/engine/${name}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const networks = new Map(Object.entries(files).map(([name, file]) => {
        const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
        return [name, new Network(kernels, readCheckpoint(bytes.buffer))];
    }));
    const told = (value) => {
        if (ArrayBuffer.isView(value)) {
            const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
            const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            return value instanceof Uint8Array ? { bytes: text } : { floats: text };
        }
        if (Array.isArray(value)) return value.map(told);
        if (value === null || typeof value !== "object") return value;
        return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, told(each)]));
    };
    const pen = new Pen(kernels);
    await fetchParts();
    return requests.map((request) => {
        if (!knows(request)) throw new Error("there is a part that the engine does not know");
        return told(answer(request, (name) => networks.get(name), pen));
    });
}"""
NETWORKS = ("base", "study-standard-dilated")  # one of each kind
OTHERS = ("tiny", *STUDY)  # that are asked about beside them


def requests_about(name: str) -> list[dict[str, Any]]:
    """A request for each map of a network, and some for each other part."""
    drawing = load_examples()[13].drawing
    net = load_checkpoint(name)
    separable = [] if not net.config.separable else [
        {"depthwise": {"page": 1, "y": 0, "x": 5}, "pointwise": {"output": 3, "y": 6, "x": 7}},
        {"dilation": {"kernel": 2, "dilation": 4, "y": 3, "x": 9}, "flowchart": {"stage": 1}, "separable": {}},
    ]  # fmt: skip
    layers = layers_of(net.config)
    places = {layer.name: (6, 9) if layer.has_places else (0, 0) for layer in layers}
    cells = [{"layer": layer, "y": y, "x": x, "channel": 3} for layer, (y, x) in places.items()]
    maps = {layer.name: [0, 5, 2] for layer in layers[:-1]}
    asked = [
        *({"layers": {"maps": maps, "cell": cell, "activity": True}} for cell in cells),
        {"layers": {"maps": {}, "cell": {"layer": "stem", "y": 99, "x": 0, "channel": 0}}},
        {"steps": {"drawing": drawing, "boxed": True, "scaled": False, "centred": True}},
        {"steps": {"drawing": drawing, "boxed": False, "scaled": True, "centred": True}},
        {"compare": {"stage": 2, "y": 3, "x": 8, "networks": [*STUDY]}, "versus": {"network": "tiny"}},
        *separable,
    ]  # fmt: skip
    requests = [{"sequence": n, "drawing": drawing, "network": name, "parts": parts} for n, parts in enumerate(asked)]
    return [*requests, {"sequence": 99, "drawing": [[]], "network": name, "parts": {}}]


@pytest.mark.parametrize("name", NETWORKS)
def test_answers_are_the_same(bench: Page, name: str) -> None:
    networks = Networks([*NETWORKS, *OTHERS])
    requests = requests_about(name)
    files = {each: base64.b64encode(checkpoint_path(each).read_bytes()).decode() for each in {*NETWORKS, *OTHERS}}
    found = bench.evaluate(ANSWER, {"files": files, "requests": requests})
    parts = {"layers": layers_part, "steps": steps_part, "compare": compare_part, **LEARN_PARTS}
    server = Answers(networks, {**parts, "versus": partial(versus_part, networks)})
    for request, answer in zip(requests, found, strict=True):
        expected = server.read(request)
        assert_same(answer, expected, f"{[*request['parts']]}")


LINE = [[0.2, 0.2], [0.8, 0.8]]
WRONG_DRAWINGS = (
    7, [], [[]], [LINE, 7], [LINE] * 501, [[[0.5, 0.5]] * 20_001], [[[0.5]]], [[[0.5] * 9]], [[7]], [[[0.5, "7"]]],
    [[[None, 0.5]]], [[[True, 0.5]]], [[[0.5, [1]]]], [[[0.5, 9.0]]], [[[-1.5, 0.5]]],
)  # fmt: skip
PLACE = {"y": 0, "x": 0}
WRONG_PARTS = (
    {"layers": {"cell": {"layer": "stem", "y": 0}}},
    {"layers": {"cell": {"layer": "stages.99", "channel": 0} | PLACE}},
    {"layers": {"cell": {"layer": "stem", "y": 99, "x": 0, "channel": 0}}},
    {"layers": {"cell": {"layer": "head", "channel": 99} | PLACE}},
    {"depthwise": {"page": -1} | PLACE},
    {"pointwise": {"output": 0, "y": 10**9, "x": 0}},
    {"dilation": {"kernel": 0, "dilation": 99} | PLACE},
    {"flowchart": {"stage": -1}},
)


def test_what_is_wrong_is_said_in_the_same_sentence(bench: Page) -> None:
    """The engine has its own copy of these sentences, since it answers where there is no server."""
    about = [*(("base", wrong, {}) for wrong in WRONG_DRAWINGS), *(("base", [LINE], parts) for parts in WRONG_PARTS)]
    standard = "study-standard-dilated"
    about += [
        (standard, [LINE], {name: {"page": 0, "output": 0, "kernel": 0, "dilation": 1, "stage": 0} | PLACE})
        for name in ("depthwise", "pointwise", "separable", "dilation", "flowchart")
    ]
    requests = [
        {"sequence": number, "drawing": drawing, "network": network, "parts": parts}
        for number, (network, drawing, parts) in enumerate(about)
    ]
    files = {name: base64.b64encode(checkpoint_path(name).read_bytes()).decode() for name in ("base", standard)}
    found = bench.evaluate(ANSWER, {"files": files, "requests": requests})
    server = Answers(Networks(["base", standard]), {"layers": layers_part, **LEARN_PARTS})
    for request, answer in zip(requests, found, strict=True):
        ours, theirs = errors_in(answer), errors_in(server.read(request))
        assert ours == theirs, request["parts"] or str(request["drawing"])[:60]
        assert len(ours) == 1


def errors_in(answer: Any) -> list[str]:
    """The sentences in an answer that say what is wrong."""
    if not isinstance(answer, dict):
        return []
    return [answer["error"]] if "error" in answer else [text for part in answer.values() for text in errors_in(part)]


def assert_same(found: Any, expected: Any, at: str) -> None:
    """That an answer of the engine is one of the server, as near as float32 comes."""
    if isinstance(found, dict) and found.keys() in ({"bytes"}, {"floats"}):
        [(kind, text)] = found.items()
        dtype = np.uint8 if kind == "bytes" else np.float32
        ours, theirs = (np.frombuffer(base64.b64decode(each), dtype).astype(float) for each in (text, expected))
        if re.search(r"\.layers\.maps\..*\.values$", at):
            theirs = levels_of(theirs.astype(np.uint8), ours.size)
        assert ours.shape == theirs.shape, at
        most = 1.001 if kind == "bytes" else 1e-4 * max(np.abs(theirs).max(), 1e-3)
        assert np.abs(ours - theirs).max() <= most, at
    elif isinstance(expected, dict):
        assert isinstance(found, dict), at
        assert found.keys() == expected.keys(), at
        for name, value in expected.items():
            assert_same(found[name], value, f"{at}.{name}")
    elif isinstance(expected, list | tuple):
        assert isinstance(found, list), at
        assert len(found) == len(expected), at
        for index, value in enumerate(expected):
            assert_same(found[index], value, f"{at}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=2e-4, abs=2e-5), at
    elif isinstance(expected, str):
        figures = re.compile(r"\d\.\d{7}")  # how far two computations are apart is another figure each time
        assert figures.sub("", found) == figures.sub("", expected), at
    else:
        assert found == expected, at


def levels_of(packed: np.ndarray, count: int) -> np.ndarray:
    """The inverse of `packed` of ui/layers.py."""
    on = np.unpackbits(packed[: -(-count // 8)])[:count].astype(bool)
    levels = np.zeros(count)
    levels[on] = packed[-(-count // 8) :]
    return levels
