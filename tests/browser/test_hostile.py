"""What others made, opened in a real browser: networks, samples, links and designs with markup in them stay text."""

import json
import random
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Page, expect

from model import NetworkConfig, StageConfig, save_checkpoint
from tests.browser.conftest import OpenPage
from tests.browser.drawing import SEVEN, draw, settle, top
from tests.conftest import settled

MARKUP = "<img src=x onerror=h()>"  # as long as the name of a class may be
NAMES = (MARKUP, "<b>b</b>", "\"'><i>", "${h()}", "{{h()}}", "](javascript:h())", "<svg/onload=h()>", "&lt;u&gt;")


def nothing_injected(page: Page) -> None:
    """No element of the names is on the page, and none of their scripts has run."""
    assert page.evaluate("window.hacked") is None
    assert page.locator('img[src="x"], svg[onload], [onerror], a[href^="javascript"]').count() == 0


def hear(page: Page) -> None:
    page.add_init_script("window.h = () => { window.hacked = true; };")


def every_tab(page: Page) -> None:
    for tab in page.locator("#right").get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(300)
        nothing_injected(page)


def opened(page: Page, name: str, file: Path) -> None:
    """Open a file with one of the tab's buttons."""
    page.get_by_role("tab", name="Teach").click()
    expect(page.locator("#teach .classes button").first).to_be_visible()  # the tab's script is there
    with page.expect_file_chooser() as chooser:
        page.locator("#teach").get_by_role("button", name=name, exact=True).click()
    chooser.value.set_files(file)


def test_names_of_a_networks_classes_labels_of_samples_and_what_a_link_names(
    desk: BrowserContext, open_page: OpenPage, tmp_path: Path
) -> None:
    """One after the other on one page, and what is kept of them after a reload."""
    net = settled(NetworkConfig(4, stages=(StageConfig(4), StageConfig(4, dilation=2)), classes=NAMES))
    network = save_checkpoint(net, tmp_path / "theirs.safetensors", title=MARKUP)
    samples = tmp_path / "samples.json"
    labelled = [{"label": name, "drawing": SEVEN} for name in NAMES]
    samples.write_text(json.dumps({"format": 1, "samples": labelled}))

    page = open_page(desk, linked("network", "cell", "design"), before=hear)
    every_tab(page)
    opened(page, "Open network", network)
    expect(page.locator("#teach .classes button")).to_have_count(len(NAMES), timeout=60_000)
    opened(page, "Open samples", samples)
    expect(page.locator("#teach .samples li")).to_have_count(len(NAMES))
    draw(page, SEVEN)
    settle(page)
    assert top(page).inner_text() in NAMES
    every_tab(page)
    page.reload()
    page.get_by_role("tab", name="Teach").click()
    expect(page.locator("#teach .samples li")).to_have_count(len(NAMES))
    settle(page)
    assert top(page).inner_text() in NAMES
    every_tab(page)
    page.evaluate("localStorage.clear()")


def test_a_drawing_in_a_link(desk: BrowserContext, open_page: OpenPage) -> None:
    """One that is refused is the end of a link, so it comes by itself."""
    every_tab(open_page(desk, linked("drawing"), before=hear))


def linked(*fields: str) -> str:
    """A link that has markup in these fields."""
    return f"#{'&'.join(f'{field}={quote(MARKUP)}' for field in fields)}"


def test_no_text_in_a_link_is_more_than_a_drawing_or_refused(bench: Page) -> None:
    """A thousand damaged links: a drawing whose points lie on the canvas, or one sentence."""
    random_ = random.Random(0)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=<>%\u00e9"
    texts = ["".join(random_.choices(alphabet, k=random_.randrange(60))) for _ in range(500)]
    changes = [[random_.random(), random_.choice(alphabet[:64])] for _ in range(500)]  # of a good one, a character each
    found = bench.evaluate(
        """async ({ texts, changes, drawing }) => {
            const { decodeDrawing, encodeDrawing } = await import("/page/link.js");
            const good = encodeDrawing(drawing);
            const damaged = changes.map(([place, character]) => {
                const at = Math.floor(place * good.length);
                return good.slice(0, at) + character + good.slice(at + 1);
            });
            return [...texts, ...damaged].map((text) => {
                try { return decodeDrawing(text); } catch (error) { return error.message; }
            });
        }""",
        {"texts": [*texts, "A" * 30_000], "changes": changes, "drawing": SEVEN},
    )
    for said in found:
        if isinstance(said, str):
            assert said == "This link contains no valid drawing."
        else:
            assert all(0 <= value <= 1 for stroke in said for point in stroke for value in point)
    assert any(not isinstance(said, str) for said in found)
