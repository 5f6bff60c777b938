"""The engine on the page: it answers before the server does, and where it cannot, nobody notices."""

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from model import load_checkpoint, predict, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.examples import load_examples
from tests.browser.conftest import App, OpenPage
from tests.browser.drawing import ONE, SEVEN, ZERO, button, draw, module, settle, top, verdict
from tests.browser.engine.parity import served_bytes, serving_files
from tests.serving import stopped
from ui.engine import network_file
from ui.kept.networks import Networks

MOST_BYTES = 24_000  # that are fetched before it reads
SETTLING = 200  # milliseconds in which a tab asks what it asks when it is opened
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


def open_tabs(page: Page) -> list[str]:
    """The names of all tabs, each of which has been open long enough to have the networks that it reads with."""
    fetching: set[Request] = set()
    page.on("request", lambda request: "network_file" in (request.post_data or "") and fetching.add(request))
    page.on("requestfinished", lambda request: fetching.discard(request))
    names = []
    for tab in page.locator("#right").get_by_role("tab").all():
        tab.click()
        names.append(tab.inner_text())
    page.get_by_role("tab", name="Imagine").click()
    expect(page.locator("#imagine .tile").first).to_be_enabled()
    page.get_by_role("tab", name="Compare").click()
    page.locator("#compare .said").first.wait_for(state="attached")
    while fetching:
        page.wait_for_timeout(50)
    return names


def test_nothing_leaves_while_somebody_draws(page: Page) -> None:
    """Whatever tab is open, also one that reads with other networks; from its first drawing on."""
    for name in open_tabs(page):
        page.get_by_role("tab", name=name).click()
        asked: list[str] = []

        def listen(request: Request, asked: list[str] = asked) -> None:
            post = request.post_data or ""
            if "job_progress" not in post:  # what a tab had begun when it was opened goes on
                asked.append(f"{request.url} {post}")

        page.wait_for_timeout(SETTLING)
        page.on("request", listen)
        draw(page, ZERO)
        settle(page)
        expect(top(page)).to_have_text("0")
        if name == "Compare":
            expect(page.locator("#compare .said")).to_have_text([re.compile("^reads 0, ")] * 4)
        page.remove_listener("request", listen)
        assert asked == [], name
        button(page, "Clear").click()


def test_maps_are_asked_of_the_network_that_has_them(desk: BrowserContext, open_page: OpenPage) -> None:
    """Also where the pinned cell is let go of, because the next network lacks it: that asks, too.

    The next network is at hand before Layers knows what it looks like, as one is that Teach has compared with.
    """
    page = open_page(desk, "#cell=stages.1.depthwise,6,6,60")
    expect(said(page)).to_have_text(SENTENCE)
    draw(page, SEVEN)
    page.get_by_role("tab", name="Teach").click()
    page.locator("#teach .versus").scroll_into_view_if_needed()
    page.locator("#teach .versus select").select_option("nano")
    expect(page.locator("#teach .verdict")).to_contain_text("nano as")
    page.evaluate(
        f"""{module("page/reader.js")}.then(({{ onAnswer }}) => {{
            window.refused = [];
            onAnswer(({{ parts }}) => parts?.layers?.error && refused.push(parts.layers.error));
        }})"""
    )
    page.get_by_role("tab", name="Layers").click()
    expect(page.locator("#layers .layers-view")).not_to_have_attribute("data-field", "")
    page.wait_for_timeout(SETTLING)
    page.evaluate(f"{module('kept/networks.js')}.then((networks) => networks.chooseNetwork('nano'))")
    expect(page.locator("#layers .layers-view")).to_have_attribute("data-network", "nano")
    settle(page)
    assert page.evaluate("window.refused") == []


def test_it_is_small(browser: Browser, server: str) -> None:
    page = browser.new_page()
    files = served_bytes(page, server)
    page.close()
    assert "kernels.wasm" in files
    assert not [name for name in files if name.startswith("parts/")], "what a tab shows is fetched with the tab"
    assert sum(files.values()) <= MOST_BYTES, files


def test_the_page_goes_on_where_the_server_stands_still(page: Page, app: App) -> None:
    open_tabs(page)
    page.get_by_role("tab", name="Layers").click()
    with stopped(app[1]):
        draw(page, SEVEN)
        settle(page)
        expect(top(page)).to_have_text("7")
        strip = page.locator('#layers canvas[data-layer="stages.3.depthwise"]')
        strip.click(position={"x": 12, "y": 12})
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
        page.evaluate(f"{module('kept/networks.js')}.then((networks) => networks.chooseNetwork('{name}'))")
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


def test_weights_that_are_cut_short_or_do_not_fit_do_not(bench: Page, told: dict[str, Any]) -> None:
    file = checkpoint_path("base").read_bytes()
    for spoilt in (file[:-1000], file.replace(b'\\"channels\\": 64', b'\\"channels\\": 60', 1)):
        assert spoilt != file
        wrong = {**told, "file": base64.b64encode(spoilt).decode()}
        assert bench.evaluate(READ, {"told": wrong, "requests": [request()]}) == [None]


@pytest.mark.parametrize(("most", "less"), [("multiplyAccumulates", 1e6), ("bytes", 1e5)])
def test_a_network_beyond_the_budget_does_not(bench: Page, told: dict[str, Any], most: str, less: float) -> None:
    """Its budget is made smaller here, for the largest network that can be trained in a moment is not beyond it."""

    def allow(value: float) -> float:
        return bench.evaluate(
            "([most, value]) => import('/engine/network.js').then(({ BUDGET }) => {"
            " const own = BUDGET[most]; BUDGET[most] = value; return own; })",
            [most, value],
        )

    own = allow(less)
    assert bench.evaluate(READ, {"told": told, "requests": [request()]}) == [None]
    allow(own)
    [answer] = bench.evaluate(READ, {"told": told, "requests": [request()]})
    assert answer["probabilities"]


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


# Async function of {told, request}: the networks that an engine answers a request with, while the second of them is on
# its way and once it is there.
WAIT = """async ({ told, request }) => {
    const { Engine } = await import("/engine/source.js");
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    let come;
    const late = new Promise((resolve) => { come = () => resolve(told); });
    const engine = new Engine(kernels, (name) => (name === request.network ? told : late));
    await Promise.all([...engine.prepare([request.network]), engine.fetchParts()]);
    const said = () => {
        const { network, parts } = engine.read(request);
        return [network, parts.versus?.network ?? null];
    };
    const before = said();
    const ready = new Promise((resolve) => { engine.onReady = resolve; });
    come();
    await ready;
    return [before, said()];
}"""


def test_what_waits_for_another_network_holds_nothing_up(bench: Page, told: dict[str, Any]) -> None:
    """The drawing is read here all the same, and the tab's own part follows when its network is there."""
    asked = request(parts={"versus": {"network": "another"}})
    assert bench.evaluate(WAIT, {"told": told, "request": asked}) == [["base", None], ["base", "another"]]


# The script of the page by itself: what answers where a policy forbids WebAssembly.
FORBIDDEN = """async () => {
    const [{ mount }, reader, { set }] = await Promise.all(
        ["engine/engine", "page/reader", "page/state"].map((name) => import(`/${name}.js`)));
    document.body.innerHTML = '<p class="note"></p>';
    reader.connect({ read: async ({ sequence }) => ({ sequence, by: "the server" }) });
    set({ network: "base", drawing: [[[0.5, 0.2], [0.5, 0.8]]] });
    await mount({ element: document.body, server: {}, props: { scripts: [] } });
    const told = new Promise((resolve) => reader.onAnswer(resolve));
    reader.ask();
    const compiled = await fetch("/engine/kernels.wasm").then((file) => file.arrayBuffer())
        .then((bytes) => WebAssembly.compile(bytes)).then(() => "compiled", () => "forbidden");
    return [(await told).by, document.body.innerText, compiled];
}"""


def test_where_a_policy_forbids_webassembly_the_server_answers(browser: Browser) -> None:
    def forbid(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": "script-src 'self'"})

    with serving_files() as address:
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.route("**/engine.html", forbid)
        page.goto(f"{address}/engine/engine.html")
        assert page.evaluate(FORBIDDEN) == ["the server", "", "forbidden"]
        page.close()
    assert errors == []
