"""A real browser, the app as a user starts it, and pages of it."""

import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect, sync_playwright

import ui.quick_gradio  # noqa: F401 (before anything imports Gradio)
from tests.browser.browsers import launch
from tests.browser.drawing import module, network
from tests.browser.engine.parity import serving_files
from tests.conftest import ROOT, find_data
from tests.serving import started

OpenPage = Callable[..., Page]
App = tuple[str, subprocess.Popen[bytes]]  # address and process

expect.set_options(timeout=30_000)  # milliseconds: on a busy machine everything takes long


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What starts browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """Headless Chromium; where there is none and none can be had, skips, or fails with DIGITSCOPE_REQUIRE_BROWSER=1."""
    browser = launch(driver)
    if browser is None:
        reason = "no Chromium, Chrome or Edge was found, and none could be installed; set DIGITSCOPE_BROWSER"
        if os.environ.get("DIGITSCOPE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Address of a proxy for the app, and the first lines of all requests to other machines that it got."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_listen, args=(listener, heard), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard


def _listen(listener: socket.socket, heard: list[str]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed: the tests are over
            return
        with connection:
            connection.settimeout(5)
            heard.append(connection.recv(1000).decode("latin-1").partition("\r\n")[0])


@pytest.fixture(scope="session")
def app(proxy: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Address and process of the app, with MNIST where it is at hand; a proxy hears what it asks others."""
    data, state = find_data() or ROOT / "data", tmp_path_factory.mktemp("state")
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    own = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    environment = dict.fromkeys(names, proxy[0]) | own
    with started("--data", str(data), "--state", str(state), environment=environment) as running:
        yield running


@pytest.fixture(scope="session")
def server(app: App) -> str:
    """Address of the app."""
    return app[0]


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window, 1440 pixels wide, of somebody who asks for little motion."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context
    context.close()


@pytest.fixture(scope="session")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone, 360 pixels wide, with a touch screen."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        reduced_motion="reduce",
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody who was never here; fails on any error of a script."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.on("weberror", lambda error: errors.append(error.error.stack or str(error.error)))
    yield context
    context.close()
    assert not errors


@pytest.fixture(scope="session")
def bench(browser: Browser) -> Iterator[Page]:
    """A page of files alone: the engine without the app."""
    with serving_files() as address:
        page = browser.new_page()
        page.goto(f"{address}/engine/network.js")
        yield page
        page.close()


class Visits:
    """Opens the page, and keeps what went wrong in its scripts."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.errors: list[str] = []

    def open(self, context: BrowserContext, fragment: str = "", before: Callable[[Page], Any] = lambda _: None) -> Page:
        """The page once it says something; `before(page)` is called before anything is loaded."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        before(page)
        page.bring_to_front()  # a page behind another one draws no frames
        page.goto(f"{self.server}/{fragment}")
        page.locator("#reading .verdict:not(:empty)").wait_for()
        return page


@pytest.fixture
def open_page(server: str) -> Iterator[OpenPage]:
    """open_page(context, fragment, before): as `Visits.open`; fails on any error of a script."""
    visits = Visits(server)
    pages: list[Page] = []

    def opened(*arguments: Any, **named: Any) -> Page:
        pages.append(visits.open(*arguments, **named))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
    assert not visits.errors


@pytest.fixture
def page(desk: BrowserContext, open_page: OpenPage) -> Page:
    """The page as a new visitor finds it, with its example written and read."""
    page = open_page(desk)
    page.locator("#reading .bar.top").wait_for()
    return page


def tidy(page: Page, size: ViewportSize, reads: str) -> None:
    """An empty sheet, nothing broken, and the size, the network and the tab that the page opened with."""
    if page.viewport_size != size:
        page.set_viewport_size(size)
    page.mouse.move(0, 0)
    page.evaluate(
        f"""async (network) => {{
            const state = await {module("page/state.js")};
            document.activeElement.blur();
            document.querySelector("#right [role=tab]").click();
            scrollTo(0, 0);
            state.set({{ line: null, drawing: [], cell: null, breaks: null, network }});
        }}""",
        reads,
    )
    expect(network(page)).to_have_value(re.compile(f"^{reads}\\b"))


@pytest.fixture(scope="session")
def shared(server: str) -> Callable[..., Iterator[Page]]:
    """One page of a browser window for many tests, since opening it is what takes time."""
    visits = Visits(server)
    pages: dict[tuple[BrowserContext, str], Page] = {}
    opened: dict[Page, tuple[ViewportSize, str]] = {}  # the size and the network that a page opened with

    def share(context: BrowserContext, fragment: str = "") -> Iterator[Page]:
        if (context, fragment) not in pages:
            page = pages[context, fragment] = visits.open(context, fragment)
            page.locator("#reading .bar.top").wait_for()
            opened[page] = (
                page.viewport_size,
                page.evaluate(f"{module('page/state.js')}.then((state) => state.get().network)"),
            )
        page = pages[context, fragment]
        page.bring_to_front()
        tidy(page, *opened[page])
        yield page
        page.unroute_all(behavior="wait")
        errors = visits.errors.copy()
        visits.errors.clear()
        assert not errors

    return share


@pytest.fixture
def shared_page(shared: Callable[..., Iterator[Page]], desk: BrowserContext) -> Iterator[Page]:
    """The page as it opens, its example gone; others have used it before. Fails on any error of a script."""
    yield from shared(desk)


@pytest.fixture
def served_page(shared: Callable[..., Iterator[Page]], desk: BrowserContext) -> Iterator[Page]:
    """As `shared_page`, where the server answers and not the engine."""
    yield from shared(desk, "?engine=off")


@pytest.fixture
def shared_phone(shared: Callable[..., Iterator[Page]], phone: BrowserContext) -> Iterator[Page]:
    """As `shared_page`, on a phone."""
    yield from shared(phone)
