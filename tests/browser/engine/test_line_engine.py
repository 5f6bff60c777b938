"""The network that reads lines says in the browser what it says in PyTorch: digits, boxes, pixels, maps."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Route

from model.line.checkpoint import load_line, save_line
from model.line.decoding import LineDigit, read
from model.line.maps import line_maps
from model.line.network import LineNet, line_config
from model.line.strip import LineError
from tests.browser.engine.generating import packed, unpacked
from tests.browser.engine.parity import TELLING
from ui.engine_files import line_file

LINES = "**/checkpoints/lines/*"
WIDTHS = (28, 140, 57, 140, 560)  # one after the other: the same network, laid out anew
MAPPED = 57  # the width whose maps are compared: its cells end within a pixel

READ = (
    """async ({ name, strips, mapped }) => {"""
    + TELLING
    + """
    const { openLine } = await import("/engine/line/client.js");
    const line = await openLine(name);
    const answers = strips.map(([text, width]) => {
        try {
            const { digits, mask } = line.read(bytes(text), width);
            return { digits, mask: told(mask) };
        } catch ({ message }) {
            return { message };
        }
    });
    const maps = line.maps(bytes(strips[mapped][0]), strips[mapped][1]).map(
        ({ name: layer, channels, height, width, values }) => [layer, [channels, height, width], told(values)]);
    return { classes: line.classes, answers, maps };
}"""
)


@pytest.fixture
def page(bench: Page) -> Iterator[Page]:
    """A page of files alone, to which networks that read lines are served."""

    def answer(route: Route) -> None:
        route.fulfill(json=line_file(route.request.url.rpartition("/")[2]))

    bench.route(LINES, answer)
    yield bench
    bench.unroute(LINES)


def unlearned(dilations: str, strides: str = "", tall: bool = True) -> LineNet:
    """A network that has learned nothing, but sees a digit here and there: tall ones, or some above others."""
    torch.manual_seed(0)
    net = LineNet(line_config(dilations, channels=10, strides=strides))
    for _ in range(3):
        net(torch.rand(8, 1, 28, 60))
    with torch.no_grad():
        net.head.weight.mul_(3)
        net.head.bias[0] = -0.5
        net.head.bias[[1, 3]] = 8.0 if tall else 0.0
    return net.eval()


def strips() -> list[np.ndarray]:
    """Paper with ink of all greys, a quarter of it."""
    random = np.random.default_rng(1)
    some = [random.integers(0, 256, (28, width), dtype=np.uint8) for width in WIDTHS]
    return [np.where(random.random(strip.shape) < 0.25, strip, 0).astype(np.uint8) for strip in some]


def asked(name: str, some: list[np.ndarray]) -> dict[str, Any]:
    """What `READ` takes."""
    told = [[packed(torch.from_numpy(strip)), strip.shape[1]] for strip in some]
    return {"name": name, "strips": told, "mapped": WIDTHS.index(MAPPED)}


def expected(line: LineNet, strip: np.ndarray) -> tuple[list[LineDigit], np.ndarray] | str:
    """What PyTorch says of a strip, or the sentence with which it refuses it."""
    try:
        return read(line, strip)
    except LineError as error:
        return str(error)


@pytest.mark.parametrize(
    ("dilations", "strides", "tall"),
    [("1 2 124 1", "", True), ("13 2", "21", False)],
    ids=["many scales", "a stride within, and digits above each other"],
)
def test_it_reads_what_pytorch_reads(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dilations: str, strides: str, tall: bool
) -> None:
    monkeypatch.setattr("model.checkpoint.CHECKPOINTS", tmp_path)
    name = f"line-{len(dilations)}"
    save_line(unlearned(dilations, strides, tall), name)
    line, some = load_line(name), strips()
    told = page.evaluate(READ, asked(name, some))
    assert told["classes"] == line.classes
    seen = 0
    for strip, answer in zip(some, told["answers"], strict=True):
        own = expected(line, strip)
        if isinstance(own, str):
            assert answer == {"message": own}
            continue
        digits, mask = own
        seen += len(digits)
        assert [each["label"] for each in answer["digits"]] == [digit.label for digit in digits]
        for each, digit in zip(answer["digits"], digits, strict=True):
            assert each["unlike"] == (not digit.is_digit)
            assert each["probability"] == pytest.approx(digit.probability, abs=1e-5)
            assert each["second"]["label"] == digit.second
            assert each["second"]["probability"] == pytest.approx(digit.second_probability, abs=1e-5)
            assert each["box"] == pytest.approx(digit.box, abs=1e-3)
        assert (unpacked(answer["mask"], np.int8, strip.shape) != mask).mean() <= 0.001
    assert seen >= 10 or not tall, "enough to be different in"
    assert_maps(line, some[WIDTHS.index(MAPPED)], told["maps"])


def assert_maps(line: LineNet, strip: np.ndarray, told: list[tuple[str, list[int], str]]) -> None:
    """That the maps of all layers are those of PyTorch."""
    own = line_maps(line, strip)
    assert sorted(own) == sorted(name for name, _, _ in told)
    for name, shape, text in told:
        apart = np.abs(unpacked(text, np.float32, tuple(shape)) - own[name]).max() / max(own[name].max(), 1e-6)
        assert apart <= 1e-4, name


@pytest.mark.parametrize(
    ("strip", "width", "sentence"),
    [
        ("new Uint8Array(28 * 60)", 60, "The strip has no ink; a line of digits is expected."),
        ("new Uint8Array(28 * 27).fill(255)", 27, "expected 28 rows and 28 to 560 columns."),
        ("new Uint8Array(28 * 561).fill(255)", 561, "expected 28 rows and 28 to 560 columns."),
        ("new Uint8Array(60).fill(255)", 60, "A strip is an array of bytes with 28 rows."),
    ],
)
def test_what_is_no_line_is_refused_in_a_sentence(page: Page, strip: str, width: int, sentence: str) -> None:
    told = page.evaluate(
        f"""() => import("/engine/line/strip.js").then(({{ checkStrip }}) => {{
            try {{ checkStrip({strip}, {width}); }} catch ({{ message }}) {{ return message; }}
        }})"""
    )
    assert sentence in told


def test_a_file_that_cannot_be_opened_is_one_sentence(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short, of another kind, or with other answers than PyTorch gives."""
    monkeypatch.setattr("model.checkpoint.CHECKPOINTS", tmp_path)
    save_line(unlearned("1 2"), "line")
    right = line_file("line")
    content = base64.b64decode(right["file"])
    other = content.replace(b'\\"kind\\": \\"line\\"', b'\\"kind\\": \\"lime\\"')
    assert other != content
    wrongs = [
        {"error": "There is no network of that name."},
        {**right, "file": right["file"][:-4000]},
        {**right, "file": base64.b64encode(other).decode()},
        {**right, "check": {**right["check"], "logits": packed(torch.zeros(11 * 14 * right["check"]["width"] // 2))}},
    ]
    told = []
    for at, wrong in enumerate(wrongs):
        page.route(f"**/checkpoints/lines/wrong-{at}", answering(wrong))
        told.append(
            page.evaluate(
                """(name) => import("/engine/line/client.js").then(({ openLine }) =>
                    openLine(name).then(() => "", ({ message }) => message))""",
                f"wrong-{at}",
            )
        )
    assert told[0] == "There is no network of that name."
    assert "damaged or was cut short" in told[1]
    assert told[2] == "This network is of another kind; one that reads lines is expected."
    assert told[3].startswith("This browser's arithmetic is off by")


def answering(content: dict[str, Any]) -> Callable[[Route], None]:
    """What answers a request with JSON."""
    return lambda route: route.fulfill(json=content)
