"""A real browser, the app as a user starts it, and a page of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.browsers import launch
from tests.serving import serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; skips where there is none and none can be had."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            pytest.skip("no Chromium, Chrome or Edge was found, and none could be installed; set DIGITSCOPE_BROWSER")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the app, started as the README says."""
    with serving() as address:
        yield address


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh visitor on the page, 1440 pixels wide; fails on any error of a script."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server)
    page.locator("#reading[data-ready], #reading .bar").first.wait_for()
    yield page
    context.close()
    assert not errors
