"""The server is started anew, between two visits or under an open page: what visitors made is there as before."""

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from model import load_checkpoint, predict, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.samples import read_samples
from tests.browser.drawing import ONE, Strokes, button, chosen, draw, drawing, network, settle, top
from tests.browser.teaching import LONG, keep, moved, open_tab, press, progress, samples, settings, teach, to_tab
from tests.serving import free_port, serving

READS = "nano"  # the smallest network is taught fastest


class Server:
    """The app, on a port and with a state directory that stay the same when it is started anew."""

    def __init__(self, directory: Path) -> None:
        self._options = ("--checkpoint", READS, "--state", str(directory / "state"), "--data", str(directory))
        self._port, self._running = free_port(), ExitStack()
        self.start_anew()

    def start_anew(self) -> None:
        """End it, if it runs, and start it."""
        self.end()
        self.address = self._running.enter_context(serving(*self._options, port=self._port))

    def end(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("anew"))
    yield server
    server.end()


def barred_sevens() -> Iterator[Strokes]:
    """Sevens with a bar, of many hands: how the stem leans, where the bar is, how long and how tilted."""
    for foot, half, height, tilt in itertools.product(
        (0.4, 0.55, 0.25), (0.15, 0.25), (0.45, 0.6, 0.75), (-0.15, 0.15)
    ):
        middle = 0.72 + (foot - 0.72) * (height - 0.2) / 0.65
        yield [
            [(0.28, 0.2), (0.72, 0.2), (foot, 0.85)],
            [(middle - half, height + tilt), (middle + half, height - tilt)],
        ]


@pytest.fixture(scope="session")
def misread() -> Strokes:
    """A seven with a bar that the page's network reads as something else, and is rather sure of it."""
    net = load_checkpoint(READS)
    candidates = list(barred_sevens())
    probabilities = predict(net, np.stack([rasterize(candidate) for candidate in candidates]))
    seven = net.classes.index("7")
    for candidate, row in zip(candidates, probabilities, strict=True):
        if row.argmax() != seven and row.max() > 0.6:
            return candidate
    pytest.fail(f"{READS} reads all of these sevens; think of a harder one")


def test_it_learns_a_hand_and_keeps_it(
    visitor: BrowserContext, server: Server, misread: Strokes, tmp_path: Path
) -> None:
    """Right after teaching, a reload, a restart of the server while it teaches again, and from a downloaded file."""
    page = open_tab(visitor, server.address)
    button(page, "Clear").click()
    for by in (0, 0.02, -0.02):
        keep(page, moved(misread, by), "7")
    assert drawing(page) == []
    expect(samples(page)).to_have_count(3)
    expect(page.locator('#teach .samples [data-state="wrong"]').first).to_contain_text("misread")
    draw(page, moved(misread, 0.01))
    settle(page)
    expect(top(page)).not_to_have_text("7")

    begun: list[str] = []
    page.on("request", lambda request: begun.extend(re.findall("start_teaching", request.post_data or "")))
    teach(page, steps=30)
    page.locator('#teach [data-do="teach"]').dispatch_event("click")  # a second press
    expect(chosen(page)).to_have_text(re.compile(f"^{READS}, taught"), timeout=LONG)
    settle(page)
    assert len(begun) == 1
    expect(top(page)).to_have_text("7")
    expect(page.locator("#teach .outcome")).to_be_visible()
    expect(page.locator("#teach .summary")).to_contain_text("generated digits")
    expect(page.locator("#teach .readings li")).to_have_count(3)
    expect(page.locator('.layers-view[data-network^="mine-"]')).to_have_count(1)
    assert "mine-" not in page.url
    press(page, "Cancel")
    expect(progress(page)).to_contain_text(re.compile("[Tt]aught in"), timeout=LONG)

    page.reload()
    settle(page)
    expect(top(page)).to_have_text("7")
    expect(chosen(page)).to_have_text(re.compile(f"^{READS}, taught"))

    to_tab(page)
    settings(page)
    page.get_by_label("Steps").fill("300")
    press(page, "Teach")
    expect(progress(page)).to_contain_text("Step", timeout=LONG)
    where = page.url
    page.goto("about:blank")  # what an open page finds out by itself would not be said again

    server.start_anew()
    page.goto(where)
    settle(page)
    expect(top(page)).to_have_text("7")
    expect(chosen(page)).to_have_text(re.compile(f"^{READS}, taught"))
    to_tab(page)
    expect(progress(page)).to_contain_text("is the last finished network")
    expect(samples(page)).to_have_count(3)

    with page.expect_download() as file:
        press(page, "Download samples")
    kept = tmp_path / "samples.json"
    file.value.save_as(kept)
    assert [sample.label for sample in read_samples(kept.read_text("utf-8"))] == ["7"] * 3
    with page.expect_download() as file:
        press(page, "Download network")
    mine = tmp_path / "mine.safetensors"
    file.value.save_as(mine)
    seven = load_checkpoint(mine)
    assert seven.classes[predict(seven, rasterize(drawing(page))[None]).argmax()] == "7"

    press(page, "Reset")
    settle(page)
    expect(top(page)).not_to_have_text("7")
    with page.expect_file_chooser() as chooser:
        press(page, "Open network")
    chooser.value.set_files(mine)
    expect(chosen(page)).to_have_text(re.compile("^uploaded"))
    settle(page)
    expect(top(page)).to_have_text("7")
    press(page, "Undo teaching")
    page.close()


def test_an_own_network_can_be_chosen_after_the_server_was_started_anew(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    """Under an open page: what the new server offered to nobody yet is among the page's choices."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    file = tmp_path / "mine.safetensors"
    file.write_bytes(checkpoint_path("nano").read_bytes())
    page = open_tab(context, server.address)
    with page.expect_file_chooser() as chooser:
        press(page, "Open network")
    chooser.value.set_files(file)
    expect(chosen(page)).to_have_text(re.compile("^uploaded"))
    own = network(page).input_value()
    network(page).select_option("tiny")
    expect(chosen(page)).to_have_text(re.compile("^tiny"))
    page.get_by_role("tab", name="Network").click()
    expect(page.locator("#about")).to_contain_text("tiny")  # not the one chosen just before
    expect(page.locator("#architecture tbody tr").first).to_be_visible(timeout=LONG)
    server.start_anew()
    network(page).select_option(own)
    expect(chosen(page)).to_have_text(re.compile("^uploaded"))
    draw(page, ONE)
    settle(page)
    expect(top(page)).to_be_visible()
    expect(page.locator("#about")).to_contain_text("uploaded")
    expect(page.locator("#architecture tbody tr").first).to_be_visible(timeout=LONG)
    assert "Error" not in page.locator("#right").inner_text()
    page.close()
    context.close()
