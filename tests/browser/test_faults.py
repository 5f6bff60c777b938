"""The network is gone for a while under an open page."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.drawing import ONE, SEVEN, button, draw, drawing, settle, top
from tests.browser.teaching import LONG, open_tab, press, progress


def test_drawing_goes_on_offline_and_the_rest_comes_back_by_itself(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = open_tab(context, server)
    expect(page.locator("#engine .note")).to_contain_text("nothing leaves this computer")
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
