"""A real browser, the app as a user starts it, and pages of it."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.browsers import launch
from tests.browser.drawing import module
from tests.serving import serving

OpenPage = Callable[..., Page]


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
def server(proxy: tuple[str, list[str]]) -> Iterator[str]:
    """Address of the app, started as the README says; what it wants of other machines goes to the proxy."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    own = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    with serving(environment=dict.fromkeys(names, proxy[0]) | own) as address:
        yield address


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


@pytest.fixture(scope="session")
def shared(server: str) -> Callable[[BrowserContext], Iterator[Page]]:
    """One page of a browser window for many tests, since opening it is what takes time."""
    visits = Visits(server)
    pages: dict[BrowserContext, Page] = {}

    def share(context: BrowserContext) -> Iterator[Page]:
        if context not in pages:
            pages[context] = visits.open(context)
            pages[context].locator("#reading .bar.top").wait_for()
        page = pages[context]
        page.evaluate("document.activeElement.blur()")
        page.evaluate(f"{module('state.js')}.then((state) => state.set({{ drawing: [], cell: null }}))")
        yield page
        page.unroute_all(behavior="wait")
        errors = visits.errors.copy()
        visits.errors.clear()
        assert not errors

    return share


@pytest.fixture
def shared_page(shared: Callable[[BrowserContext], Iterator[Page]], desk: BrowserContext) -> Iterator[Page]:
    """The page with an empty sheet; others have drawn on it before. Fails on any error of a script."""
    yield from shared(desk)


@pytest.fixture
def shared_phone(shared: Callable[[BrowserContext], Iterator[Page]], phone: BrowserContext) -> Iterator[Page]:
    """As `shared_page`, on a phone."""
    yield from shared(phone)
