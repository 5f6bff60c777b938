"""The tab that says why a drawing is misread: its steps, and the ink that the decision depends on."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from model import DigitNet, load_checkpoint, predict
from model.drawing.normalisation import Steps, moved, normalised, slant_of
from tests.browser.drawing import SCRIBBLE, SEVEN, Strokes, button, draw, drawing, settle, top

WAYS = {"left": (-2, 0), "right": (2, 0), "up": (0, -2), "down": (0, 2)}
IN_THE_CORNER = [[(0.05, 0.05), (0.16, 0.05), (0.1, 0.2)]]
OCCLUDE = "**/component_server/**"


@pytest.fixture
def tab(shared_page: Page) -> Iterator[Page]:
    """The page with a seven on it and the tab open, all steps done."""
    page = shared_page
    draw(page, SEVEN)
    page.get_by_role("tab", name="Misread").click()
    expect(page.locator("#misread .bar.top")).to_have_count(4)
    settle(page)
    yield page
    page.locator('#misread .steps [aria-pressed="false"]').evaluate_all(
        "(steps) => steps.forEach((step) => step.click())"
    )


def inked(canvas: Locator) -> list[int]:
    """Pixels of a 28 x 28 canvas with at least half of full ink."""
    return canvas.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
            return [...Array(784).keys()].filter((pixel) => data[4 * pixel + 3] > 127);
        }"""
    )


def pictures(page: Page) -> list[list[int]]:
    """Ink of the four pictures."""
    return [inked(canvas) for canvas in page.locator("#misread .steps canvas").all()]


def colours(page: Page) -> int:
    """How many colours the heat has: 1 where nothing is shown."""
    return page.locator("#misread .heat").evaluate(
        """(canvas) => new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, 28, 28).data.buffer)).size"""
    )


def occlude(page: Page) -> Locator:
    """Press the button; returns the line that the answer comes on."""
    page.get_by_role("button", name="Cover the ink bit by bit").click()
    return page.locator("#misread .occlusion .sentence")


def test_the_last_picture_is_what_the_network_sees(tab: Page) -> None:
    assert pictures(tab)[3] == inked(tab.locator("#reading .seen canvas").first)
    expect(tab.locator("#misread figure:nth-child(4) .bar.top .label")).to_have_text(top(tab).inner_text())


def test_steps_follow_the_pen(tab: Page) -> None:
    before = pictures(tab)
    draw(tab, [[(0.3, 0.5), (0.7, 0.5)]])
    settle(tab)
    assert all(now != then for now, then in zip(pictures(tab), before, strict=True))


def test_what_is_no_digit_is_explained_as_such(tab: Page) -> None:
    """Not by what a scribble would be read as, were it moved."""
    button(tab, "Clear").click()
    draw(tab, SCRIBBLE)
    settle(tab)
    expect(tab.locator("#misread .verdict-steps")).to_have_text(
        re.compile(r"^It does not take this for a digit: .*scribbles")
    )


def changes_of(net: DigitNet, strokes: Strokes) -> tuple[str | None, set[str]]:
    """What a drawing is read as without its slant, None where that changes nothing; and the moves that change it."""
    image = normalised(strokes)
    first = lambda picture: net.classes[predict(net, picture[None])[0].argmax()]  # noqa: E731
    upright = first(normalised(strokes, slant=slant_of(image)))
    moves = {way for way, by in WAYS.items() if first(moved(image, *by)) != first(image)}
    return (None if upright == first(image) else upright), moves


def test_the_causes_are_those_for_which_the_library_reads_something_else(tab: Page) -> None:
    net = load_checkpoint("base")
    flagged = ([[(0.3, 0.35), (0.7, 0.2), (end / 20, 0.9)]] for end in range(3, 10))  # ones that lean like a 7
    button(tab, "Clear").click()
    draw(tab, next(strokes for strokes in flagged if all(changes_of(net, strokes))))
    settle(tab)
    sentence = tab.locator("#misread .verdict-steps").inner_text()
    upright, moves = changes_of(net, drawing(tab))
    assert upright or moves, "nothing would have to be shown"
    assert (f"would read {upright}" in sentence and "slant of" in sentence) == (upright is not None)
    assert {way for way in WAYS if f"farther {way}, it would read" in sentence} == moves


def test_a_step_that_is_left_out_does_nothing(tab: Page) -> None:
    button(tab, "Clear").click()
    draw(tab, IN_THE_CORNER)
    settle(tab)
    raw, boxed, scaled, _ = pictures(tab)
    assert raw != boxed != scaled
    for name in ("Ink box", "Scale", "Centre"):
        step = tab.locator("#misread").get_by_role("button", name=name)
        step.click()
        expect(step).to_have_attribute("aria-pressed", "false")
    settle(tab)
    assert pictures(tab) == [raw] * 4


def test_steps_by_keyboard(tab: Page) -> None:
    step = tab.locator("#misread").get_by_role("button", name="Scale")
    step.focus()
    tab.keyboard.press("Enter")
    expect(step).to_have_attribute("aria-pressed", "false")


def test_an_empty_sheet_says_what_to_do(tab: Page) -> None:
    button(tab, "Clear").click()
    expect(tab.locator("#misread .verdict-steps")).to_have_text("Draw a digit to see what happens to it.")
    assert pictures(tab) == [[]] * 4
    expect(tab.get_by_role("button", name="Cover the ink bit by bit")).to_be_disabled()


def test_the_ink_that_decides_is_shown_and_said(tab: Page) -> None:
    expect(occlude(tab)).to_contain_text("ithout")
    assert colours(tab) > 10
    expect(tab.locator("#misread .picture i")).to_be_visible()
    expect(tab.locator("#misread .high")).to_contain_text("points")


def test_what_was_found_is_dropped_with_the_drawing(tab: Page) -> None:
    """A heat over other ink would be a false statement."""
    line = occlude(tab)
    expect(line).to_contain_text("ithout")
    draw(tab, [[(0.3, 0.5), (0.7, 0.5)]])
    expect(line).to_be_empty()
    assert colours(tab) == 1
    expect(tab.locator("#misread .picture i")).to_be_hidden()


def test_a_late_answer_about_an_older_drawing_is_dropped(tab: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if "explain" in (route.request.post_data or "") else route.continue_()

    tab.route(OCCLUDE, hold)
    line = occlude(tab)
    expect(line).to_contain_text("reading a few hundred images")
    draw(tab, [[(0.3, 0.5), (0.7, 0.5)]])
    assert len(held) == 1
    with tab.expect_response(lambda response: response.request == held[0].request):
        held[0].continue_()
    settle(tab)
    expect(line).to_be_empty()
    assert colours(tab) == 1


def test_nothing_is_asked_while_the_tab_is_not_open(served_page: Page) -> None:
    """Four more images for each movement are worth it to those who look at them only."""
    tab = served_page
    asked: list[str] = []
    tab.on(
        "request", lambda request: asked.append(request.post_data or "") if "component_server" in request.url else None
    )
    tab.get_by_role("tab", name="Network").click()
    draw(tab, [[(0.3, 0.5), (0.7, 0.5)]])
    settle(tab)
    assert any("sequence" in text for text in asked)
    assert not any("boxed" in text for text in asked)


def test_the_tab_fits_a_narrow_screen(tab: Page) -> None:
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == 360


def causes(net: DigitNet, strokes: Strokes) -> list[str]:
    """What the network reads without each of the three steps alone, where that is another digit."""
    whole = Steps()
    taken = [whole, *(whole._replace(**{step: False}) for step in Steps._fields)]
    read = predict(net, np.stack([normalised(strokes, steps) for steps in taken])).argmax(1)
    return [net.classes[answer] for answer in read[1:] if answer != read[0]]


def test_the_step_that_decides_the_answer_is_named(tab: Page) -> None:
    net = load_checkpoint("base")
    small = [[(0.3 * x + 0.1, 0.3 * y + 0.1) for x, y in stroke] for stroke in SEVEN]
    expected = causes(net, small)
    assert expected, "choose a drawing that needs a step to be read"
    button(tab, "Clear").click()
    draw(tab, small, steps=1)
    settle(tab)
    said = tab.locator("#misread .verdict-steps").inner_text()
    assert said.startswith(f"It reads {top(tab).inner_text()}; ")
    assert [part.split()[-1].strip(".") for part in said.split("; ")[1:]] == causes(net, drawing(tab)) != []
