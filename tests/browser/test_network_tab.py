"""The tab that says what the network is made of: the figure that grows, the mean fields, the table."""

import csv
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from model import PRESETS, DigitNet, complexity, rasterize, receptive_field
from model.drawing.corpora import read_pendigits
from model.evaluation.confusion import recorded_confusion
from model.layers import layers_of
from tests.browser.conftest import OpenPage
from tests.browser.drawing import SEVEN, button, draw, drawing, module, same_drawing, settle
from tests.conftest import find_data

BASE = DigitNet(PRESETS["base"])


def open_tab(page: Page) -> Page:
    """Open the tab and wait for what the server says of the network."""
    page.get_by_role("tab", name="Network").click()
    page.locator('.architecture-view[data-network="base"]').wait_for()
    return page


@pytest.fixture
def tab(shared_page: Page) -> Page:
    """The page with the tab open; base reads."""
    return open_tab(shared_page)


def stage(page: Page, index: int) -> None:
    """Move the slider by its keys: 0 is the stem."""
    slider = page.get_by_role("slider", name="Stage")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(index):
        page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("index", [1, 2, 3, 4])
def test_the_figure_shows_the_field_of_each_stage(tab: Page, index: int) -> None:
    """Box and sentence against the algebra, by keyboard alone."""
    stage(tab, index)
    top, left, bottom, right = map(int, tab.locator("#architecture .growth").get_attribute("data-box").split(","))
    field = receptive_field(BASE, f"stages.{index - 1}")
    region = field.region(*(n // 2 for n in field.map_size), clipped=False)
    assert ((top, bottom), (left, right)) == region
    size = f"{field.size[0]} x {field.size[1]}"
    expect(tab.locator("#architecture .growth .sentence")).to_contain_text(
        f"Stage {index}, dilation {BASE.stages[index - 1].dilation}: the field grows from"
    )
    sentence = tab.locator("#architecture .growth .sentence")
    expect(sentence).to_contain_text(f"to {size} pixels with 9 weights per channel")


def test_the_figure_stands_on_the_drawing(tab: Page) -> None:
    picture = tab.locator("#architecture .growth .ink")
    blank = picture.evaluate("(canvas) => canvas.toDataURL()")
    draw(tab, SEVEN)
    settle(tab)
    assert picture.evaluate("(canvas) => canvas.toDataURL()") != blank
    button(tab, "Clear").click()
    assert picture.evaluate("(canvas) => canvas.toDataURL()") == blank


def test_nothing_moves_by_itself_where_the_system_asks_for_no_motion(tab: Page) -> None:
    expect(tab.get_by_role("button", name="Play")).to_be_disabled()


def test_the_figure_has_what_was_drawn_before_and_plays_when_asked_until_the_last_stage(
    browser: Browser, open_page: OpenPage
) -> None:
    context: BrowserContext = browser.new_context(reduced_motion="no-preference")
    page = open_page(context)
    draw(page, SEVEN)
    settle(page)
    open_tab(page)
    page.wait_for_function(
        """() => {
            const context = document.querySelector("#architecture .growth .ink").getContext("2d");
            return context.getImageData(0, 0, 28, 28).data.some(Boolean);
        }"""
    )
    page.clock.install()
    page.clock.run_for(1600)  # longer than a step: paused until somebody presses the button
    assert page.get_by_role("slider", name="Stage").input_value() == "0"
    page.locator("#architecture").get_by_role("button", name="Play").click()
    expect(page.locator("#architecture").get_by_role("button", name="Pause")).to_be_visible()
    page.clock.run_for(15000)
    expect(page.locator("#architecture").get_by_role("button", name="Play")).to_be_visible()
    assert page.get_by_role("slider", name="Stage").input_value() == "4"
    page.close()
    context.close()


def test_every_stage_has_its_mean_field(tab: Page) -> None:
    names = tab.locator("#architecture .fields b").all_inner_texts()
    assert names == ["Stem", "Stage 1", "Stage 2", "Stage 3", "Stage 4"]
    for caption in tab.locator("#architecture figcaption").all_inner_texts():
        assert "95 % inside " in caption


def test_the_table_has_every_layer_and_its_cost(tab: Page) -> None:
    layers = [layer.title for layer in layers_of(BASE.config) if layer.name != "pool"]
    assert tab.locator("#architecture tbody th").all_inner_texts() == layers
    total = tab.locator("#architecture tfoot td").all_inner_texts()
    assert total == [f"{complexity(BASE).parameters:,}", f"{complexity(BASE).multiply_accumulates:,}"]


def test_the_table_is_saved_as_csv(tab: Page, tmp_path: Path) -> None:
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save as CSV").click()
    path = tmp_path / "layers.csv"
    download.value.save_as(path)
    assert download.value.suggested_filename.endswith("-layers.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    third = next(row for row in rows if row["layer"] == "stages.2.depthwise")
    assert (third["kernel"], third["dilation"], third["field"]) == ("3", "3", "29")
    assert third["pixels_read"] == third["pixels_in_field"] == "841"
    assert int(third["multiply_accumulates"]) == complexity(BASE).layers["stages.2.depthwise"].multiply_accumulates


def test_the_tab_follows_the_network(tab: Page) -> None:
    choice = tab.get_by_role("combobox", name="Network")
    if choice.locator("option").count() < 2:
        pytest.skip("checkpoints/ has one network only")
    choice.select_option(index=0)
    expect(tab.locator(".architecture-view")).not_to_have_attribute("data-network", "base")
    expect(tab.locator("#architecture tfoot td").first).not_to_have_text(f"{complexity(BASE).parameters:,}")


def test_the_table_scrolls_in_its_own_box_on_a_narrow_screen(tab: Page) -> None:
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.locator("#architecture .scroll").evaluate("(box) => box.scrollWidth > box.clientWidth")


# What it confuses ---------------------------------------------------------------------------------------------------


@pytest.fixture
def confusion(tab: Page) -> Page:
    """The tab scrolled to the counts of base; none is chosen."""
    tab.locator(".confusion-view").scroll_into_view_if_needed()
    tab.locator('.confusion-view[data-network="base"]').wait_for()
    tab.get_by_role("button", name="MNIST's test images").click()
    return tab


@pytest.mark.parametrize(("name", "data"), [("MNIST's test images", "test"), ("People's pen strokes", "pendigits")])
def test_the_counts_are_those_that_were_recorded(confusion: Page, name: str, data: str) -> None:
    confusion.get_by_role("button", name=name).click()
    counts = recorded_confusion("base")[data]
    cells = confusion.locator(".confusion-view [role=gridcell]").all_inner_texts()
    assert cells == [str(count) if count else "\u00b7" for count in counts.flat]
    wrong = counts.sum() - counts.trace()
    expect(confusion.locator(".confusion-view .sentence").first).to_contain_text(f"base misreads {wrong:,} (")


def test_counts_are_reached_by_keyboard(confusion: Page) -> None:
    """Tab leads to one cell, arrows to all others, Enter looks behind it."""
    cells = confusion.locator(".confusion-view [role=gridcell]")
    assert confusion.locator(".confusion-view [role=gridcell][tabindex='0']").count() == 1
    counts = recorded_confusion("base")["test"]
    label, answer = (int(index) for index in next(zip(*np.nonzero(counts == 0), strict=True)))
    cells.first.focus()
    for key, times in (("ArrowDown", label), ("ArrowRight", answer)):
        for _ in range(times):
            confusion.keyboard.press(key)
    expect(cells.nth(10 * label + answer)).to_be_focused()
    confusion.keyboard.press("Enter")
    expect(confusion.locator(".confusion-view .behind")).to_have_text(f"No image of {label} is read as {answer}.")
    expect(cells.nth(10 * label + answer)).to_have_attribute("aria-selected", "true")


def test_a_drawing_behind_a_count_is_put_on_the_sheet(confusion: Page) -> None:
    data = find_data()
    file = data / "pendigits" / "pendigits-orig.tra" if data else None
    if not file or not file.is_file():
        pytest.skip("needs pendigits-orig.tra")
    draw(confusion, SEVEN)
    mine = drawing(confusion)
    confusion.get_by_role("button", name="People's pen strokes").click()
    counts = recorded_confusion("base")["pendigits"]
    mistakes = counts * (1 - np.eye(10, dtype=int))
    label, answer = divmod(int(mistakes.argmax()), 10)
    confusion.locator(".confusion-view [role=gridcell]").nth(10 * label + answer).click()
    found = confusion.locator(".confusion-view li button")
    expect(found).to_have_count(min(int(counts[label, answer]), 24))
    found.first.click()
    shown = drawing(confusion)
    assert any(same_drawing(shown, one.drawing) for one in read_pendigits(file) if one.label == str(label))
    settle(confusion)
    expect(confusion.locator("#reading .bar.top .label")).to_have_text(str(answer))
    assert rasterize(shown).any()
    button(confusion, "Undo").click()
    assert drawing(confusion) == mine


def test_a_network_that_is_gone_is_told_in_a_sentence(confusion: Page) -> None:
    confusion.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ network: 'nobody' }}))")
    expect(confusion.locator(".confusion-view .sentence").first).to_contain_text("There is no network of that name")
    expect(confusion.locator(".confusion-view [role=grid]")).to_be_hidden()


def test_what_was_not_counted_is_told_to_be_missing(confusion: Page) -> None:
    """As of networks that visitors make: what the counts would be only the data can tell."""
    expected = "nano misreads" if "test" in recorded_confusion("nano") else "test images has not been counted"
    confusion.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ network: 'nano' }}))")
    confusion.locator('.confusion-view[data-network="nano"]').wait_for()
    expect(confusion.locator(".confusion-view .sentence").first).to_contain_text(expected)


def test_the_counts_fit_a_narrow_screen(confusion: Page) -> None:
    confusion.set_viewport_size({"width": 360, "height": 800})
    confusion.locator(".confusion-view").scroll_into_view_if_needed()
    assert confusion.evaluate("document.documentElement.scrollWidth") == 360
    overflowing = "(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).length"
    assert confusion.locator(".confusion-view [role=gridcell]").evaluate_all(overflowing) == 0
