"""By keyboard: ways past what stands at the top, the arrow keys, and a list that stays closed until it is asked for."""

import re

from playwright.sync_api import Page, expect

from tests.browser.drawing import SEVEN, draw, network, settle


def focused(page: Page) -> str:
    """What has the focus, by its label or its text."""
    return page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()")


def test_a_map_is_a_few_keys_from_the_top(page: Page) -> None:
    """On a page nobody has focused anything on."""
    for _ in range(3):
        page.keyboard.press("Tab")
    assert focused(page) == "Skip to the maps"
    page.keyboard.press("Enter")
    expect(page.locator('#layers canvas[data-layer="stem"]')).to_be_focused()


def test_the_arrow_keys_go_from_tab_to_tab(shared_page: Page) -> None:
    page = shared_page
    tab = page.get_by_role("tab", name="Layers")
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Misread")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Misread")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Network")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(tab).to_have_attribute("aria-selected", "true")


def test_the_list_of_networks_stays_closed_and_labelled_when_the_keyboard_comes_to_it(shared_page: Page) -> None:
    page = shared_page
    draw(page, SEVEN)
    network(page).focus()
    assert page.get_by_role("listbox").count() == 0
    expect(page.get_by_text("Network", exact=True).first).to_be_visible()
    assert network(page).evaluate("(list) => list.tagName") == "SELECT"
    before = network(page).input_value()
    page.keyboard.press("ArrowUp")
    expect(network(page)).not_to_have_value(before)
    settle(page)


def test_a_wrong_reading_is_a_word_away_from_why_and_from_teaching(shared_page: Page) -> None:
    page = shared_page
    draw(page, SEVEN)
    settle(page)
    for word, tab in (("See why", "Misread"), ("Teach it", "Teach")):
        page.locator("#reading").get_by_role("button", name=word).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("tab=Teach"))
