"""The tab that draws: it finishes a drawing without touching its ink, and what it drew can be put to use."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from model import load_checkpoint, predict, rasterize
from model.drawing.normalisation import Steps, normalised
from model.generation.network import DigitGenerator, blank_input
from model.generation.trail import shapes_of
from model.teaching.generated_digits import read_digits
from tests.browser.drawing import ONE, button, draw, drawing, settle, top
from tests.generation.conftest import SMALL, shaken

ROOF = [[(0.3, 0.2), (0.7, 0.2), (0.64, 0.32)]]  # the upper part of a 7, at home in the upper part of the sheet
ANY = 10  # index of the share that stands for any class
PATIENCE = 120_000  # milliseconds, where the server draws on a busy machine


@pytest.fixture
def tab(shared_page: Page) -> Iterator[Page]:
    """The page with the tab open and an empty sheet, six digits invented."""
    page = shared_page
    page.get_by_role("tab", name="Imagine").click()
    expect(tiles(page).first).to_be_enabled(timeout=PATIENCE)
    yield page
    press(page, "Finish")
    press(page, "Any")


def tiles(page: Page) -> Locator:
    return page.locator("#imagine .tile")


def press(page: Page, name: str) -> None:
    page.locator("#imagine").get_by_role("button", name=name, exact=True).click()


def pictures(page: Page, kept: np.ndarray, wanted: int = ANY) -> list[np.ndarray]:
    """The six, once they are those that keep as many pixels and are to become this class: ink from 0 to 255."""
    view = page.locator("#imagine .imagine-view")
    expect(view).to_have_attribute("data-kept", str(kept.sum()), timeout=PATIENCE)
    shares = ",".join(str(int(index == wanted)) for index in range(ANY + 1))
    expect(view).to_have_attribute("data-shares", shares, timeout=PATIENCE)
    read = (
        """(canvas) => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data].filter((_, at) => at % 4 === 3)"""
    )
    return [np.array(canvas.evaluate(read)).reshape(28, 28) for canvas in tiles(page).locator("canvas").all()]


def on_the_sheet(page: Page) -> np.ndarray:
    """The drawing's image as it lies on the sheet."""
    settle(page)
    return normalised(drawing(page), Steps(False, False, False))


def test_half_a_digit_is_finished_in_six_ways_around_its_own_ink(tab: Page) -> None:
    expect(tab.locator("#imagine .sentence")).to_contain_text("nobody has written")
    draw(tab, ROOF)
    sheet = on_the_sheet(tab)
    own = sheet > 0
    six = pictures(tab, own)
    assert len(six) == 6
    for picture in six:
        np.testing.assert_array_equal(picture[own], sheet[own])
        assert picture[~own].sum() > 10 * 255, "nothing was added"
    assert not np.array_equal(six[0], six[1])
    expect(tiles(tab).first.locator("span")).to_contain_text("%")


def test_it_becomes_what_is_asked_for_and_goes_onto_the_sheet(tab: Page) -> None:
    draw(tab, ROOF)
    press(tab, "7")
    pictures(tab, on_the_sheet(tab) > 0, wanted=7)
    expect(tab.locator("#imagine .sentence")).to_contain_text("make it a 7")
    expect(tiles(tab).filter(has_text="7,")).not_to_have_count(0)
    tiles(tab).filter(has_text="7,").first.click()
    before = drawing(tab)
    press(tab, "Put on the sheet")
    assert drawing(tab) != before
    settle(tab)
    expect(top(tab)).to_have_text("7")
    button(tab, "Undo").click()
    assert drawing(tab) == before


def test_a_step_is_scrubbed_and_a_cell_of_a_stage_says_how_far_it_looks(tab: Page) -> None:
    slider = tab.locator("#imagine .way input")
    slider.press("Home")
    expect(tab.locator("#imagine .time")).to_have_text("Step 0 of 10: 0\u00a0% image, 100\u00a0% noise")
    strip = tab.locator("#imagine .strip canvas").nth(2)
    strip.scroll_into_view_if_needed()
    expect(tab.locator("#imagine .stages")).to_have_attribute("data-shown", "maps", timeout=PATIENCE)
    strip.click(position={"x": 10, "y": 10})
    expect(tab.locator("#imagine .words")).to_contain_text("With every dilation 1 it would be")
    slider.press("End")


def test_a_hole_is_filled_and_the_rest_stays(tab: Page) -> None:
    draw(tab, ONE)
    settle(tab)
    press(tab, "Repair")
    expect(tab.locator("#imagine .sentence")).to_contain_text("Erase a part of the image")
    expect(tiles(tab).first).to_be_disabled()
    image = rasterize(drawing(tab))
    hole = np.zeros((28, 28), bool)
    hole[9:19, 9:19] = True
    press(tab, "Cover the middle")
    for picture in pictures(tab, ~hole):
        np.testing.assert_array_equal(picture[~hole], image[~hole])
    press(tab, "Undo damage")


def test_the_server_draws_where_the_browser_may_not(served_page: Page) -> None:
    served_page.get_by_role("tab", name="Imagine").click()
    expect(tiles(served_page).locator("span")).to_contain_text(["%"] * 6, timeout=PATIENCE)


# The scripts by themselves ------------------------------------------------------------------------------------------


def test_traced_digits_are_read_as_they_were(bench: Page) -> None:
    """The strokes that are put on the sheet are another picture than the one that was drawn, but the same digit."""
    net, images = load_checkpoint("base"), read_digits().images[:60].numpy()
    traced = bench.evaluate(
        """async (images) => {
            const { trace } = await import("/imagine/trace.js");
            return images.map((image) => trace(Uint8Array.from(image)));
        }""",
        images.reshape(len(images), -1).tolist(),
    )
    before, after = (predict(net, batch).argmax(1) for batch in (images, np.stack(list(map(rasterize, traced)))))
    assert (before == after).mean() > 0.9
    assert max(len(strokes) for strokes in traced) < 10


def test_the_field_of_a_cell_is_the_pixels_that_move_it(bench: Page) -> None:
    """PyTorch's gradient is the truth: a pixel is read where it moves the cell."""
    generator = shaken(SMALL)
    shapes = [shape._asdict() for shape in shapes_of(generator)]
    cells = [(index, y, 1) for index, y in product(range(len(shapes)), (0, 4))]
    found = bench.evaluate(
        """async ([stages, cells]) => {
            const { fieldOf } = await import("/imagine/fields.js");
            return cells.map(([index, y, x]) => {
                const { lattice, box, read } = fieldOf(stages, index, [y, x]);
                return { lattice: [...lattice], box, read };
            });
        }""",
        [shapes, cells],
    )
    for (index, y, x), field in zip(cells, found, strict=True):
        moved = pixels_that_move(generator, index, y, x)
        np.testing.assert_array_equal(np.array(field["lattice"]).reshape(28, 28) > 0, moved, str((index, y, x)))
        assert field["read"] == moved.sum()
        rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
        top_row, left, bottom, right = field["box"]
        assert (max(top_row, 0), min(bottom, 28)) == (rows[0], rows[-1] + 1)
        assert (max(left, 0), min(right, 28)) == (columns[0], columns[-1] + 1)


def pixels_that_move(generator: DigitGenerator, index: int, y: int, x: int) -> np.ndarray:
    """bool (28, 28): which pixels of a noisy image have an influence on a cell of a stage."""
    torch.manual_seed(index)
    images = blank_input(1) + torch.randn(1, 3, 28, 28)
    images.requires_grad_()
    kept: list[torch.Tensor] = []
    hook = generator.stages[index].register_forward_hook(lambda _stage, _inputs, output: kept.append(output))
    generator(images, torch.full((1,), 0.5), torch.zeros(1, dtype=torch.long))
    hook.remove()
    (slopes,) = torch.autograd.grad(kept[0][0, 0, y, x], images)
    return (slopes[0, 0] != 0).numpy()
