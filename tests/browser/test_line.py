"""A line of digits, written by mouse: read, boxed, coloured, taken apart; the drawing stays when the sheet changes."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from model.fields.layer_fields import layer_chain
from model.fields.tap_lattice import count_paths
from model.line.checkpoint import line_names, load_line
from model.line.strip import rasterize_line
from tests.browser.drawing import ONE, SEVEN, ZERO, Strokes, button, draw, drawing, finger, module, sheet, top

pytestmark = pytest.mark.skipif("line" not in line_names(), reason="checkpoints/lines/line.safetensors is not there")

TWO = [[(0.3, 0.3), (0.4, 0.17), (0.6, 0.17), (0.68, 0.32), (0.55, 0.55), (0.3, 0.85), (0.72, 0.85)]]
LOOP = [(0.64, 0.25), (0.5, 0.15), (0.36, 0.25), (0.42, 0.42), (0.62, 0.58), (0.66, 0.74), (0.5, 0.86), (0.34, 0.74)]
EIGHT = [[*LOOP, (0.38, 0.58), (0.58, 0.42), (0.64, 0.25)]]
DIGITS: dict[str, Strokes] = {"0": ZERO, "1": ONE, "2": TWO, "7": SEVEN, "8": EIGHT}
LINE = f"{module('page/state.js')}.then((state) => state.get().line)"


def to_line(page: Page) -> None:
    page.get_by_role("button", name="A line", exact=True).click()


@pytest.fixture
def page(shared_page: Page) -> Iterator[Page]:
    """The sheet for a line, empty."""
    to_line(shared_page)
    yield shared_page
    shared_page.evaluate(f"{module('kept/samples.js')}.then((samples) => samples.deleteAllSamples())")


def write(page: Page, number: str, apart: float = 0.62) -> None:
    """Write digits side by side, so much of the sheet's height apart."""
    for place, digit in enumerate(number):
        draw(page, [[((x + apart * place) / 5, y) for x, y in stroke] for stroke in DIGITS[digit]], steps=1)


def reads(page: Page, number: str) -> dict[str, Any]:
    """Wait until the line is read as a number; the answer that the page holds."""
    expect(page.locator("#line .line-view")).to_have_attribute("data-number", number)
    return page.evaluate(
        f"""async () => {{
            const [lines, bytes] = await Promise.all([{module("page/lines.js")}, {module("page/bytes.js")}]);
            const {{ answer }} = lines.lastLine();
            const mask = new Int8Array(bytes.fromBase64(answer.mask).buffer);
            return {{ ...answer, mask: [...mask], strip: [...bytes.fromBase64(answer.strip)] }};
        }}"""
    )


def test_numbers_written_by_mouse_are_read_boxed_and_coloured(page: Page) -> None:
    write(page, "2718")
    answer = reads(page, "2718")
    line = page.evaluate(LINE)
    strip, mask = (np.array(answer[name]).reshape(28, -1) for name in ("strip", "mask"))
    np.testing.assert_allclose(strip, rasterize_line(line), atol=1)
    assert (mask[strip < 64] == -1).all()
    for digit, stroke, label in zip(answer["digits"], line, "2718", strict=True):
        _, left, _, right = digit["box"]
        across = np.array([x for x, *_ in stroke]) * answer["scale"] + answer["shift"][0]
        assert abs(left - across.min()) < 5
        assert abs(right - across.max()) < 5
        own = np.s_[:, max(int(left) - 1, 0) : int(right) + 2]  # a box may be narrower than the ink's edge
        assert (mask[own][strip[own] >= 64] == int(label)).mean() > 0.8, label
    expect(page.locator("#line .strip button")).to_have_text([re.compile(f"^{label}") for label in "2718"])

    button(page, "Clear").click()
    write(page, "11", apart=0.25)
    reads(page, "11")
    page.locator("#line").get_by_role("button", name="Copy the number").click()
    expect(page.locator("#line .sentence")).to_have_text("Copied 11.")
    assert page.evaluate("navigator.clipboard.readText()") == "11"


def test_a_digit_of_the_line_is_shown_by_the_other_views_and_kept_as_a_sample(page: Page) -> None:
    write(page, "72")
    reads(page, "72")
    expect(top(page)).to_have_text("2")  # the digit under the pen
    page.locator("#line .strip button").first.click()
    expect(top(page)).to_have_text("7")
    page.locator("#line .labels").get_by_role("button", name="7", exact=True).click()
    expect(page.locator("#line .chosen")).to_contain_text("Kept as a sample of 7.")
    (kept,) = page.evaluate(f"{module('kept/samples.js')}.then((samples) => samples.getSamples())")
    points = np.array([point[:2] for stroke in kept["drawing"] for point in stroke])
    assert kept["label"] == "7"
    assert np.ptp(points, axis=0).max() == pytest.approx(0.7, abs=0.01)  # as large as on a sheet of its own
    reads(page, "72")  # the line stays


def test_the_drawing_stays_when_the_sheet_changes(page: Page) -> None:
    write(page, "10")
    reads(page, "10")
    line = page.evaluate(LINE)
    page.get_by_role("button", name="One digit", exact=True).click()
    assert len(drawing(page)) == len(line)
    assert all(0 <= x <= 1 for stroke in drawing(page) for x, *_ in stroke)
    page.get_by_role("button", name="Read it as a line").click()  # two digits on the sheet for one
    reads(page, "10")
    assert page.evaluate(LINE) == line
    assert "line=" in page.url
    for _ in range(3):  # both changes, then the 0
        button(page, "Undo").click()
    reads(page, "1")


def test_a_cell_of_a_map_reads_what_the_algebra_says(page: Page) -> None:
    """Of a multi-scale stage, whose taps leave crossings out; counted in the page, path by path."""
    write(page, "17")
    width = reads(page, "17")["width"]
    config = load_line("line").config
    stage = next(index for index, stage in enumerate(config.stages) if stage.branches)
    canvas = page.locator(f'#maps canvas[data-layer="stages.{stage}.pointwise"]')
    canvas.scroll_into_view_if_needed()
    canvas.focus()
    view = page.locator(".maps-view")
    expect(view).to_have_attribute("data-shown", "true")
    canvas.press("ArrowRight")
    expect(view).to_have_attribute("data-cell", re.compile(f"^stages.{stage}.pointwise,"))
    _, y, x, _ = (view.get_attribute("data-cell") or "").split(",")
    paths = count_paths(layer_chain(config, f"stages.{stage}"), (int(y), int(x)), (28, width), exact=False)
    read = int((paths > 0).sum())
    expect(page.locator("#maps .sentence")).to_contain_text(f"reads {read} pixels")


def test_digits_above_each_other_are_not_a_line(page: Page) -> None:
    for down in (0.02, 0.52):
        draw(page, [[((0.5 + 0.5 * x) / 5, 0.5 * y + down) for x, y in stroke] for stroke in ZERO], steps=1)
    expect(page.locator("#line .sentence")).to_contain_text("a line is read from left to right")


def test_on_a_phone_two_fingers_move_the_line_and_one_writes(shared_phone: Page) -> None:
    page = shared_phone
    to_line(page)
    box = sheet(page).bounding_box()
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [finger((x, box["y"] + 60), number) for number, x in enumerate(places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for kind, places in (
        ("touchStart", (200,)),
        ("touchStart", (200, 280)),
        ("touchMove", (100, 180)),
        ("touchEnd", ()),
    ):
        touch(kind, *places)
    assert page.locator("#canvas .room").evaluate("(room) => room.scrollLeft") == pytest.approx(100, abs=2)
    assert page.evaluate(LINE) == []
    touch("touchStart", 50)
    touch("touchMove", 100)
    touch("touchEnd")
    assert len(page.evaluate(LINE)) == 1
