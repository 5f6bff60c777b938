"""The question that the page opens with, and the path, whose steps see for themselves whether they were done."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from model.network import PRESETS
from tests.browser.conftest import OpenPage, Visits
from tests.browser.drawing import SCRIBBLE, SEVEN, button, draw, module, settle, top
from ui.first_visit.question import answer_of


def question(page: Page) -> Locator:
    return page.locator("#question .question-view")


def path(page: Page) -> Locator:
    return page.locator("#path .path-view")


def pin(page: Page, layer: str) -> None:
    cell = f"{{ layer: '{layer}', y: 6, x: 6, channel: 2 }}"
    page.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ cell: {cell} }}))")


@pytest.fixture(scope="module")
def first_visit(desk: BrowserContext, server: str) -> Iterator[Page]:
    """The page as it opens; the tests use it one after the other."""
    visits = Visits(server)
    page = visits.open(desk)
    yield page
    page.evaluate("localStorage.removeItem('digitscope.path')")
    page.close()
    assert not visits.errors


def test_the_opening_screen_asks_and_answers_and_gives_way_to_the_pen(first_visit: Page) -> None:
    page = first_visit
    asked = answer_of(PRESETS["base"])
    expect(question(page).locator("h2")).to_have_text(asked["question"])
    for figure, picture in zip(question(page).locator("figure").all(), asked["pictures"], strict=True):
        expect(figure.locator("figcaption")).to_contain_text(picture["sentence"])
        inked = "(canvas) => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.some((byte) => byte)"
        assert figure.locator(".ink").evaluate(inked), "on the drawing that is there"
    before = page.locator("#layers .flow").bounding_box()
    draw(page, SEVEN)
    expect(question(page)).to_be_hidden()
    expect(page.locator("#layers .strip").first).to_be_visible()
    assert page.locator("#layers .flow").bounding_box() == before, "nothing jumps"
    page.get_by_role("button", name=asked["question"]).click()
    expect(question(page)).to_be_visible()
    question(page).get_by_role("button", name="Close").click()
    expect(question(page)).to_be_hidden()
    button(page, "Clear").click()


def test_on_a_phone_the_question_is_in_sight_beside_the_sheet_and_leaves_with_it(
    phone: BrowserContext, open_page: OpenPage
) -> None:
    page = open_page(phone)
    sheet, card = page.locator("#canvas .sheet"), page.locator("#question")
    for element in (question(page).locator("h2"), *question(page).locator("figure").all()):
        expect(element).to_be_in_viewport(ratio=1)
    free = card.bounding_box()["y"] - sheet.bounding_box()["y"]
    assert free > 0.9 * sheet.bounding_box()["height"], "the card covers the sheet"
    expect(page.locator("#layers")).not_to_have_attribute("inert", "")
    page.locator("#layers .cell").scroll_into_view_if_needed()
    expect(question(page)).to_be_hidden()
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name=answer_of(PRESETS["base"])["question"]).tap()
    expect(question(page)).to_be_visible()
    draw(page, SEVEN)
    expect(question(page)).to_be_hidden()


def test_each_step_of_the_path_is_done_by_doing_it(first_visit: Page) -> None:
    page = first_visit
    page.get_by_role("button", name=answer_of(PRESETS["base"])["question"]).click()
    expect(question(page)).to_be_visible()
    head = page.locator("#head").bounding_box()
    page.get_by_role("button", name="A path in 6 steps").click()
    expect(question(page)).to_be_hidden()
    says, further = path(page).locator(".task"), path(page).locator('[data-do="next"]')
    expect(says).to_contain_text("Draw a digit")
    expect(further).to_have_text("Skip")
    expect(path(page)).to_have_attribute("data-done", "false")
    draw(page, SEVEN)
    expect(path(page)).to_have_attribute("data-done", "true")
    for layer in ("stages.0.depthwise", "stages.2.depthwise", "stages.2.pointwise"):
        further.click()
        expect(path(page)).to_have_attribute("data-done", "false")
        pin(page, "stages.1.depthwise")
        expect(path(page)).to_have_attribute("data-done", "false")
        pin(page, layer)
        expect(path(page)).to_have_attribute("data-done", "true")
    further.click()
    expect(page.get_by_role("tab", name="Misread")).to_have_attribute("aria-selected", "true")
    settle(page)
    expect(top(page)).to_have_text("7")
    expect(path(page)).to_have_attribute("data-done", "false")
    draw(page, SCRIBBLE)
    expect(path(page)).to_have_attribute("data-done", "true")
    path(page).get_by_role("button", name="Leave").click()
    page.reload()
    further = page.get_by_role("button", name="Continue the path: step 5 of 6")
    further.wait_for()
    assert page.locator("#head").bounding_box() == head, "in one line, so that nothing below has moved"
    further.click()
    expect(path(page)).to_have_attribute("data-done", "true")


@pytest.mark.parametrize("width", [1440, 360])
def test_a_teachers_link_opens_a_step_at_its_place(browser_page: Page, width: int) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 720})
    page.evaluate("location.hash = 'path=3'")
    expect(path(page).locator('[aria-current="step"]')).to_have_text("3")
    expect(page.locator('#layers canvas[data-layer="stages.2.depthwise"]')).to_be_in_viewport()
    expect(page).to_have_url(re.compile("path=3"))
    expect(path(page).locator(".step")).to_be_in_viewport(ratio=1)
    pin(page, "stages.2.depthwise")
    expect(path(page)).to_have_attribute("data-done", "true")
    panel = page.locator("#layers .cell")
    box = panel.bounding_box()
    corner = [box["x"] + 9, box["y"] + box["height"] - 9]
    is_on_top = panel.evaluate("(panel, at) => panel.contains(document.elementFromPoint(...at))", corner)
    assert is_on_top, "the path covers nothing of the selected cell's panel"
    path(page).get_by_role("button", name="Leave").click()


@pytest.fixture
def browser_page(shared_page: Page) -> Page:
    """A page with a drawing."""
    draw(shared_page, SEVEN)
    settle(shared_page)
    return shared_page


@pytest.mark.parametrize("width", [1440, 360])
def test_the_choice_of_language_stays_where_it_is_while_somebody_is_on_the_path(browser_page: Page, width: int) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 720})
    before = page.locator("#language").bounding_box()["x"]
    page.evaluate("location.hash = 'path=3'")
    expect(path(page).locator('[aria-current="step"]')).to_be_visible()
    assert page.locator("#language").bounding_box()["x"] == before
    path(page).get_by_role("button", name="Leave").click()


def test_the_tabs_stay_below_a_step_of_many_lines(browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 960, "height": 720})
    page.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ path: 4 }}))")
    expect(path(page).locator(".says")).to_contain_text("weights")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('#head').getBoundingClientRect().top === 0")
    head = page.locator("#head").bounding_box()
    assert head["height"] > 64, "more than two lines"
    tabs = "document.querySelector('#right .tab-wrapper').getBoundingClientRect().top"
    page.wait_for_function(f"(bottom) => {tabs} >= bottom", arg=head["height"])
    path(page).get_by_role("button", name="Leave").click()
