"""The Compare tab as a visitor uses it: four networks read along, times are measured, a file is exported."""

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page, expect

from model import load_checkpoint, predict
from model.checkpoint import checkpoint_names
from model.onnx.runtime import random_drawings
from model.study.networks import STUDY
from tests.browser.drawing import SEVEN, button, draw, module, settle

pytestmark = pytest.mark.skipif(not set(STUDY) <= set(checkpoint_names()), reason="needs the study's checkpoints")
PATIENCE = 120_000  # milliseconds, where another's work may be waited for


@pytest.fixture
def tab(shared_page: Page) -> Page:
    """The page with a seven on it and the tab open."""
    page = shared_page
    draw(page, SEVEN)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare .bar.top")).to_have_count(4)
    settle(page)
    return page


def test_all_four_read_along_and_their_fields_follow_the_cell(tab: Page) -> None:
    expect(tab.locator("#compare .said")).to_contain_text(["reads"] * 4)
    line = tab.locator("#compare .drawn .sentence")
    expect(line).to_contain_text("33 x 33 pixels where there is dilation and at 21 x 21")
    tab.locator("#compare .fields").first.press("ArrowUp")
    expect(line).to_contain_text("cell (6, 7)")
    tab.locator("#compare .stages").get_by_role("button", name="1").click()
    expect(line).to_contain_text("In stage 1")
    button(tab, "Clear").click()
    expect(line).to_have_text("Draw a digit: all four networks read it at once.")
    expect(tab.locator("#compare .said")).to_have_text([""] * 4)


def test_times_fill_in_and_judge_the_claims_about_time(tab: Page) -> None:
    claims = tab.locator("#compare .claims dt")
    expect(claims).to_have_count(4)
    tab.get_by_role("button", name="Measure").click()
    expect(claims).to_have_count(6, timeout=PATIENCE)
    cells = tab.locator("#compare .times td").all_inner_texts()
    assert len(cells) == 16
    assert all(float(cell) > 0 for cell in cells)


def test_the_sliders_say_what_a_stage_costs(tab: Page) -> None:
    line = tab.locator("#compare .cost .sentence")
    expect(line).to_contain_text("24 channels and 3 x 3 kernels")
    tab.locator("#compare input.kernel").press("ArrowRight")
    expect(line).to_contain_text("24 channels and 5 x 5 kernels")
    expect(line).to_contain_text(f"{196 * (25 * 24 + 24 * 24):,}")


def test_the_exported_file_is_the_chosen_network(tab: Page) -> None:
    with tab.expect_download(timeout=PATIENCE) as download:
        tab.get_by_role("button", name="ONNX", exact=True).click()
    assert download.value.suggested_filename == "digitscope-base.onnx"
    images = random_drawings(4)
    probabilities, _ = onnxruntime.InferenceSession(download.value.path()).run(None, {"images": images})
    assert np.abs(probabilities - predict(load_checkpoint("base"), images)).max() <= 1e-4
    expect(tab.locator("#export .sentence")).to_contain_text("agrees with PyTorch")


def test_a_failed_export_is_reported_and_the_page_goes_on(tab: Page) -> None:
    tab.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ network: 'nobody' }}))")
    tab.get_by_role("button", name="safetensors").click()
    expect(tab.locator("#export .sentence")).to_contain_text("There is no network of that name")
    expect(tab.get_by_role("button", name="safetensors")).to_be_enabled()
