"""On a phone: the sheet stays beside what it drives, and every tab is in reach."""

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.drawing import SEVEN, drawing, settle, touch

COUNT = """
    const next = window.requestAnimationFrame;
    window.asked = 0;
    window.requestAnimationFrame = (step) => { asked += 1; return next(step); };
"""
UNREACHED = """() => [...document.querySelectorAll("main *")].filter((one) => {
    const { overflowX, overflowY } = getComputedStyle(one);
    const wide = /auto|scroll/.test(overflowX) && one.scrollWidth > one.clientWidth + 1;
    const high = /auto|scroll/.test(overflowY) && one.scrollHeight > one.clientHeight + 1;
    const within = one.querySelector("a[href], button, input, [tabindex='0']");
    return (wide || high) && one.checkVisibility() && one.tabIndex < 0 && !within;
}).map((one) => one.outerHTML.slice(0, 100))"""
REST = """async () => {
    for (let tries = 100; tries; tries -= 1) {
        const before = asked;
        await new Promise((resolve) => setTimeout(resolve, 200));
        if (before === asked) return before > 0;
    }
    return false;
}"""


def test_a_page_that_nobody_touches_draws_no_frames(phone: BrowserContext, open_page: OpenPage) -> None:
    """Otherwise it empties the phone's battery."""
    page = open_page(phone, before=lambda page: page.add_init_script(COUNT))
    page.locator("#reading .bar.top").wait_for()
    assert page.evaluate(REST)


def test_a_sample_is_drawn_and_kept_without_scrolling(shared_phone: Page) -> None:
    page = shared_phone
    tabs = page.locator("#right").get_by_role("tab")
    names = tabs.all_inner_texts()
    assert len(names) >= 7, "all of them, and no menu of others"
    page.get_by_role("tab", name="Network").tap()
    expect(page.get_by_role("tab", name="Network")).to_be_in_viewport(ratio=0.99)
    page.get_by_role("tab", name="Teach").tap()
    page.locator("#teach .classes").scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 400)")
    pocket = page.locator("#reading .pocket")
    expect(pocket).to_be_in_viewport(ratio=0.99)
    pocket.get_by_role("button", name="Draw", exact=True).tap()
    sheet = page.locator("#canvas .sheet canvas")
    expect(sheet).to_be_in_viewport(ratio=0.99)
    at = page.evaluate("scrollY")
    seven = page.locator("#teach .classes button").nth(7)
    expect(seven).to_be_in_viewport(ratio=0.99)
    touch(page, SEVEN[0])
    settle(page)
    expect(pocket.locator("p")).to_contain_text("7")
    seven.click()  # a tap right after a stroke that devtools drew counts as the end of its fling
    expect(page.locator("#teach .said")).to_contain_text("Kept as 7")
    assert page.evaluate("scrollY") == at
    assert drawing(page) == [], "ready for the next"
    pocket.get_by_role("button", name="Done").click()
    expect(page.locator("#canvas.large")).to_have_count(0)
    page.locator('#teach [data-do="delete-samples"]').tap()


def test_a_tab_that_is_chosen_deep_in_another_shows_its_view_from_the_beginning(shared_phone: Page) -> None:
    page = shared_phone
    page.get_by_role("tab", name="Learn").tap()
    page.locator("#learn").get_by_role("button", name="Common misconceptions").tap()
    heading = page.get_by_role("heading", name="Common misconceptions")
    expect(heading).to_be_in_viewport(ratio=0.99)
    bar = page.locator("#right [role=tablist]")
    expect(bar).to_be_in_viewport(ratio=0.99)
    assert heading.bounding_box()["y"] > _bottom(bar), "not under the tabs"
    assert _bottom(page.locator("#reading .pocket")) <= bar.bounding_box()["y"] + 1
    for name, first in (("Misread", "#misread h2"), ("Teach", "#teach h2"), ("Layers", "#layers .sentence")):
        page.get_by_role("tab", name=name).tap()
        top = page.locator(first).first
        expect(top).to_be_in_viewport(ratio=0.99)
        assert top.bounding_box()["y"] >= _bottom(bar), name
        expect(bar).to_be_in_viewport(ratio=0.99)


def test_see_why_goes_to_what_it_opens(shared_phone: Page) -> None:
    page = shared_phone
    page.locator("#canvas [data-example='3']").tap()
    why = page.locator("#reading").get_by_role("button", name="See why")
    why.evaluate("(button) => button.scrollIntoView({ block: 'end' })")  # what it opens stands below the window
    why.tap()
    expect(page.locator("#misread h2").first).to_be_in_viewport(ratio=0.99)
    page.get_by_role("tab", name="Layers").tap()


def test_whatever_scrolls_can_be_reached_without_a_finger(shared_phone: Page) -> None:
    """A keyboard scrolls only what it can come to."""
    page = shared_phone
    for name in page.locator("#right").get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=name).tap()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        assert page.evaluate(UNREACHED) == [], name
    page.get_by_role("tab", name="Layers").tap()


def _bottom(element: Locator) -> float:
    box = element.bounding_box()
    return box["y"] + box["height"]
