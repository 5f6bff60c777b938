"""Somebody draws, with whatever is at hand, and the page keeps up and loses nothing."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from model.drawing.examples import load_styles
from tests.browser.conftest import OpenPage
from tests.browser.drawing import (
    ONE,
    SEVEN,
    ZERO,
    Strokes,
    asked_about,
    button,
    draw,
    drawing,
    finger,
    places,
    settle,
    sheet,
    top,
    touch,
    verdict,
)


@pytest.fixture
def page(shared_page: Page) -> Page:
    """An empty sheet."""
    return shared_page


@pytest.mark.parametrize(("strokes", "label"), [(SEVEN, "7"), (ZERO, "0"), (ONE, "1")])
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, strokes: Strokes, label: str) -> None:
    draw(page, strokes)
    expect(top(page)).to_have_text(label)
    expect(verdict(page)).to_contain_text(f"{label} (")


def test_bars_follow_while_the_pen_is_still_down(page: Page) -> None:
    first, *rest = places(page, SEVEN[0])
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=4)
    expect(top(page)).to_have_text("7")  # the button of the mouse was never let go
    page.mouse.up()


def test_undo_redo_and_clear_by_button(page: Page) -> None:
    draw(page, [*SEVEN, [(0.3, 0.5), (0.7, 0.5)]])
    whole = drawing(page)
    assert len(whole) == 2
    button(page, "Undo").click()
    assert drawing(page) == whole[:1]
    button(page, "Redo").click()
    assert drawing(page) == whole
    expect(button(page, "Redo")).to_be_disabled()

    button(page, "Clear").click()
    assert drawing(page) == []
    expect(button(page, "Clear")).to_be_disabled()
    expect(verdict(page)).to_have_attribute("data-state", "empty")
    button(page, "Undo").click()
    assert drawing(page) == whole, "clearing can be undone"


def test_undo_redo_and_clear_by_key(page: Page) -> None:
    draw(page, SEVEN)
    whole = drawing(page)
    page.keyboard.press("Delete")
    assert drawing(page) == []
    page.keyboard.press("Control+z")
    assert drawing(page) == whole
    page.keyboard.press("Control+z")
    assert drawing(page) == []
    page.keyboard.press("Control+y")
    assert drawing(page) == whole
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+Z")
    assert drawing(page) == whole


def test_a_stroke_after_undo_takes_the_place_of_what_was_undone(page: Page) -> None:
    draw(page, SEVEN)
    button(page, "Undo").click()
    draw(page, ONE)
    expect(button(page, "Redo")).to_be_disabled()
    expect(top(page)).to_have_text("1")


def test_a_finger_draws_and_does_not_scroll_the_page(shared_phone: Page) -> None:
    page = shared_phone
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight"), "the page is long enough to scroll"
    places(page, ONE[0])  # scrolls the sheet into view
    scrolled = page.evaluate("scrollY")
    touch(page, [(0.5, 0.9 - 0.05 * step) for step in range(17)])
    assert page.evaluate("scrollY") == scrolled
    assert len(drawing(page)) == 1
    expect(top(page)).to_have_text("1")


def test_a_second_finger_neither_draws_nor_disturbs(shared_phone: Page) -> None:
    page = shared_phone
    devtools = page.context.new_cdp_session(page)
    one = places(page, [(0.5, 0.15 + 0.1 * step) for step in range(8)])
    other = places(page, [(0.2 + 0.05 * step, 0.5) for step in range(8)])

    def send(kind: str, *fingers: dict[str, float]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(fingers)})

    send("touchStart", finger(one[0]))
    send("touchStart", finger(one[0]), finger(other[0], 1))
    for mine, theirs in zip(one[1:], other[1:], strict=True):
        send("touchMove", finger(mine), finger(theirs, 1))
    send("touchEnd", finger(one[-1]))  # the second finger leaves first
    send("touchEnd")
    strokes = drawing(page)
    assert len(strokes) == 1
    assert all(abs(x - 0.5) < 0.02 for x, *_ in strokes[0])


def test_a_stroke_that_the_system_cuts_off_is_kept(shared_phone: Page) -> None:
    page = shared_phone
    touch(page, [(0.5, 0.15 + 0.1 * step) for step in range(8)], end="touchCancel")
    kept = drawing(page)
    assert len(kept) == 1
    assert len(kept[0]) > 4
    touch(page, [(0.2, 0.2), (0.3, 0.3)])
    assert drawing(page)[0] == kept[0], "and the pen draws on"
    assert len(drawing(page)) == 2


def test_the_keyboard_draws(page: Page) -> None:
    sheet(page).focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    assert drawing(page) == [], "the pen is up"
    page.keyboard.press("Space")
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert len(drawing(page)) == 1
    expect(top(page)).to_have_text("1")
    expect(page.locator("#canvas .status")).to_contain_text("Pen up")


def test_every_control_can_be_reached_and_seen_by_keyboard(page: Page) -> None:
    draw(page, SEVEN)
    sheet(page).focus()
    reached = []
    for key in ["Shift+Tab", *["Tab"] * 13]:  # what stands before the sheet, the sheet, and what follows
        page.keyboard.press(key)
        name, width = page.evaluate(
            "[document.activeElement.ariaLabel || document.activeElement.textContent.trim(),"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        reached.append(name)
        assert width >= 1, f"{name} shows that it has the focus"
    button(page, "0").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "9", "the arrow keys go from digit to digit"
    assert {"Undo", "Clear", "Fine pen", "Broad pen", "Copy link", "0", "Another hand", "Keys"} <= set(reached)


def test_a_dot_is_a_drawing(page: Page) -> None:
    draw(page, [[(0.5, 0.5)]])
    settle(page)
    assert [len(stroke) for stroke in drawing(page)] == [1]
    expect(verdict(page)).not_to_have_attribute("data-state", "error")


def test_examples_are_read_as_what_they_are_and_can_be_undone(page: Page) -> None:
    draw(page, SEVEN)
    mine = drawing(page)
    for label in "0123456789":
        button(page, label).click()
        expect(top(page)).to_have_text(label)
    for _ in range(10):
        page.keyboard.press("Control+z")
    assert drawing(page) == mine


def test_an_example_comes_in_several_hands(page: Page) -> None:
    button(page, "2").click()
    one = drawing(page)
    button(page, "2").click()
    assert drawing(page) != one


def test_another_hand_writes_the_digit_in_the_next_style_and_says_which(page: Page) -> None:
    button(page, "7").click()
    titles = [one.title for one in load_styles() if one.label == "7"]
    status = page.locator("#canvas .status")
    for number, title in enumerate([*titles, titles[0]]):
        button(page, "Another hand").click()
        expect(status).to_have_text(f"{title}; style {number % len(titles) + 1} of {len(titles)}.")
        expect(top(page)).to_have_text("7")
    shown = drawing(page)
    button(page, "Another hand").click()
    assert drawing(page) != shown
    button(page, "Undo").click()
    assert drawing(page) == shown


def test_the_pen_size_changes_the_line_and_not_the_reading(page: Page) -> None:
    draw(page, SEVEN)
    settle(page)
    before = verdict(page).inner_text()
    ink = """() => {
        const canvas = document.querySelector("#canvas .sheet canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value, index) => sum + (index % 4 === 3 ? value : 0), 0);
    }"""
    medium = page.evaluate(ink)
    button(page, "Broad pen").click()
    broad = page.evaluate(ink)
    button(page, "Medium pen").click()
    assert broad > 1.5 * medium
    assert page.evaluate(ink) == medium
    assert verdict(page).inner_text() == before


def test_the_opening_example_writes_itself_and_gives_way_to_the_pen(browser: Browser, open_page: OpenPage) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="no-preference")
    sizes: list[int] = []
    page = open_page(context, before=lambda page: _listen(page, sizes))
    page.wait_for_timeout(1500)
    assert len(set(sizes)) > 3, "the network reads along while the example is written"
    assert sizes == sorted(sizes)
    expect(button(page, "Undo")).to_be_disabled()  # the example is nobody's drawing
    draw(page, ONE)
    assert len(drawing(page)) == 1
    expect(top(page)).to_have_text("1")
    button(page, "Undo").click()
    assert drawing(page) == []
    context.close()


def test_a_visitor_who_prefers_less_motion_sees_the_example_at_once_and_another_hand_begins_with_it(
    desk: BrowserContext, open_page: OpenPage
) -> None:
    sizes: list[int] = []
    page = open_page(desk, "?engine=off", before=lambda page: _listen(page, sizes))
    page.locator("#reading .bar.top").wait_for()
    assert set(sizes) == {sum(map(len, drawing(page)))}
    button(page, "Another hand").click()
    expect(page.locator("#canvas .status")).to_contain_text("5, one stroke; style 1 of")
    expect(top(page)).to_have_text("5")


def _listen(page: Page, sizes: list[int]) -> None:
    """Keep the count of points of every drawing that the page asks about."""

    def listen(request: Request) -> None:
        asked = asked_about(request)
        if asked:
            sizes.append(sum(map(len, asked["drawing"])))

    page.on("request", listen)
