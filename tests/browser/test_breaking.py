"""Break it: a copy of the network with something switched off reads what PyTorch says such a network reads."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from model import DigitNet, load_checkpoint, predict, rasterize
from model.checkpoint import save_checkpoint
from tests.browser.drawing import SEVEN, button, choose, draw, module, settle, top

WHOLE = {"channels": [], "stage": None, "depthwise": False, "dilations": False, "noise": 0}
OFF = -1e4
PINNED = "{ layer: 'stages.2.depthwise', y: 6, x: 6, channel: 7 }"

READ = """async ({ file, drawing, breaks }) => {
    const [{ Network }, { readCheckpoint }, { Pen, rasterize }, { read }, { broken }] = await Promise.all(
        ["network", "safetensors", "strokes", "reading", "broken"].map((name) => import(`/engine/${name}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
    const network = new Network(kernels, readCheckpoint(bytes.buffer));
    const image = rasterize(drawing, new Pen(kernels));
    const before = read(network, image).probabilities;
    const copy = breaks.map((each) => read(broken(network, each), image).probabilities);
    return { before, copy, after: read(network, image).probabilities };
}"""


def without_dilation(net: DigitNet) -> DigitNet:
    stages = tuple(replace(stage, dilation=1) for stage in net.config.stages)
    other = DigitNet(replace(net.config, stages=stages)).eval()
    other.load_state_dict(net.state_dict())
    return other


def with_middle_taps(net: DigitNet) -> DigitNet:
    for stage in net.stages:
        kept = torch.zeros_like(stage.depthwise.weight)
        middle = stage.kernel // 2
        kept[:, :, middle, middle] = stage.depthwise.weight[:, :, middle, middle]
        stage.depthwise.weight.data = kept
    return net


def without_stage(net: DigitNet) -> DigitNet:
    for part in (net.stages[1].pointwise_norm.weight, net.stages[1].pointwise_norm.bias):
        part.data.zero_()
    return net


def without_channel(net: DigitNet) -> DigitNet:
    net.stem_norm.weight.data[3], net.stem_norm.bias.data[3] = 0, OFF
    return net


BREAKS: dict[str, tuple[dict, Callable[[DigitNet], DigitNet]]] = {
    "dilations": ({"dilations": True}, without_dilation),
    "depthwise": ({"depthwise": True}, with_middle_taps),
    "stage": ({"stage": 1}, without_stage),
    "channel": ({"channels": [["stem", 3]]}, without_channel),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_copy_reads_as_pytorch_says_and_the_network_stays(bench: Page, tmp_path: Path, name: str) -> None:
    fields, alter = BREAKS[name]
    net = load_checkpoint("base")
    file = base64.b64encode(save_checkpoint(net, tmp_path / "whole.safetensors").read_bytes()).decode()
    said = bench.evaluate(READ, {"file": file, "drawing": SEVEN, "breaks": [WHOLE | fields]})
    image = rasterize(SEVEN)[None]
    with torch.no_grad():
        assert np.abs(predict(alter(net), image)[0] - said["copy"][0]).max() <= 1e-5
    assert said["before"] == said["after"]
    assert said["before"] != said["copy"][0]


def test_noise_grows_from_none(bench: Page, tmp_path: Path) -> None:
    file = base64.b64encode(save_checkpoint(load_checkpoint("base"), tmp_path / "whole.safetensors").read_bytes())
    breaks = [WHOLE | {"noise": noise} for noise in (0.001, 0.05, 0.8)]
    said = bench.evaluate(READ, {"file": file.decode(), "drawing": SEVEN, "breaks": breaks})
    apart = [np.abs(np.subtract(copy, said["before"])).max() for copy in said["copy"]]
    assert 0 < apart[0] < 0.01
    assert apart == sorted(apart)


def test_reading_and_maps_follow_what_is_broken_and_nothing_is_kept(shared_page: Page) -> None:
    page = shared_page
    draw(page, SEVEN)
    expect(top(page)).to_have_text("7")
    expect(page.locator("#engine .note")).to_contain_text("nothing leaves", timeout=60_000)
    view = page.locator("#layers .layers-view")
    third = view.locator("header", has=page.get_by_role("heading", name="Stage 3"))
    expect(third).to_contain_text("field 29 x 29")
    bars = page.locator("#reading .bars").inner_text()
    view.locator(".break summary").click()
    view.get_by_role("button", name="Pull taps together").click()
    expect(third).to_contain_text("d = 1")
    expect(third).not_to_contain_text("field 29 x 29")
    expect(page.locator("#reading .bars")).not_to_have_text(bars)
    expect(page.locator("#reading .broken")).to_contain_text("all taps are pulled together")
    button(page, "Copy link").click()
    expect(page.locator("#canvas .status")).to_contain_text("What you broke stays here")
    page.locator("#reading").get_by_role("button", name="Mend").click()
    expect(third).to_contain_text("field 29 x 29")
    settle(page)
    assert page.locator("#reading .bars").inner_text() == bars

    view.get_by_label("Stage to switch off").select_option("0")
    expect(page.locator("#reading .broken")).to_be_visible()
    choose(page, 0)  # another network is whole
    expect(page.locator("#reading .broken")).to_be_hidden()
    view.locator(".break summary").click()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900)])
def test_all_maps_stay_in_sight_above_the_selected_cell(shared_page: Page, width: int, height: int) -> None:
    page = shared_page
    page.set_viewport_size({"width": width, "height": height})
    draw(page, SEVEN)
    page.evaluate(f"{module('page/state.js')}.then(({{ set }}) => set({{ cell: {PINNED} }}))")
    page.locator(".break summary").click()
    page.evaluate("scrollTo(0, 0)")
    panel = page.locator("#layers .cell")
    expect(panel).to_be_in_viewport(ratio=0.99)
    for strip in page.locator("#layers .strip").all():
        box = strip.bounding_box()
        assert box["y"] + box["height"] <= panel.bounding_box()["y"]
    page.locator(".break summary").click()


def test_where_the_server_reads_the_controls_say_so(served_page: Page) -> None:
    draw(served_page, SEVEN)
    settle(served_page)
    served_page.locator(".break summary").click()
    expect(served_page.get_by_role("button", name="Pull taps together")).to_be_disabled()
    expect(served_page.locator(".break .note")).to_contain_text("The server reads")
    served_page.locator(".break summary").click()


def test_a_standard_network_has_no_depthwise_step_to_switch_off(shared_page: Page) -> None:
    state = module("page/state.js")
    draw(shared_page, SEVEN)
    name = "study-standard-dilated"
    offered = shared_page.locator("#networks option").all()
    if not any(option.get_attribute("value") == name for option in offered):
        pytest.skip("no standard network is offered")
    shared_page.evaluate(f"{state}.then((state) => state.set({{ network: '{name}' }}))")
    expect(shared_page.locator('[data-break="depthwise"]')).to_be_disabled()
