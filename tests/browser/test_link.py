"""A link carries a drawing and its network to somebody else."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import OpenPage, Visits
from tests.browser.drawing import (
    ONE,
    SEVEN,
    button,
    choose,
    draw,
    drawing,
    module,
    network,
    same_drawing,
    settle,
    top,
    verdict,
)


@pytest.fixture
def page(shared_page: Page) -> Page:
    """An empty sheet."""
    return shared_page


def test_a_copied_link_shows_the_same_drawing_and_network(
    page: Page, phone: BrowserContext, open_page: OpenPage
) -> None:
    draw(page, [*SEVEN, [(0.3, 0.5), (0.7, 0.5)]])
    choose(page, network(page).locator("option").count() - 1)
    reads = network(page).input_value()
    settle(page)
    button(page, "Copy link").click()
    expect(page.locator("#canvas .status")).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")

    friend = open_page(phone, link[link.index("#") :])
    settle(friend)
    assert same_drawing(drawing(friend), drawing(page))
    expect(network(friend)).to_have_value(reads)
    expect(verdict(friend)).to_have_text(verdict(page).inner_text())


def test_a_links_network_is_chosen_however_late_the_networks_come(desk: BrowserContext, open_page: OpenPage) -> None:
    """Its tab is opened before, and kept in the address; the network must not be lost from it."""

    def later(route: Route) -> None:
        time.sleep(2)  # nothing else of the page waits for this
        route.continue_()

    page = open_page(
        desk, "#tab=Learn&network=small", before=lambda page: page.route("**/networks/networks.js*", later)
    )
    expect(network(page)).to_have_value("small")
    assert "network=small" in page.evaluate("location.hash")


def test_the_opening_example_is_in_a_link_only_if_somebody_copies_it_and_a_reload_keeps_what_is_drawn(
    desk: BrowserContext, open_page: OpenPage
) -> None:
    page = open_page(desk)
    page.locator("#reading .bar.top").wait_for()
    choose(page, 0)
    page.wait_for_timeout(300)
    assert "drawing=" not in page.evaluate("location.hash")
    example = drawing(page)
    button(page, "Copy link").click()
    expect(page.locator("#canvas .status")).to_contain_text("Copied")
    assert "drawing=" in page.evaluate("location.hash")
    assert drawing(page) == example

    button(page, "Clear").click()
    draw(page, SEVEN)
    mine = drawing(page)
    page.reload()
    expect(top(page)).to_have_text("7")
    assert same_drawing(drawing(page), mine)


def test_an_example_that_is_gone_does_not_come_back_with_a_link(desk: BrowserContext, open_page: OpenPage) -> None:
    page = open_page(desk)
    page.locator("#reading .bar.top").wait_for()
    page.evaluate(f"{module('page/undo.js')}.then((history) => history.commit([]))")  # as when it is kept as a sample
    button(page, "Copy link").click()
    expect(page.locator("#canvas .status")).to_contain_text("Copied")
    assert drawing(page) == []
    assert "drawing=" not in page.evaluate("location.hash")


def test_a_link_typed_into_the_address_bar_can_be_undone(page: Page) -> None:
    draw(page, ONE)
    fragment = page.evaluate("location.hash")
    button(page, "Clear").click()
    draw(page, SEVEN)
    seven = drawing(page)
    page.evaluate("(fragment) => { location.hash = fragment }", fragment)
    expect(top(page)).to_have_text("1")
    button(page, "Undo").click()
    assert drawing(page) == seven


DAMAGED = {
    "markup": "%3Cb%3E",
    "another format": "AgEB",
    "cut off": "AQEV9hHmDMI",
    "a stroke without points": "AQEA",
    "a place far outside": "AQEB____Bw",
    "longer than any link": "A" * 30_000,
}


def test_a_link_with_nothing_valid_in_it_says_so_and_the_page_works(desk: BrowserContext, open_page: OpenPage) -> None:
    """Its drawing is damaged, and no network and no tab of this page is called so."""
    page = open_page(desk, f"#drawing={DAMAGED['cut off']}&network=nobody&tab=%3Cb%3E")
    expect(page.locator("#canvas .status")).to_have_text("This link contains no valid drawing.")
    assert drawing(page) == []
    draw(page, SEVEN)
    expect(top(page)).to_have_text("7")
    assert network(page).input_value()
    expect(page.get_by_role("tab", name="Layers")).to_have_attribute("aria-selected", "true")
    page.wait_for_function("!location.hash.includes('tab=')")


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_link_in_the_address_bar_leaves_the_drawing(page: Page, text: str) -> None:
    draw(page, SEVEN)
    mine = drawing(page)
    page.evaluate("(text) => { location.hash = `drawing=${text}` }", text)
    expect(page.locator("#canvas .status")).to_have_text("This link contains no valid drawing.")
    assert drawing(page) == mine


def test_a_drawing_too_large_for_a_link_says_so(page: Page) -> None:
    page.evaluate(
        """import(new URL('digitscope/page/state.js', document.baseURI)).then((state) => state.set({ drawing:
            [Array.from({ length: 15000 }, (_, index) => [0.5 + 0.4 * Math.sin(index), 0.5 + 0.4 * Math.cos(index)])]
        }))"""
    )
    button(page, "Copy link").click()
    expect(page.locator("#canvas .status")).to_contain_text("too large")
    assert "drawing=" not in page.evaluate("location.hash")


@pytest.fixture(scope="module")
def followed(desk: BrowserContext, server: str) -> Iterator[Page]:
    """A page that was opened by a link with a tab and a network that is not there."""
    visits = Visits(server)
    page = visits.open(desk, "#tab=Learn&network=nobody")
    yield page
    page.evaluate("localStorage.clear()")
    page.close()
    assert not visits.errors


def test_an_unknown_network_in_a_link_leaves_the_page_with_its_own(followed: Page) -> None:
    expect(top(followed)).not_to_be_empty()
    assert network(followed).input_value()


def test_a_link_opens_the_tab_that_it_names(followed: Page) -> None:
    expect(followed.get_by_role("tab", name="Learn")).to_have_attribute("aria-selected", "true")
    followed.get_by_role("tab", name="Teach").click()
    followed.wait_for_function("location.hash.includes('tab=Teach')")
    followed.get_by_role("tab", name="Layers").click()
    followed.wait_for_function("!location.hash.includes('tab=')")


def test_a_link_that_cannot_carry_a_taught_network_says_so(followed: Page) -> None:
    own = "{ key: 'mine-" + "0" * 32 + "', title: 'base, taught 14:02:31' }"
    followed.evaluate(f"{module('kept/networks.js')}.then((networks) => networks.addNetwork({own}))")
    button(followed, "Copy link").click()
    said = followed.locator("#canvas .status")
    expect(said).to_contain_text("It cannot carry base, taught 14:02:31")
    assert "mine-" not in followed.evaluate("navigator.clipboard.readText()")
