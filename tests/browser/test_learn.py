"""The Learn tab as a student uses it: figures that read the drawing, the worked example, the calculator."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.drawing import SEVEN, button, draw


@pytest.fixture
def learn(shared_page: Page) -> Page:
    """The page with the tab open, and a 7 on the sheet."""
    draw(shared_page, SEVEN)
    shared_page.get_by_role("tab", name="Learn").click()
    return shared_page


def figure(page: Page, name: str) -> Locator:
    """A figure, scrolled into view so that it asks for what it shows."""
    found = page.locator(f"#{name}")
    found.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
    return found


def pixels(canvas: Locator) -> str:
    return canvas.evaluate("(canvas) => canvas.toDataURL()")


def test_every_figure_reads_the_drawing_and_is_blank_without_one(learn: Page) -> None:
    for name, says in [
        ("depthwise", "products of its own channel"),
        ("pointwise", "products, one for each channel"),
        ("separable", "a standard convolution of the same shape takes"),
        ("dilation", "At dilation 2"),
        ("flowchart", "dilated? No"),
    ]:
        expect(figure(learn, name).locator(".sentence")).to_contain_text(says)
    drawn = pixels(learn.locator("#dilation canvas").last)
    button(learn, "Clear").click()
    expect(learn.locator("#dilation .sentence")).to_have_text("Draw a digit to see it here.")
    assert pixels(learn.locator("#dilation canvas").last) != drawn


def test_the_dilation_slider_spreads_the_taps(learn: Page) -> None:
    spread = figure(learn, "dilation")
    spread.get_by_role("slider", name="Dilation").press("ArrowRight")
    expect(spread.locator(".sentence")).to_contain_text("At dilation 3 the 9 weights reach over 7 x 7 pixels")
    before = spread.locator(".patch .value").inner_text()
    spread.locator("canvas").first.press("ArrowUp")
    expect(spread.locator(".patch .value")).not_to_have_text(before)


def test_the_flow_chart_answers_yes_for_a_dilated_stage(learn: Page) -> None:
    chart = figure(learn, "flowchart")
    expect(chart.locator('[data-answer="no"]')).to_have_attribute("data-taken", "true")
    chart.get_by_role("slider", name="Stage of the flow chart").press("ArrowRight")
    expect(chart.locator('[data-answer="yes"]')).to_have_attribute("data-taken", "true")
    expect(chart.locator(".sentence")).to_contain_text("dilated? Yes, d = 2")


def test_the_worked_example_gives_2_85_and_steps_through_nine_cells(learn: Page) -> None:
    example = figure(learn, "worked")
    result = example.locator('[data-name="depthwise"] .cells button')
    expect(result).to_have_text(["2.85"])
    expect(example.locator(".products .sum")).to_contain_text("2.85")
    example.get_by_role("button", name="Same").click()
    expect(result).to_have_count(9)
    expect(result.first).to_have_text("0.94")
    example.get_by_role("button", name="Next cell").click()
    expect(example.locator(".sentence")).to_contain_text("Cell (0, 1), one of 9, is the sum of 6 products")


def test_a_kernel_without_room_and_an_invalid_number_are_reported_and_the_figure_stays(learn: Page) -> None:
    example = figure(learn, "worked")
    result = example.locator('[data-name="depthwise"] .cells button')
    example.get_by_role("button", name="Same").click()
    expect(result).to_have_count(9)
    example.get_by_role("button", name="Start over").click()
    example.get_by_role("button", name="Dilation 2").click()
    expect(example.locator(".sentence")).to_contain_text("reaches over 5 x 5 cells and the padded input has 3 x 3")
    expect(result).to_have_text(["2.85"])
    example.get_by_role("button", name="Start over").click()
    for field, says in (("Kernel 1", "The kernel has an entry None"), ("Pointwise weight 1", "The pointwise")):
        example.get_by_label(field, exact=True).fill("")
        expect(example.locator(".sentence")).to_contain_text(says)
        expect(result).to_have_text(["2.85"])
        example.get_by_role("button", name="Start over").click()
        expect(example.locator(".sentence")).to_contain_text("The only cell")


def test_an_invalid_weight_is_not_shown_as_zero(learn: Page) -> None:
    example = figure(learn, "worked")
    example.get_by_role("button", name="Same").click()
    mixing = example.locator(".products tbody").last
    expect(mixing).to_contain_text("0.94 \u00d7")
    told = mixing.inner_text()
    example.get_by_label("Pointwise weight 1", exact=True).fill("")
    expect(example.locator(".sentence")).to_contain_text("has an entry None")
    example.get_by_role("button", name="Next cell").click()
    example.get_by_role("button", name="Previous cell").click()
    expect(mixing).to_have_text(told, use_inner_text=True)
    example.get_by_role("button", name="Start over").click()


def test_the_calculator_counts_with_its_sliders_and_refuses_10000_channels(learn: Page) -> None:
    calculator = figure(learn, "calculator")
    weights = calculator.locator('[data-kind="standard"] td').first
    expect(weights).to_have_text("36,864")
    calculator.get_by_role("slider", name="output channels").press("ArrowRight")
    expect(weights).to_have_text(f"{64 * 65 * 9:,}")
    calculator.get_by_label("output channels, as a number").fill("10000")
    expect(calculator.locator(".sentence")).to_contain_text(
        "out_channels is 10000; expected a whole number from 1 to 1024."
    )
    expect(weights).to_have_text(f"{64 * 65 * 9:,}")
    calculator.get_by_label("output channels, as a number").fill("64")
    calculator.get_by_label("dilation, as a number").fill("3")
    expect(calculator.locator('[data-of="effective_kernel"]')).to_have_text("7 x 7")
    expect(weights).to_have_text("36,864")


def test_gridding_is_seen_and_mended(learn: Page) -> None:
    gridding = figure(learn, "gridding")
    expect(gridding.locator(".sentence")).to_contain_text("read only 15 of the 29 columns in their field")
    gridding.get_by_role("slider", name="Dilation of layer 1").press("ArrowLeft")
    expect(gridding.locator(".sentence")).to_contain_text("Dilations 1, 4, 8 read only")
    for _ in range(5):
        gridding.get_by_role("slider", name="Dilation of layer 3").press("ArrowLeft")
    expect(gridding.locator(".sentence")).to_have_text(
        "Dilations 1, 4, 3 read all 17 columns in their field: no gridding."
    )


def test_formulas_are_typeset_and_nothing_scrolls_sideways_on_a_narrow_screen(learn: Page) -> None:
    assert learn.locator("#learn .katex-display").count() >= 6
    assert not learn.locator("#learn .katex-error").count()
    learn.set_viewport_size({"width": 360, "height": 740})
    assert learn.evaluate("document.documentElement.scrollWidth") == 360


def test_the_contents_lead_to_each_heading(learn: Page) -> None:
    contents = learn.locator("#contents").get_by_role("button")
    expect(learn.locator("#learn .lesson h2")).to_have_text(contents.all_inner_texts())
    contents.last.click()
    expect(learn.locator("#learn .lesson h2").last).to_be_in_viewport()
