"""The generator in the browser draws what PyTorch draws; what cannot be done there is refused in a sentence."""

import base64
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from model import load_generator, rasterize
from model.drawing.examples import load_examples
from model.generation.checkpoint import save_generator
from model.generation.network import GeneratorConfig
from tests.browser.engine.generating import (
    COMPLETE,
    GENERATORS,
    asked_of,
    assert_alike,
    likeness,
    serve_generators,
)
from tests.browser.engine.parity import serving_files
from tests.generation.conftest import shaken
from ui.engine_files import generator_file
from ui.serving.view import ASSETS

SEVEN = rasterize(load_examples()[23].drawing)


def renamed(file: str) -> str:
    """A file, in base64, whose configuration speaks of larger kernels than it has."""
    content = base64.b64decode(file)
    assert content.count(b'\\"kernel\\": 3') == 1
    return base64.b64encode(content.replace(b'\\"kernel\\": 3', b'\\"kernel\\": 5')).decode("ascii")


@pytest.fixture
def page(bench: Page) -> Iterator[Page]:
    """A page of files alone, to which generators are served."""
    serve_generators(bench)
    yield bench
    bench.unroute(GENERATORS)


def test_it_draws_what_pytorch_draws(page: Page) -> None:
    generator = load_generator()
    asked = asked_of(generator, SEVEN)
    found = page.evaluate(COMPLETE, asked.told("dilated"))
    assert_alike(likeness(generator, asked, found))
    assert found["classes"] == generator.classes
    assert [(stage["name"], stage["dilation"], stage["channels"], stage["side"]) for stage in found["stages"]] == [
        (f"stages.{index}", stage.dilation, stage.norm.channels, 7 if 2 <= index < 5 else 14)
        for index, stage in enumerate(generator.stages)
    ]


@pytest.mark.parametrize(
    "config",
    [
        GeneratorConfig(6, 10, 5, (2,), (1, 3), (), 7, ("ant", "bee")),
        GeneratorConfig(13, 3, 1, (), (), (1,), 4, tuple("0123")),
    ],
    ids=["a kernel beyond the map", "lanes to spare and no stage in the middle"],
)
def test_any_generator(page: Page, config: GeneratorConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.checkpoint.CHECKPOINTS", tmp_path)
    name = f"of-{config.channels}"
    save_generator(shaken(config), name)
    generator = load_generator(name)  # as its file has it, with numbers of 16 bits
    asked = asked_of(generator, SEVEN, count=9, seed=1)  # more than go through it at once
    assert_alike(likeness(generator, asked, page.evaluate(COMPLETE, asked.told(name))))


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("config.js", "dilation, kernel, channels: own", "dilation: 1, kernel, channels: own"),
        ("condition.js", "padded(channels) + out - channels", "padded(channels) + (out + 1) % channels"),
        ("sampling.js", "const ahead = answer[at] + beyond", "const ahead = answer[at] + 1.1 * beyond"),
    ],
    ids=["a dilation", "the shifts", "the steps"],
)
def test_likeness_can_fail(browser: Browser, tmp_path: Path, file: str, right: str, wrong: str) -> None:
    """The tests above do fail if one thing is wrong: either it is noticed at the start, or in what is drawn."""
    for room in ("engine", "page"):
        shutil.copytree(ASSETS / room, tmp_path / room)
    script = tmp_path / "engine" / "generator" / file
    text = script.read_text(encoding="utf-8")
    assert text.count(right) == 1
    script.write_text(text.replace(right, wrong), encoding="utf-8")
    generator = load_generator()
    asked = asked_of(generator, SEVEN)
    told = f"(asked) => ({COMPLETE})(asked).catch(({{ message }}) => ({{ message }}))"
    with serving_files(tmp_path) as address:
        page = browser.new_page()
        serve_generators(page)
        page.goto(f"{address}/engine/network.js")
        found = page.evaluate(told, asked.told("dilated"))
        page.close()
    if "message" in found:
        assert found["message"].startswith("This browser's arithmetic is off by")
        return
    with pytest.raises(AssertionError):
        assert_alike(likeness(generator, asked, found))


def test_the_newest_wins(page: Page) -> None:
    """One that is overtaken, or let go of, says so; the last is answered, and the same seed brings the same digits."""
    told = page.evaluate(
        """async () => {
            const { openGenerator } = await import("/engine/generator/client.js");
            const generator = await openGenerator("dilated");
            const any = new Float32Array(11).fill(1, 10);
            const request = { image: null, keep: null, shares: [any, any], seed: 5, steps: 4, guidance: 1.5 };
            const named = (promise) => promise.then(({ images }) => images.join(), ({ name }) => name);
            const controller = new AbortController();
            const gone = AbortSignal.abort();
            const first = generator.complete(request, {});
            const second = generator.complete({ ...request, seed: 6 }, { signal: controller.signal });
            controller.abort();
            const third = generator.complete(request, { signal: gone });
            const last = generator.complete(request, {});
            const ends = await Promise.all([first, second, third, last].map(named));
            return [...ends, await named(generator.complete({ ...request, shares: [any] }, {}))];
        }"""
    )
    assert told[:3] == ["AbortError"] * 3
    assert len(told[3].split(",")) == 2 * 784
    assert told[3].startswith(f"{told[4]},"), "the first images are the same however many there are"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("keep: null", "expected together"),
        ("image: new Uint8Array(9)", "The image is not of 28 x 28 bytes."),
        ("keep: new Uint8Array(784)", "Nothing of the image is kept"),
        ("keep: new Uint8Array(784).fill(1)", "All of the image is kept"),
        ("shares: []", "count is 0"),
        ("shares: [new Float32Array(3)]", "Shares are lists of 11 finite numbers"),
        ("shares: [new Float32Array(11).fill(NaN)]", "Shares are lists of 11 finite numbers"),
        ("seed: -1", "seed is -1"),
        ("steps: 101", "steps is 101; expected a whole number from 1 to 100."),
        ("guidance: 0", "guidance is 0; expected a number from 1 to 10."),
        ("noise: new Float32Array(3)", "The noise is not"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(page: Page, changes: str, sentence: str) -> None:
    told = page.evaluate(
        f"""async () => {{
            const {{ openGenerator }} = await import("/engine/generator/client.js");
            const generator = await openGenerator("dilated");
            const half = new Uint8Array(784).fill(1, 392);
            const request = {{ image: half, keep: half, shares: [new Float32Array(11)], steps: 1 }};
            return generator.complete({{ ...request, {changes} }}, {{}}).then(() => "", ({{ message }}) => message);
        }}"""
    )
    assert sentence in told


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda told: {"error": "There is no generator of that name."}, "There is no generator of that name."),
        (lambda told: {**told, "file": told["file"][:-4000]}, "damaged or was cut short"),
        (lambda told: {**told, "file": told["file"][:4]}, "damaged or was cut short"),
        (lambda told: {**told, "check": {**told["check"], "time": 0.9}}, "arithmetic is off by"),
        (lambda told: {**told, "file": renamed(told["file"])}, "expected (48, 1, 5, 5)"),
    ],
    ids=["nobody", "cut short", "a few bytes", "other answers", "another shape"],
)
def test_a_generator_that_cannot_be_opened_is_one_sentence(
    bench: Page,
    spoil: Callable[[dict[str, Any]], dict[str, Any]],
    sentence: str,
) -> None:
    told = generator_file("dilated")

    def answer(route: Route) -> None:
        route.fulfill(json=spoil(told))

    bench.route(GENERATORS, answer)
    said = bench.evaluate(
        """() => import("/engine/generator/client.js").then(({ openGenerator }) =>
            openGenerator("spoiled").then(() => "", ({ message }) => message))"""
    )
    bench.unroute(GENERATORS)
    assert sentence in said


def test_a_worker_that_dies_is_noticed_and_another_one_can_be_had(page: Page) -> None:
    told = page.evaluate(
        """async () => {
            const made = [];
            const Real = window.Worker;
            window.Worker = class extends Real { constructor(...own) { super(...own); made.push(this); } };
            const { openGenerator } = await import("/engine/generator/client.js?died");
            const request = { shares: [new Float32Array(11).fill(1, 10)], steps: 1 };
            const said = (generator) =>
                generator.complete(request, {}).then(({ images }) => images.length, ({ message }) => message);
            const generator = await openGenerator("dilated");
            const ends = [await said(generator)];
            const lost = said(generator);
            made[0].dispatchEvent(new ErrorEvent("error", { cancelable: true }));
            ends.push(await lost, await said(generator), await said(await openGenerator("dilated")));
            window.Worker = Real;
            return ends;
        }"""
    )
    assert told == [784, *["The drawing network has stopped in this browser."] * 2, 784]
