"""The tab in which a network learns somebody's hand, used as a visitor uses it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.drawing import ONE, SEVEN, button, chosen, draw, drawing, module, network, places, sheet
from tests.browser.teaching import LONG, keep, moved, open_tab, press, progress, said, samples, settings, teach, to_tab


@pytest.fixture
def page(visitor: BrowserContext, server: str) -> Iterator[Page]:
    """The page with the tab open and an empty sheet, of somebody who was never here."""
    page = open_tab(visitor, server)
    button(page, "Clear").click()
    yield page
    page.evaluate("localStorage.clear()")
    page.close()


@pytest.fixture(scope="module")
def opened(visitor: BrowserContext, server: str) -> Page:
    """One page for many tests, since opening it is what takes time."""
    return open_tab(visitor, server)


@pytest.fixture
def tab(opened: Page) -> Iterator[Page]:
    """The page with the tab open, an empty sheet and no samples; others have used it before."""
    opened.bring_to_front()  # a page behind another one draws no frames
    delete_samples(opened)  # of a page of the same browser
    opened.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ drawing: [] }}))")
    opened.get_by_label("Another class").fill("")
    opened.evaluate("document.activeElement.blur()")
    yield opened
    delete_samples(opened)


def delete_samples(page: Page) -> None:
    page.evaluate(f"{module('kept/samples.js')}.then((samples) => samples.deleteAllSamples())")


def test_a_class_name_is_text_and_never_html(tab: Page) -> None:
    draw(tab, ONE)
    tab.get_by_label("Another class").fill("<img src=x>")
    press(tab, "Keep the drawing")
    expect(said(tab)).to_contain_text("Kept as <img src=x>")
    expect(tab.locator("#teach .classes button").last).to_contain_text("<img src=x>")
    assert tab.locator("#teach img").count() == 0
    tab.reload()
    to_tab(tab)
    expect(samples(tab).get_by_role("textbox")).to_have_value("<img src=x>")


def test_samples_stay_in_the_browser_until_they_are_taught(tab: Page) -> None:
    page = tab
    draw(page, ONE)  # the engine speaks up with its first reading
    expect(page.locator("#engine .note")).to_contain_text("nothing leaves this computer")
    button(page, "Clear").click()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    for strokes, key in ((SEVEN, "7"), (ONE, "1")):
        keep(page, strokes, key)
    expect(page.locator('#teach .samples [data-state="unread"]')).to_have_count(0)
    assert [post for post in sent if "read_box" in post or "start_teaching" in post] == []
    teach(page, steps=0)
    expect(progress(page)).to_contain_text(re.compile("[Tt]aught"), timeout=LONG)
    assert len([post for post in sent if "start_teaching" in post]) == 1
    network(page).select_option("base")
    page.get_by_label("Steps").fill("")


def test_an_invalid_class_name_is_reported_and_the_drawing_stays(tab: Page) -> None:
    draw(tab, ONE)
    for name, says in (("", "needs a name"), ("x" * 300, "at most 24"), ("\u202e7", "control")):
        tab.get_by_label("Another class").fill(name)
        press(tab, "Keep the drawing")
        expect(said(tab)).to_contain_text(says)
    expect(samples(tab)).to_have_count(0)
    assert drawing(tab) != []


def test_samples_are_deleted_relabelled_and_brought_back(tab: Page) -> None:
    tab.keyboard.press("7")
    expect(said(tab)).to_contain_text("sheet is empty")
    keep(tab, SEVEN, "7")
    keep(tab, ONE, "1")
    tab.get_by_label("Class of sample 1", exact=True).fill("4")
    tab.get_by_label("Class of sample 1", exact=True).press("Enter")
    expect(said(tab)).to_have_text("Relabelled: 7 is now 4.")
    tab.get_by_role("button", name="Delete sample 2").click()
    expect(samples(tab)).to_have_count(1)
    press(tab, "Undo this change")
    expect(samples(tab)).to_have_count(2)
    expect(tab.get_by_label("Class of sample 1", exact=True)).to_have_value("4")
    press(tab, "Delete all")
    keep(tab, SEVEN, "7")
    press(tab, "Undo this change")
    press(tab, "Undo this change")
    expect(samples(tab)).to_have_count(2)
    press(tab, "Delete all")
    expect(samples(tab)).to_have_count(0)
    press(tab, "Teach")
    expect(progress(tab)).to_contain_text("no samples yet")


def test_a_sample_that_is_kept_in_the_middle_of_a_stroke_ends_it(tab: Page) -> None:
    first, *rest = places(tab, SEVEN[0])
    tab.mouse.move(*first)
    tab.mouse.down()
    tab.mouse.move(*rest[1], steps=5)
    tab.keyboard.press("7")
    expect(said(tab)).to_contain_text("Kept as 7")
    tab.mouse.move(*rest[-1], steps=5)
    tab.mouse.up()
    assert drawing(tab) == []
    tab.keyboard.press("Space")  # the pen of the keyboard, on the sheet that the mouse has left focused
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("1")
    expect(said(tab)).to_contain_text("Kept as 1")
    expect(tab.locator("#canvas .status")).to_contain_text("Pen up")
    tab.keyboard.press("ArrowRight")
    assert drawing(tab) == []
    keep(tab, ONE, "1")
    expect(samples(tab)).to_have_count(3)


def test_a_teaching_taken_up_again_tells_of_the_samples_that_it_was_given(page: Page) -> None:
    keep(page, SEVEN, "7")
    keep(page, ONE, "1")
    teach(page, steps=200)  # long enough to be seen under way
    expect(progress(page)).to_contain_text("Step", timeout=LONG)
    press(page, "Delete all")
    page.reload()
    to_tab(page)
    expect(progress(page)).to_contain_text(re.compile("[Tt]aught in"), timeout=LONG)
    expect(page.locator("#teach .readings li")).to_have_count(2)
    page.reload()
    to_tab(page)
    expect(page.locator("#teach .readings li")).to_have_count(0)
    expect(page.locator("#teach .untold")).to_be_visible()


def test_undo_ends_what_is_still_measured_about_the_network_that_was_taught(page: Page) -> None:
    for by in (0, 0.02, -0.02):
        keep(page, moved(SEVEN, by), "7")
    teach(page, steps=30)
    expect(progress(page)).to_contain_text("copies are taught", timeout=LONG)
    press(page, "Undo teaching")
    expect(chosen(page)).to_have_text(re.compile("^nano(?!, taught)"))
    expect(progress(page)).to_contain_text("is in the list below", timeout=LONG)
    expect(page.locator("#teach .curves")).to_be_hidden()


def test_an_invalid_setting_is_reported_by_its_name(tab: Page) -> None:
    keep(tab, SEVEN, "7")
    settings(tab)
    share = tab.get_by_label("Share of old digits, %")
    before = share.input_value()
    share.fill("-5")
    press(tab, "Teach")
    expect(progress(tab)).to_have_text("Share of old digits, %: expected a whole number from 0 to 95.")
    share.fill(before)


def test_a_digit_in_a_text_field_is_text(tab: Page) -> None:
    draw(tab, SEVEN)
    tab.get_by_label("Another class").press("7")
    expect(tab.get_by_label("Another class")).to_have_value("7")
    expect(samples(tab)).to_have_count(0)


def test_nobody_sees_what_another_teaches(page: Page, browser: Browser, server: str) -> None:
    page.evaluate("location.hash = 'path=6'")
    keep(page, SEVEN, "7")
    teach(page, steps=0)
    expect(chosen(page)).to_have_text(re.compile("^nano, taught"), timeout=LONG)
    expect(page.locator("#path .path-view")).to_have_attribute("data-done", "true")  # though the sheet is empty
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_role("button", name="A path in 6 steps")).to_be_visible()
    expect(progress(page)).to_contain_text(re.compile("[Tt]aught in"), timeout=LONG)
    assert page.locator("#teach progress").evaluate("(bar) => bar.value") == 1
    expect(page.locator("#teach .warnings")).to_contain_text("All samples are of the class 7")
    press(page, "Undo teaching")
    expect(page.locator("#teach .warnings")).to_be_empty()
    expect(page.locator("#teach .curves .note").first).to_be_empty()
    other = browser.new_context()
    theirs = open_tab(other, server)
    expect(samples(theirs)).to_have_count(0)
    assert not any("taught" in option for option in network(theirs).locator("option").all_text_contents())
    other.close()


def test_storage_that_is_blocked_is_said(tab: Page) -> None:
    tab.evaluate(
        """() => {
            window.storing = Storage.prototype.setItem;
            Storage.prototype.setItem = () => { throw new DOMException("", "QuotaExceededError"); };
        }"""
    )
    keep(tab, SEVEN, "7")
    expect(said(tab)).to_contain_text("download the samples")
    tab.evaluate("() => { Storage.prototype.setItem = window.storing; }")


def test_invalid_files_are_refused(tab: Page, tmp_path: Path) -> None:
    wrong = tmp_path / "network.safetensors"
    wrong.write_bytes(b"PK\x03\x04" + bytes(100))
    with tab.expect_file_chooser() as chooser:
        press(tab, "Open network")
    chooser.value.set_files(wrong)
    expect(tab.locator("#teach .versions .note").last).to_contain_text("not a Digitscope checkpoint")
    newer = tmp_path / "samples.json"
    newer.write_text(json.dumps({"format": 99, "samples": []}))
    with tab.expect_file_chooser() as chooser:
        press(tab, "Open samples")
    chooser.value.set_files(newer)
    expect(said(tab)).to_contain_text("format 99")


def test_a_network_that_is_no_longer_kept_is_said(page: Page) -> None:
    gone = f"mine-{'0' * 32}"
    page.evaluate(
        f"{module('kept/networks.js')}.then((networks) => networks.addNetwork({{ key: '{gone}', title: 'gone' }}))"
    )
    page.wait_for_function(f"localStorage['digitscope.networks'].includes('{gone}')")
    page.reload()
    expect(page.locator("#networks .note")).to_contain_text("no longer kept")
    expect(chosen(page)).to_have_text(re.compile("^base"))
    assert sheet(page).is_visible()


def test_the_tab_fits_a_narrow_screen(tab: Page) -> None:
    keep(tab, SEVEN, "7")
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == 360


def test_a_new_class_takes_one_drawing_after_the_other(tab: Page) -> None:
    tab.get_by_label("Another class").fill("heart")
    for by in (0, 0.02):
        draw(tab, moved(ONE, by))
        press(tab, "Keep the drawing")
        expect(said(tab)).to_contain_text("Kept as heart")
    expect(samples(tab)).to_have_count(2)


def test_no_two_buttons_in_sight_are_called_the_same(tab: Page) -> None:
    keep(tab, SEVEN, "7")
    names = [button.inner_text() for button in tab.get_by_role("button", name="Undo").all() if button.is_visible()]
    assert len(names) == len(set(names)) == 3


def test_what_to_draw_next_follows_from_what_is_misread(tab: Page) -> None:
    """Five 7s that are read as 1: the page asks for 1s and then for Teach, not for a 0; nor does it with hearts."""
    said = tab.evaluate(
        f"""async () => {{
            const [samples, {{ suggestion }}] = await Promise.all([
                {module("kept/samples.js")}, {module("teach/suggestion.js")}]);
            const seven = (_, index) => ({{ label: "7", drawing: [[[0.1 * index, 0.5]]] }});
            const sevens = Array.from({{ length: 5 }}, seven);
            samples.addSamples(sevens);
            const readings = new Map(samples.getSamples().map(({{ drawing }}) => [drawing, [["1", 0.9]]]));
            const first = suggestion([..."0123456789"], readings);
            samples.addSamples([{{ label: "1", drawing: [[[0.5, 0.1]]] }}]);
            const second = suggestion([..."0123456789"], readings);
            const right = new Map(samples.getSamples().map(({{ label, drawing }}) => [drawing, [[label, 0.9]]]));
            const taught = suggestion([..."0123456789"], right);
            samples.deleteAllSamples();
            samples.addSamples(sevens.map((each) => ({{ ...each, label: "heart" }})));
            return [first, second, taught, suggestion([..."0123456789"], new Map()),
                suggestion([..."0123456789", "heart"], new Map())];
        }}"""
    )
    assert said[0].startswith("Draw some 1s too")
    assert said[1] == "Press Teach: 5 of your 6 samples are misread."
    assert said[2] == "All of your samples are read correctly."
    assert said[3] == "Press Teach: a new class is learned from its drawings."
    assert said[4] == "All of your samples are read correctly."


def test_samples_of_a_file_are_added_once(bench: Page) -> None:
    """A file may name one twice, or only what is there already: then there is nothing to undo."""
    found = bench.evaluate(
        """async () => {
            const box = await import("/kept/samples.js");
            const [one, other] = [[[0.1, 0.2]], [[0.3, 0.4]]].map((stroke) => ({ label: "7", drawing: [stroke] }));
            box.addSamples([one, { ...one }, other]);
            box.addSamples([{ ...one }]);
            const count = box.getSamples().length;
            box.undoSamples();
            return [count, box.getSamples().length, box.canUndoSamples()];
        }"""
    )
    assert found == [2, 0, False]
