"""The network is gone for a while, or the server is started anew, under an open page."""

import re
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from model.checkpoint import checkpoint_path
from tests.browser.drawing import ONE, SEVEN, button, chosen, draw, drawing, network, settle, top
from tests.serving import free_port, serving

LONG = 240_000  # milliseconds that a job may take on a busy machine


def open_page(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.locator("#reading .bar.top").wait_for()
    return page


def to_teach(page: Page) -> None:
    page.get_by_role("tab", name="Teach").click()
    expect(page.locator("#teach .classes button").first).to_be_visible()


def press(page: Page, name: str) -> None:
    page.locator("#teach").get_by_role("button", name=name, exact=True).first.click()


def progress(page: Page) -> Locator:
    return page.locator("#teach .teaching .sentence")


def test_drawing_goes_on_offline_and_the_rest_comes_back_by_itself(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = open_page(context, server)
    expect(page.locator("#engine .note")).to_contain_text("nothing leaves this computer")
    to_teach(page)
    button(page, "Clear").click()
    draw(page, SEVEN)
    settle(page)
    page.keyboard.press("7")
    expect(page.locator("#teach .samples li")).to_have_count(1)
    page.locator("#teach summary").click()
    page.get_by_label("Steps").fill("200")
    press(page, "Teach")
    expect(progress(page)).to_contain_text("Step", timeout=LONG)

    context.set_offline(True)
    expect(progress(page)).to_contain_text("The server is not responding; trying again.")
    draw(page, ONE)
    settle(page)
    expect(top(page)).to_have_text("1")
    mine = drawing(page)

    context.set_offline(False)  # nobody presses anything
    expect(progress(page)).to_contain_text(re.compile("Step|[Tt]aught"), timeout=LONG)
    assert drawing(page) == mine
    press(page, "Cancel")
    expect(progress(page)).to_contain_text(re.compile("was stopped|[Tt]aught in"), timeout=LONG)
    context.close()


def test_an_own_network_can_be_chosen_after_the_server_was_started_anew(browser: Browser, tmp_path: Path) -> None:
    """Under an open page: what the new server offered to nobody yet is among the page's choices."""
    port, state = free_port(), ("--state", str(tmp_path / "state"))
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    file = tmp_path / "mine.safetensors"
    file.write_bytes(checkpoint_path("nano").read_bytes())
    with serving(*state, port=port) as address:
        page = open_page(context, address)
        to_teach(page)
        with page.expect_file_chooser() as chooser:
            press(page, "Open network")
        chooser.value.set_files(file)
        expect(chosen(page)).to_have_text(re.compile("^uploaded"))
        own = network(page).input_value()
        network(page).select_option("base")
        expect(chosen(page)).to_have_text(re.compile("^base"))
    with serving(*state, port=port):
        network(page).select_option(own)
        expect(chosen(page)).to_have_text(re.compile("^uploaded"))
        draw(page, ONE)
        settle(page)
        expect(top(page)).to_be_visible()
        page.get_by_role("tab", name="Network").click()
        expect(page.locator("#about")).to_contain_text("uploaded")
        expect(page.locator("#architecture tbody tr").first).to_be_visible(timeout=LONG)
        assert "Error" not in page.locator("#right").inner_text()
        page.close()
    context.close()
