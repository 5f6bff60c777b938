"""The Design tab: what sliders change at once, what is refused, and a training from the button to the drawing."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from model.design.configuration import DEFAULT_DESIGN, cost_of
from tests.browser.conftest import OpenPage
from tests.browser.drawing import SEVEN, chosen, draw, settle, verdict

LONG = 240_000  # milliseconds that a training may take on a busy machine


def open_tab(page: Page) -> Page:
    """Open the tab and wait for the figures."""
    page.get_by_role("tab", name="Design").click()
    page.locator('.design-view[data-state="shown"]').wait_for()
    return page


@pytest.fixture
def tab(shared_page: Page) -> Page:
    """The page with the tab open, and the default design in it; others have used it before."""
    open_tab(shared_page)
    starts = shared_page.get_by_label("Start from", exact=True)
    if starts.input_value() != "default":
        starts.select_option("default")
    expect(figure(shared_page, "parameters")).to_have_text(f"{cost_of(DEFAULT_DESIGN).parameters:,}")
    return shared_page


def field(page: Page, name: str) -> Locator:
    """The number of one field of the design, such as "Stage 1, kernel"."""
    return page.locator("#design").get_by_label(name, exact=True)


def figure(page: Page, name: str) -> Locator:
    """One of the figures of the design."""
    return page.locator(f'#design [data-figure="{name}"]')


def do(page: Page, name: str) -> Locator:
    """A button of the tab."""
    return page.locator("#design").get_by_role("button", name=name, exact=True)


def test_figures_follow_the_sliders_and_bad_values_are_said(tab: Page) -> None:
    parameters = f"{cost_of(DEFAULT_DESIGN).parameters:,}"
    expect(figure(tab, "parameters")).to_have_text(parameters)
    field(tab, "Stage 2, kernel").fill("5")
    expect(figure(tab, "parameters")).to_have_text(f"{cost_of(DEFAULT_DESIGN).parameters + 64 * 16:,}")
    field(tab, "Stage 2, kernel").fill("4")
    expect(tab.locator("#design .problem")).to_contain_text("Stage 2, kernel is 4; expected an odd number")
    expect(do(tab, "Train")).to_be_disabled()
    field(tab, "Stage 2, kernel").fill("3")
    expect(figure(tab, "parameters")).to_have_text(parameters)
    expect(do(tab, "Train")).to_be_enabled()
    do(tab, "Add a stage").click()
    expect(tab.locator("#design .steps figure")).to_have_count(5)
    do(tab, "Remove stage 4").click()
    expect(tab.locator("#design .steps figure")).to_have_count(4)


def test_a_design_that_another_took_the_place_of_is_brought_back(tab: Page) -> None:
    starts = tab.get_by_label("Start from", exact=True)
    expect(starts).to_have_value("default")
    field(tab, "Stage 2, dilation").fill("5")
    expect(starts).to_have_value("")
    starts.focus()
    starts.select_option("default")
    expect(field(tab, "Stage 2, dilation")).not_to_have_value("5")
    do(tab, "Undo replacing").click()
    expect(field(tab, "Stage 2, dilation")).to_have_value("5")
    expect(do(tab, "Undo replacing")).to_be_disabled()


def test_gridding_is_warned_of_with_its_reason(tab: Page) -> None:
    field(tab, "Stage 1, stride").fill("1")
    for stage, dilation in ((1, 2), (2, 4), (3, 8)):
        field(tab, f"Stage {stage}, dilation").fill(str(dilation))
    warning = tab.locator("#design .warning")
    expect(warning).to_contain_text("Dilations 2, 4, 8 read only 15 of the 29 columns in their field; begin with 1")
    for stage, dilation in ((1, 1), (2, 2), (3, 3)):
        field(tab, f"Stage {stage}, dilation").fill(str(dilation))
    expect(warning).to_be_empty()


def test_a_design_is_a_link_and_a_file(tab: Page, desk: BrowserContext, open_page: OpenPage, tmp_path: Path) -> None:
    field(tab, "Stage 2, filters").fill("24")
    expect(figure(tab, "parameters")).not_to_have_text(f"{cost_of(DEFAULT_DESIGN).parameters:,}")
    mine = figure(tab, "parameters").inner_text()
    do(tab, "Copy link").click()
    expect(tab.locator("#design .problem")).to_contain_text("Copied")
    link = tab.evaluate("navigator.clipboard.readText()")
    other = open_tab(open_page(desk, link[link.index("#") :]))
    expect(figure(other, "parameters")).to_have_text(mine)

    with tab.expect_download() as download:
        do(tab, "Save as file").click()
    saved = tmp_path / "design.json"
    download.value.save_as(saved)
    assert json.loads(saved.read_text())["stages"][1]["channels"] == 24

    broken = tmp_path / "broken.json"
    for text, said in (
        ("{", "Not a valid design file; expected JSON"),
        ('{"stem_channels": 8, "stages": []}', "stages has 0 entries"),
    ):
        broken.write_text(text)
        tab.locator("#design input[type=file]").set_input_files(broken)
        expect(tab.locator("#design .problem")).to_contain_text(said)
        expect(figure(tab, "parameters")).to_have_text(mine)
    field(tab, "Stage 2, filters").fill("8")
    expect(figure(tab, "parameters")).not_to_have_text(mine)
    tab.locator("#design input[type=file]").set_input_files(saved)
    expect(figure(tab, "parameters")).to_have_text(mine)


@pytest.mark.usefixtures("data_directory")
def test_a_network_is_trained_stopped_resumed_and_drawn_with(browser: Browser, open_page: OpenPage) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = open_tab(open_page(context))
    line = page.locator("#design .training .sentence")
    do(page, "Train").click()
    expect(line).to_contain_text("validation images read correctly", timeout=LONG)
    draw(page, SEVEN)
    settle(page)  # the pen is answered meanwhile
    do(page, "Stop").click()
    expect(line).to_contain_text("Stopped:", timeout=LONG)
    expect(page.locator("#design .training .looked")).to_contain_text("95 % of the influence lies inside")
    stopped = page.locator("#design progress").evaluate("(bar) => bar.value")
    do(page, "Resume").click()
    page.wait_for_function(f"document.querySelector('#design progress').value > {stopped}", timeout=LONG)
    do(page, "Stop").click()
    expect(line).to_contain_text("Stopped:", timeout=LONG)
    page.reload()
    open_tab(page)
    expect(line).to_contain_text("Stopped:")
    expect(page.locator("#design .which")).to_be_empty()
    field(page, "Stage 2, dilation").fill("4")
    expect(page.locator("#design .which")).to_contain_text("the design as it was when you pressed Train")
    do(page, "Draw with it").click()
    expect(page.locator("#design .training .kept")).to_contain_text("and is selected", timeout=LONG)
    expect(chosen(page)).to_have_text(re.compile("^own design"))
    settle(page)
    expect(verdict(page)).not_to_be_empty()
    page.close()
    context.close()
