"""The tab in which a network learns somebody's hand, as its tests use it."""

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.drawing import Strokes, draw, network

LONG = 240_000  # milliseconds that a teaching may take on a busy machine


def open_tab(context: BrowserContext, address: str) -> Page:
    """The page with the tab open."""
    page = context.new_page()
    page.goto(address)
    page.locator("#reading .bar.top").wait_for()
    return to_tab(page)


def to_tab(page: Page) -> Page:
    page.get_by_role("tab", name="Teach").click()
    expect(page.locator("#teach .classes button").first).to_be_visible()
    return page


def press(page: Page, name: str) -> None:
    """A button of the tab."""
    page.locator("#teach").get_by_role("button", name=name, exact=True).first.click()


def settings(page: Page) -> None:
    """Open the settings."""
    if page.locator("#teach details").get_attribute("open") is None:
        page.locator("#teach summary").click()


def teach(page: Page, steps: int, reads: str = "nano") -> None:
    """Press the button, for so many steps; the smallest network learns fastest."""
    network(page).select_option(reads)
    settings(page)
    page.get_by_label("Steps").fill(str(steps))
    press(page, "Teach")


def keep(page: Page, strokes: Strokes, key: str) -> None:
    """Draw, and press the digit's key."""
    draw(page, strokes)
    page.keyboard.press(key)
    expect(said(page)).to_contain_text("Kept as")


def said(page: Page) -> Locator:
    """What the box answered last."""
    return page.locator("#teach .said .note")


def samples(page: Page) -> Locator:
    return page.locator("#teach .samples li")


def progress(page: Page) -> Locator:
    """What is told of the teaching."""
    return page.locator("#teach .teaching .sentence")


def moved(strokes: Strokes, by: float) -> Strokes:
    """The same hand, a little later."""
    return [[(x + by * y, y + by * x) for x, y in stroke] for stroke in strokes]
