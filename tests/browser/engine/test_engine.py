"""The engine on the page: it answers before the server does, and where it cannot, nobody notices."""

import base64
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from model import load_checkpoint, predict, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.examples import load_examples
from tests.browser.conftest import App, OpenPage
from tests.browser.drawing import ONE, SEVEN, ZERO, button, draw, module, settle, top, verdict
from tests.serving import stopped
from ui.engine import network_file
from ui.serving.networks import Networks

SENTENCE = "While you draw, nothing leaves this computer."


def said(page: Page) -> Locator:
    """The sentence that says where drawings go."""
    return page.locator("#engine .note")


@pytest.fixture
def page(shared_page: Page) -> Page:
    """An empty sheet, with the engine at work."""
    draw(shared_page, ONE)
    expect(said(shared_page)).to_have_text(SENTENCE)
    button(shared_page, "Clear").click()
    return shared_page


FETCHED = 1500  # milliseconds in which a tab's networks have come


def open_tabs(page: Page) -> list[str]:
    """The names of all tabs, each of which has been open."""
    names = []
    for tab in page.locator("#right").get_by_role("tab").all():
        tab.click()
        names.append(tab.inner_text())
        page.wait_for_load_state("networkidle")
    return names


def test_nothing_leaves_while_somebody_draws(page: Page) -> None:
    """Whatever tab is open, also one that reads with other networks."""
    for name in open_tabs(page):
        page.get_by_role("tab", name=name).click()
        draw(page, ZERO)  # a tab's networks are fetched when the first drawing is read with them
        settle(page)
        page.wait_for_timeout(FETCHED)
        button(page, "Clear").click()
        asked: list[str] = []

        def listen(request: Request, asked: list[str] = asked) -> None:
            post = request.post_data or ""
            if "job_progress" not in post:  # what a tab had begun when it was opened goes on
                asked.append(f"{request.url} {post}")

        page.on("request", listen)
        draw(page, ZERO)
        settle(page)
        expect(top(page)).to_have_text("0")
        page.remove_listener("request", listen)
        assert asked == [], name
        button(page, "Clear").click()


def test_the_page_goes_on_where_the_server_stands_still(page: Page, app: App) -> None:
    open_tabs(page)
    page.get_by_role("tab", name="Layers").click()
    with stopped(app[1]):
        draw(page, SEVEN)
        settle(page)
        expect(top(page)).to_have_text("7")
        strip = page.locator('#layers canvas[data-layer="stages.3.depthwise"]')
        strip.click(position={"x": 30, "y": 30})
        expect(page.locator("#layers .layers-view")).not_to_have_attribute("data-field", "")
        page.get_by_role("tab", name="Compare").click()
        expect(page.locator("#compare .said")).to_contain_text(["reads"] * 4)
        page.get_by_role("tab", name="Learn").click()
        expect(page.locator("#depthwise .sentence")).to_contain_text("is the sum of")
        page.get_by_role("tab", name="Network").click()
        expect(page.locator("#architecture .speed")).to_contain_text("in your browser:")
        page.get_by_role("tab", name="Misread").click()
        page.locator('#misread [data-do="occlude"]').click()
        expect(page.locator("#misread")).to_contain_text("The server is not responding")
        button(page, "Clear").click()
        draw(page, ONE)
        settle(page)
        expect(top(page)).to_have_text("1")
    page.get_by_role("tab", name="Layers").click()


def test_another_network_is_fetched_once(page: Page) -> None:
    fetched: list[str] = []
    page.on(
        "request", lambda request: "network_file" in (request.post_data or "") and fetched.append(request.post_data)
    )
    for name in ("nano", "small", "nano"):
        page.evaluate(f"{module('page/networks.js')}.then((networks) => networks.chooseNetwork('{name}'))")
        expect(page.locator("#layers .layers-view")).to_have_attribute("data-network", name)
        draw(page, SEVEN)
        settle(page)
        expect(said(page)).to_have_text(SENTENCE)
        button(page, "Clear").click()
    assert len([post for post in fetched if "nano" in post]) <= 1


@pytest.mark.parametrize(
    "without",
    [
        "delete window.WebAssembly",
        "WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('no SIMD'))",
        "WebAssembly.Instance = function () { throw new RangeError('out of memory'); }",
    ],
    ids=["no WebAssembly", "no SIMD", "no memory"],
)
def test_where_a_browser_cannot_the_server_answers(desk: BrowserContext, open_page: OpenPage, without: str) -> None:
    page = open_page(desk, before=lambda page: page.add_init_script(without))
    draw(page, SEVEN)
    settle(page)
    expect(verdict(page)).not_to_have_attribute("data-state", "error")
    page.get_by_role("tab", name="Network").click()
    expect(page.locator("#architecture .speed")).to_have_text("Your drawings are read by the server.")
    expect(said(page)).to_be_empty()


# A source by itself ---------------------------------------------------------------------------------------------------

# Async function of {told, requests, after}: what an engine, for which every network is `told`, answers to requests one
# after the other; `after` is run between the first and the second.
READ = """async ({ told, requests, after }) => {
    const [{ Engine }, { Network }] = await Promise.all(
        ["source", "network"].map((name) => import(`/engine/${name}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const engine = new Engine(kernels, () => Promise.resolve(told));
    const answers = [];
    for (const request of requests) {
        await Promise.all(engine.prepare([request.network]));
        try {
            const answer = engine.read(request);
            answers.push(answer && { probabilities: answer.probabilities, error: answer.error });
        } catch (error) {
            answers.push("thrown");
        }
        if (after && answers.length === 1) new Function("Network", after)(Network);
    }
    return answers;
}"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the server tells of a network."""
    return network_file(Networks(["base"]), "base")


def request(**fields: object) -> dict[str, Any]:
    """A request for the reading of an example."""
    return {"sequence": 1, "drawing": load_examples()[3].drawing, "network": "base", "parts": {}, **fields}


def test_a_checked_network_answers(bench: Page, told: dict[str, Any]) -> None:
    [answer] = bench.evaluate(READ, {"told": told, "requests": [request()]})
    expected = predict(load_checkpoint("base"), rasterize(load_examples()[3].drawing)[None])[0]
    assert answer["probabilities"] == pytest.approx(expected.tolist(), abs=1e-5)


def test_one_that_is_off_does_not(bench: Page, told: dict[str, Any]) -> None:
    """As in a browser that computes SIMD wrongly without an error."""
    first, second, *rest = told["check"]["probabilities"]
    off = {**told, "check": {**told["check"], "probabilities": [first + 2e-4, second, *rest]}}
    nothing = {**told, "check": {**told["check"], "probabilities": []}}
    for wrong in (off, nothing):
        assert bench.evaluate(READ, {"told": wrong, "requests": [request()]}) == [None]


def test_truncated_weights_do_not(bench: Page, told: dict[str, Any]) -> None:
    short = base64.b64encode(checkpoint_path("base").read_bytes()[:-1000]).decode()
    assert bench.evaluate(READ, {"told": {**told, "file": short}, "requests": [request()]}) == [None]


def test_a_network_that_is_not_there_does_not(bench: Page) -> None:
    assert bench.evaluate(READ, {"told": {"error": "There is no such network."}, "requests": [request()]}) == [None]


def test_what_it_does_not_know_it_leaves_to_the_server(bench: Page, told: dict[str, Any]) -> None:
    asked = request(parts={"of a later version": {}})
    assert bench.evaluate(READ, {"told": told, "requests": [asked]}) == [None]


def test_a_tab_that_loses_its_memory_hands_over_to_the_server(bench: Page, told: dict[str, Any]) -> None:
    lose = """const { run } = Network.prototype;
        Network.prototype.run = () => {
            Network.prototype.run = run;
            throw new RangeError("out of memory");
        };"""
    answers = bench.evaluate(READ, {"told": told, "requests": [request()] * 3, "after": lose})
    assert answers[0]["probabilities"]
    assert answers[1:] == ["thrown", None]


def test_what_is_no_drawing_is_refused_in_a_sentence(bench: Page, told: dict[str, Any]) -> None:
    [answer] = bench.evaluate(READ, {"told": told, "requests": [request(drawing=[[]])]})
    assert "ink" in answer["error"]
