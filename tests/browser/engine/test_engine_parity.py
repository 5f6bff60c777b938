"""The network in the browser says what PyTorch says."""

import base64
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from model import DigitNet, NetworkConfig, layer_responses, load_checkpoint
from model.checkpoint import checkpoint_names
from model.drawing.examples import load_examples
from model.drawing.strokes import DrawingError, check_drawing
from model.network import StageConfig
from tests.browser.engine.parity import ASK, Cell, assert_parity, parity, question, serving_files
from tests.conftest import settled
from ui.serving.view import ASSETS


def scribble(generator: random.Random) -> list[list[list[float]]]:
    """A drawing of some strokes and dots, of any size, anywhere."""
    size, left, top = generator.uniform(0.001, 1), generator.uniform(-0.5, 1), generator.uniform(-0.5, 1)

    def point() -> list[float]:
        return [left + size * generator.random(), top + size * generator.random()]

    return [[point() for _ in range(generator.choice((1, 2, 9)))] for _ in range(generator.randint(1, 3))]


def some_cells(net: DigitNet, generator: random.Random, count: int = 2) -> list[Cell]:
    """Cells of some layers, some of them of the sum over all channels."""
    responses = layer_responses(net, np.zeros((28, 28), np.uint8))
    cells = []
    for layer in generator.sample(list(responses), min(count, len(responses))):
        channels, height, width = responses[layer].shape
        channel = generator.choice((None, generator.randrange(channels)))
        cells.append((layer, (generator.randrange(height), generator.randrange(width)), channel))
    return cells


@pytest.mark.parametrize("name", checkpoint_names())
def test_every_shipped_network(bench: Page, name: str, tmp_path: Path) -> None:
    net, generator = load_checkpoint(name), random.Random(name)
    drawings = [generator.choice(load_examples()).drawing, scribble(generator)]
    cells = some_cells(net, generator)
    answers = bench.evaluate(ASK, question(net, drawings, cells, tmp_path))
    assert_parity(parity(net, drawings, cells, answers))


def networks() -> st.SearchStrategy[NetworkConfig]:
    """Small ones of every kind: channels that fill no vector, even strides, kernels beyond the map, shared weights."""
    stage = st.builds(
        StageConfig,
        st.integers(1, 19),
        st.sampled_from((1, 3, 5, 9)),
        st.integers(1, 6),
        st.integers(1, 3),
        st.none(),
        st.lists(st.integers(1, 6), max_size=2).map(tuple),
    )
    stages = st.lists(stage, min_size=1, max_size=4).map(tuple)
    shared = st.builds(
        lambda first, others: (first, *(StageConfig(first.channels, first.kernel, *own, shares=0) for own in others)),
        st.builds(StageConfig, st.just(6), st.sampled_from((1, 3, 5)), st.integers(1, 3)),
        st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), min_size=1, max_size=3),
    )
    return st.builds(
        network,
        st.sampled_from((1, 3, 5, 7)),
        st.integers(1, 4),
        stages | shared,
        st.integers(1, 13).map(lambda count: tuple(map(str, range(count)))),
        st.booleans(),
    )


def network(
    kernel: int, stride: int, stages: tuple[StageConfig, ...], classes: tuple[str, ...], separable: bool
) -> NetworkConfig:
    """Only separable stages have several depthwise convolutions side by side."""
    if not separable:
        stages = tuple(replace(stage, branches=()) for stage in stages)
    return NetworkConfig(6, kernel, stride, stages, classes, separable)


@given(config=networks(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_network(bench: Page, tmp_path: Path, config: NetworkConfig, seed: int) -> None:
    net, generator = settled(config), random.Random(seed)
    drawings, cells = [scribble(generator)], some_cells(net, generator)
    answers = bench.evaluate(ASK, question(net, drawings, cells, tmp_path))
    assert_parity(parity(net, drawings, cells, answers))


def test_a_multi_scale_stage_twice(bench: Page, tmp_path: Path) -> None:
    """With channels that fill no vector, and the same weights at other dilations."""
    stage = StageConfig(6, 3, 1, branches=(2, 4))
    net = settled(NetworkConfig(6, stages=(stage, StageConfig(6, 3, 2, shares=0, branches=(1, 3)))))
    drawings = [scribble(random.Random(3))]
    names = ("stages.0.depthwise_1", "stages.0.concatenation", "stages.1.concatenation", "stages.1", "head")
    cells: list[Cell] = [
        (name, (0, 0) if name == "head" else (5, 7), channel) for name in names for channel in (None, 4)
    ]
    answers = bench.evaluate(ASK, question(net, drawings, cells, tmp_path))
    assert_parity(parity(net, drawings, cells, answers))


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("layers.js", "window({ ...stage, dilation })", "window({ ...stage, dilation: 1 })"),
        ("layer_stack.js", "stride: layer.stride, dilation", "stride: 1, dilation"),
        ("weights.js", 'read(own, "running_mean") * scale', 'read(own, "running_mean")'),
    ],
    ids=["a dilation", "a stride", "a folded norm"],
)
def test_parity_can_fail(browser: Browser, tmp_path: Path, file: str, right: str, wrong: str) -> None:
    """The tests above do fail if one thing in the engine is wrong."""
    shutil.copytree(ASSETS / "engine", tmp_path / "engine")
    script = tmp_path / "engine" / file
    text = script.read_text(encoding="utf-8")
    assert text.count(right) == 1
    script.write_text(text.replace(right, wrong), encoding="utf-8")
    net, drawings = load_checkpoint("base"), [load_examples()[3].drawing]
    with serving_files(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/engine/network.js")
        answers = page.evaluate(ASK, question(net, drawings, [], tmp_path))
        page.close()
    found = parity(net, drawings, [], answers)
    with pytest.raises(AssertionError):
        assert_parity(found)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: file[:-40], "damaged or was cut short"),
        (lambda file: file[:5], "damaged or was cut short"),
        (lambda file: b"\xff" * 400, "damaged or was cut short"),
        (lambda file: file.replace(b'\\"channels\\": 64', b'\\"channels\\": 60', 1), "expected (60, 64, 1, 1)"),
        (lambda file: file.replace(b'"stem.weight"', b'"stam.weight"', 1), "disagree about the tensor stem.weight"),
        (lambda file: file.replace(b'\\"dilation\\": 3', b'\\"dilation\\": 0', 1), "a whole number from 1 to 14"),
    ],
    ids=["cut short", "five bytes", "noise", "another shape", "a tensor amiss", "an impossible shape"],
)
def test_a_file_that_is_not_a_network_is_refused_in_a_sentence(
    bench: Page, spoil: Callable[[bytes], bytes], sentence: str, tmp_path: Path
) -> None:
    asked = question(load_checkpoint("base"), [], [], tmp_path)
    asked["file"] = base64.b64encode(spoil(base64.b64decode(asked["file"]))).decode()
    told = bench.evaluate(f"(asked) => ({ASK})(asked).then(() => '', (error) => error.message)", asked)
    assert sentence in told


@pytest.mark.parametrize(
    "drawing",
    [
        None,
        {},
        "[]",
        [],
        [[], []],
        [0.5],
        [[0.5, 0.5]],
        [[[0.5]]],
        [[[0.5, 0.5, 1, 2, 3, 4, 5, 6, 7]]],
        [[[0.5, None]]],
        [[[0.5, "x"]]],
        [[[0.5, True]]],
        [[[0.5, [1]]]],
        [[[0.5, {}]]],
        [[[0.5, float("nan")]]],
        [[[float("inf"), 0.5]]],
        [[[0.5, 2.1]]],
        [[[-1.1, 0.5, 3]]],
        [[[0.5, 0.5]]] * 501,
        [[[0.5, 0.5]] * 20_001],
    ],
    ids=lambda drawing: repr(drawing)[:30],
)
def test_what_the_model_refuses_the_engine_refuses_with_the_same_sentence(bench: Page, drawing: object) -> None:
    with pytest.raises(DrawingError) as refused:
        # Text is the API's form of a drawing; on the page it is no list.
        check_drawing(7 if isinstance(drawing, str) else drawing)
    told = bench.evaluate(
        """(drawing) => import("/engine/strokes.js").then(({ checkDrawing }) => {
            try { checkDrawing(drawing); } catch (error) { return error.message; }
        })""",
        drawing,
    )
    assert told == str(refused.value)
