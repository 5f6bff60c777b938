"""No request leaves the machine, neither from the browser nor from the app."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.browsers import ARGUMENTS, launch
from tests.browser.conftest import OpenPage
from tests.browser.drawing import SEVEN, button, choose, draw, settle, top

NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def test_a_whole_visit_without_any_other_machine(
    browser: Browser, driver: Playwright, open_page: OpenPage, server: str, proxy: tuple[str, list[str]]
) -> None:
    # `browser` itself is not used: where there is none, it skips this test with the reason.
    blinkered = launch(driver, [*ARGUMENTS, NOBODY_ELSE])
    context = blinkered.new_context(viewport={"width": 1440, "height": 900})
    addresses: list[str] = []

    def listen(page: Page) -> None:
        context.on("request", lambda request: addresses.append(request.url))
        page.on("websocket", lambda socket: addresses.append(socket.url))

    visit = open_page(context, before=listen)
    draw(visit, SEVEN)
    expect(top(visit)).to_have_text("7")
    choose(visit, 0)
    for tab in visit.locator("#right").get_by_role("tab").all():
        tab.click()
    button(visit, "3").click()
    button(visit, "Clear").click()
    button(visit, "Undo").click()
    settle(visit)
    visit.wait_for_timeout(500)
    blinkered.close()

    assert len(addresses) > 20
    assert {urlsplit(address).netloc for address in addresses if not address.startswith(("data:", "blob:"))} == {
        urlsplit(server).netloc
    }
    assert proxy[1] == [], "and the app itself asked nobody"
