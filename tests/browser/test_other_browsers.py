"""Firefox and WebKit, where they are installed: the engine says what PyTorch says, and the page reads a drawing."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from model import load_checkpoint
from model.drawing.examples import load_examples
from tests.browser.drawing import SEVEN, within
from tests.browser.engine.parity import ASK, assert_parity, parity, question, serving_files
from tests.browser.engine.test_engine_parity import scribble, some_cells
from tests.browser.webdriver import Session, firefox, webkit

BROWSERS = {"firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="module", params=BROWSERS)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A window of each browser that is installed."""
    opened = BROWSERS[request.param]()
    try:
        session = opened.__enter__()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    yield session
    opened.__exit__(None, None, None)


@pytest.mark.parametrize("name", ["nano", "base", "study-standard-dilated"])
def test_the_engine_says_what_pytorch_says(session: Session, name: str, tmp_path: Path) -> None:
    net, generator = load_checkpoint(name), random.Random(name)
    drawings = [generator.choice(load_examples()).drawing, scribble(generator)]
    cells = some_cells(net, generator)
    with serving_files() as address:
        session.open(f"{address}/engine/engine.html")
        answers = session.evaluate(ASK, question(net, drawings, cells, tmp_path))
    assert_parity(parity(net, drawings, cells, answers))


def test_the_page_reads_a_drawing_by_itself(session: Session, server: str) -> None:
    session.open(f"{server}/?engine=on")
    session.wait_for("document.querySelector('#engine .note')?.textContent")
    session.evaluate("async () => { window.failed = []; addEventListener('error', (e) => failed.push(e.message)); }")
    session.evaluate("async () => document.querySelector('#canvas [data-do=clear]').click()")
    box = session.evaluate(
        "async () => document.querySelector('#canvas .sheet canvas').getBoundingClientRect().toJSON()"
    )
    for stroke in SEVEN:
        session.drag(within(box, stroke))
    session.wait_for("document.querySelector('#reading .bar.top .label')?.textContent === '7'")
    strip = """document.querySelector('#layers canvas[data-layer="stages.3.depthwise"]')"""
    session.evaluate(f"async () => {strip}.scrollIntoView()")  # only maps inside the window are computed
    session.wait_for(f"new Set({strip}.getContext('2d').getImageData(0, 0, 60, 60).data).size > 9")
    assert session.evaluate("async () => window.failed") == []
