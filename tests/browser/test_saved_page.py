"""A page that was saved opens from the disk and reads by itself, for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from model import fine_tune, load_checkpoint, predict, rasterize
from model.drawing.examples import load_examples
from model.teaching.recipe import Teaching
from tests.browser.drawing import SEVEN, button, draw, top
from tests.browser.engine.parity import serving_files
from ui.kept.networks import Networks
from ui.saved_page import saved_page

MOST_BYTES = 400_000
THREE = load_examples()[3].drawing


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of a browser without a network, and what it asks for beside itself."""
    context = browser.new_context(offline=address.startswith("file:"), reduced_motion="reduce")
    page, asked, errors = context.new_page(), [], []
    page.on("request", lambda request: request.url.startswith(("blob:", address)) or asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    yield page, asked
    context.close()
    assert not errors


def shares(page: Page) -> list[float]:
    """The probabilities, as the bars are long."""
    widths = "(fills) => fills.map((fill) => new DOMMatrix(fill.style.transform).a)"
    return page.locator("#reading .fill").evaluate_all(widths)


def test_it_reads_and_shows_its_maps_from_the_disk(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "base.html"
    file.write_bytes(saved_page(Networks(["base"]), "base", THREE))
    with opened(browser, file.as_uri()) as (page, asked):
        expect(top(page)).to_have_text("3")
        expected = predict(load_checkpoint("base"), rasterize(THREE)[None])[0]
        assert shares(page) == pytest.approx(expected.tolist(), abs=1e-3)
        strip = page.locator('#layers canvas[data-layer="stages.3.depthwise"]')
        blank = strip.evaluate("(canvas) => canvas.toDataURL()")
        strip.click(position={"x": 20, "y": 20})
        expect(page.locator("#layers .layers-view")).not_to_have_attribute("data-field", "")
        button(page, "Clear").click()
        draw(page, SEVEN)
        expect(top(page)).to_have_text("7")
        assert strip.evaluate("(canvas) => canvas.toDataURL()") != blank
        button(page, "Undo").click()
        button(page, "4").click()
        expect(top(page)).to_have_text("4")
        button(page, "Another hand").click()
        expect(page.locator("#canvas .status")).to_contain_text("4, open; style 1 of")
        assert asked == []


def test_ones_own_taught_network_goes_along_without_its_key(browser: Browser, tmp_path: Path) -> None:
    networks = Networks(["tiny"], tmp_path / "state")
    drawings = [example.drawing for example in load_examples()[:10]]
    images = np.stack([rasterize(each) for each in drawings])
    quick = Teaching(steps=6, head_steps=20, batch=16, variants=8)
    taught = fine_tune(load_checkpoint("tiny"), images, ["<b>no</b>"] * 10, teaching=quick).network
    key = networks.keep(taught, title="tiny, taught <i>14:02</i>")
    page_file = saved_page(networks, key, THREE)
    assert key.encode() not in page_file
    file = tmp_path / "taught.html"
    file.write_bytes(page_file)
    with opened(browser, file.as_uri()) as (page, asked):
        expected = predict(taught, rasterize(THREE)[None])[0]
        expect(top(page)).to_have_text(taught.classes[expected.argmax()])
        assert shares(page) == pytest.approx(expected.tolist(), abs=1e-3)
        assert page.locator("#reading .label b, #left .note i").count() == 0, "names are text"
        assert asked == []


def test_it_works_in_a_frame_on_another_site(browser: Browser, tmp_path: Path) -> None:
    """Also in one that is shut off from everything but scripts."""
    (tmp_path / "nano.html").write_bytes(saved_page(Networks(["nano"]), "nano", THREE))
    with serving_files(tmp_path) as address:
        (tmp_path / "lesson.html").write_text(
            f'<iframe sandbox="allow-scripts" width="1200" height="900" src="{address}/nano.html"></iframe>'
        )
        with opened(browser, f"{address.replace('127.0.0.1', 'localhost')}/lesson.html") as (page, _):
            frame = page.frame_locator("iframe")
            expect(frame.locator("#reading .bar.top .label")).to_have_text("3")
            frame.locator("#canvas [data-do=clear]").click()
            expect(frame.locator("#reading .verdict")).to_contain_text("Draw a digit")


def test_its_policy_forbids_requests(browser: Browser, tmp_path: Path) -> None:
    """Seen to be forbidden, not only not made: by the page itself, were a script of it to try."""
    (tmp_path / "nano.html").write_bytes(saved_page(Networks(["nano"]), "nano", THREE))
    reached: list[str] = []

    def reach(route: Route) -> None:
        reached.append(route.request.url)
        route.fulfill(body="")

    with serving_files(tmp_path) as address, opened(browser, f"{address}/nano.html") as (page, _):
        expect(top(page)).to_have_text("3")
        page.route("**/stolen*", reach)
        tried = page.evaluate(
            """async () => {
                const fetched = await fetch("/stolen").then(() => "sent", () => "forbidden");
                const image = await new Promise((resolve) => {
                    const heard = { onload: () => resolve("sent"), onerror: () => resolve("forbidden") };
                    Object.assign(new Image(), heard).src = "/stolen.png";
                });
                return [fetched, image];
            }"""
        )
        assert tried == ["forbidden", "forbidden"]
        assert reached == []


def test_a_browser_that_cannot_says_so(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "nano.html"
    file.write_bytes(saved_page(Networks(["nano"]), "nano", []))
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script("delete window.WebAssembly")
    page.goto(file.as_uri())
    expect(page.locator("#reading .verdict")).to_contain_text("This browser cannot compute the network")
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["large", "study-standard-dilated"])
def test_it_stays_small(name: str, language: str) -> None:
    assert len(saved_page(Networks([name]), name, THREE, language)) <= MOST_BYTES


@pytest.mark.parametrize("strokes", [None, "]", [[]], [[[0.5]]], [[[0.5, 9]]], "</script><script>alert(1)</script>"])
def test_what_is_no_drawing_is_refused(strokes: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        saved_page(Networks(["nano"]), "nano", strokes)
