"""The layers tab: maps of the drawing that is there, and a cell whose field and numbers are the network's own."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Response, Route, expect

from model import NetworkConfig, StageConfig, load_checkpoint, rasterize, receptive_field, save_checkpoint
from model.inference import layer_maps
from model.network import DigitNet
from tests.browser.conftest import OpenPage, Visits
from tests.browser.drawing import ONE, SEVEN, ZERO, asked_about, button, choose, draw, drawing, module, network, settle
from tests.browser.teaching import LONG, open_tab, press

READ = "**/component_server/**"
DEEPEST = "stages.{}.depthwise"


@pytest.fixture(scope="module")
def base() -> DigitNet:
    return load_checkpoint("base")


@pytest.fixture(scope="module")
def moving(browser: Browser, server: str) -> Iterator[Page]:
    """A page of somebody who asks for no little motion."""
    visits = Visits(server)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="no-preference")
    yield visits.open(context)
    context.close()
    assert not visits.errors


@pytest.fixture
def layers(shared_page: Page) -> Page:
    """The page at a desk with the tab open, nothing selected, on the network that it opens with."""
    view(shared_page).get_by_role("button", name="By index").click()
    return shared_page


@pytest.fixture
def served(served_page: Page) -> Page:
    """As `layers`, where the server answers and not the engine."""
    view(served_page).get_by_role("button", name="By index").click()
    return served_page


@contextmanager
def heard(page: Page) -> Iterator[tuple[list[dict], list[int]]]:
    """What the page asks about drawings meanwhile, and the sizes of the answers in bytes."""
    asked: list[dict] = []
    sizes: list[int] = []

    def ask(request: Request) -> None:
        if question := asked_about(request):
            asked.append(question)

    def answer(response: Response) -> None:
        if asked_about(response.request):
            sizes.append(len(response.body()))

    page.on("request", ask)
    page.on("response", answer)
    yield asked, sizes
    page.remove_listener("request", ask)
    page.remove_listener("response", answer)


def view(page: Page) -> Locator:
    return page.locator("#layers .layers-view")


def strip(page: Page, layer: str) -> Locator:
    return page.locator(f'#layers canvas[data-layer="{layer}"]')


def deepest(net: DigitNet) -> str:
    return DEEPEST.format(len(net.stages) - 1)


def place(page: Page, layer: str, channel: int, y: int, x: int) -> tuple[float, float]:
    """Where a cell of one of the first 16 maps of 14 x 14 lies on its canvas: rows of four, a pixel between them."""
    canvas = strip(page, layer)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = box["width"] / canvas.evaluate("(canvas) => canvas.width")
    return (channel % 4 * 15 + x + 0.5) * scale, (channel // 4 * 15 + y + 0.5) * scale


def pin(page: Page, layer: str, channel: int, y: int, x: int) -> None:
    left, top = place(page, layer, channel, y, x)
    strip(page, layer).click(position={"x": left, "y": top})


def wait_for_field(page: Page) -> list[int]:
    """The box of the selected cell, as the screen has it."""
    expect(view(page)).not_to_have_attribute("data-field", "")
    settle(page)
    return [int(edge) for edge in view(page).get_attribute("data-field").split(",")]


class Held:
    """Holds every request about a drawing until it is let go."""

    def __init__(self, page: Page) -> None:
        self.routes: list[Route] = []
        self._holds = True
        page.route(READ, self._take)

    def _take(self, route: Route) -> None:
        if self._holds and asked_about(route.request):
            self.routes.append(route)
        else:
            route.continue_()

    def release(self) -> None:
        """Let go all that are held, and hold no more."""
        self._holds = False
        for route in self.routes:
            route.continue_()
        self.routes.clear()


def state_cell(page: Page) -> dict[str, Any] | None:
    return page.evaluate(f"{module('page/state.js')}.then((state) => state.get().cell)")


def expected_field(net: DigitNet, layer: str, y: int, x: int) -> list[int]:
    region = receptive_field(net, layer).region(y, x, clipped=False)
    return [region.y[0], region.x[0], region.y[1], region.x[1]]


def pixels(page: Page, layer: str) -> list[int]:
    return strip(page, layer).evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )


# Pointing and pinning ------------------------------------------------------------------------------------------------


def test_a_pinned_cell_of_the_deepest_depthwise_stage_shows_the_field_of_the_library(
    layers: Page, base: DigitNet
) -> None:
    draw(layers, ZERO)
    settle(layers)
    pin(layers, deepest(base), 7, 6, 6)
    assert state_cell(layers) == {"layer": deepest(base), "y": 6, "x": 6, "channel": 7}
    assert wait_for_field(layers) == expected_field(base, deepest(base), 6, 6)
    size = receptive_field(base, deepest(base)).size
    expect(view(layers).locator(".words")).to_contain_text(f"field {size[0]} x {size[1]} around (12, 12)")
    expect(view(layers).locator(".sentence")).to_contain_text(f"reads {size[0]} x {size[1]} pixels around (12, 12)")
    draw(layers, [[(0.3, 0.5), (0.7, 0.5)]])  # the pen goes on, the cell stays
    assert wait_for_field(layers) == expected_field(base, deepest(base), 6, 6)


def test_the_pointer_shows_a_cell_and_leaves_the_pinned_one(layers: Page, base: DigitNet) -> None:
    draw(layers, ZERO)
    settle(layers)
    pin(layers, "stages.0.depthwise", 5, 2, 3)
    left, top = place(layers, "stages.1.depthwise", 0, 9, 4)
    strip(layers, "stages.1.depthwise").hover(position={"x": left, "y": top})
    expect(view(layers)).to_have_attribute("data-cell", "stages.1.depthwise,9,4,0")
    assert wait_for_field(layers) == expected_field(base, "stages.1.depthwise", 9, 4)
    layers.mouse.move(5, 5)
    expect(view(layers)).to_have_attribute("data-cell", "stages.0.depthwise,2,3,5")
    assert wait_for_field(layers) == expected_field(base, "stages.0.depthwise", 2, 3)


def test_a_cell_is_found_pinned_and_let_go_by_the_keyboard(layers: Page, base: DigitNet) -> None:
    draw(layers, SEVEN)
    settle(layers)
    canvas = strip(layers, deepest(base))
    canvas.focus()
    layers.keyboard.press("ArrowRight")  # the first press selects the middle of the first map
    expect(view(layers)).to_have_attribute("data-cell", f"{deepest(base)},7,7,0")
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "PageDown"):
        layers.keyboard.press(key)
    expect(view(layers)).to_have_attribute("data-cell", f"{deepest(base)},5,6,1")
    assert wait_for_field(layers) == expected_field(base, deepest(base), 5, 6)
    assert state_cell(layers) is None
    layers.keyboard.press("Enter")
    assert state_cell(layers) == {"layer": deepest(base), "y": 5, "x": 6, "channel": 1}
    layers.keyboard.press("Escape")
    assert state_cell(layers) is None
    for _ in range(20):
        layers.keyboard.press("ArrowDown")  # stops at the border
    expect(view(layers)).to_have_attribute("data-cell", f"{deepest(base)},13,7,0")
    assert drawing(layers), "keys of the maps do not reach the sheet"


def test_a_tap_pins_a_cell_on_a_phone(shared_phone: Page, base: DigitNet) -> None:
    page = shared_phone
    view(page).get_by_role("button", name="By index").tap()
    page.locator("#canvas [data-example='3']").tap()
    left, top = place(page, deepest(base), 2, 4, 9)
    strip(page, deepest(base)).tap(position={"x": left, "y": top})
    cell = state_cell(page)
    assert cell["layer"] == deepest(base)
    assert cell["channel"] == 2
    assert wait_for_field(page) == expected_field(base, deepest(base), cell["y"], cell["x"])
    left, top = place(page, deepest(base), 2, 4, 14)  # between two maps, where a finger often lands
    strip(page, deepest(base)).tap(position={"x": left, "y": top})
    assert state_cell(page)["channel"] == 2
    assert state_cell(page)["x"] == 13, "the nearest"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_field_of_one_cell_is_never_shown_as_that_of_another(served: Page, base: DigitNet) -> None:
    draw(served, ZERO)
    settle(served)
    pin(served, deepest(base), 0, 6, 6)
    wait_for_field(served)
    held = Held(served)
    pin(served, "stages.0.depthwise", 0, 2, 2)
    expect(view(served)).to_have_attribute("data-cell", "stages.0.depthwise,2,2,0")
    expect(view(served)).to_have_attribute("data-field", "")
    held.release()
    assert wait_for_field(served) == expected_field(base, "stages.0.depthwise", 2, 2)


def test_on_a_phone_the_pinned_cell_is_told_beside_its_map_and_no_map_moves(layers: Page) -> None:
    layers.set_viewport_size({"width": 360, "height": 740})
    draw(layers, ONE)
    settle(layers)
    strip(layers, "stages.0.depthwise").scroll_into_view_if_needed()
    layers.wait_for_timeout(100)
    box = strip(layers, "stages.0.depthwise").bounding_box()
    pin(layers, "stages.0.depthwise", 1, 5, 5)
    wait_for_field(layers)
    assert strip(layers, "stages.0.depthwise").bounding_box() == box
    expect(view(layers).locator(".cell .title")).to_contain_text("channel 1, cell (5, 5)")
    expect(view(layers).locator(".cell")).to_be_in_viewport(ratio=0.99)  # its edge may lie between two pixels
    view(layers).get_by_role("button", name="Show how").click()
    expect(view(layers).locator(".arithmetic .steps")).to_be_in_viewport()
    view(layers).get_by_role("button", name="Hide").click()
    pin(layers, "stages.0.pointwise", 1, 5, 5)
    wait_for_field(layers)
    view(layers).get_by_role("button", name="Show how").click()
    parts = view(layers).locator(".arithmetic .steps > *")
    assert parts.count() == 12, "sum, norm, residual and activation: a name, a formula and a number each"
    assert parts.evaluate_all("all => all.every((one) => one.scrollWidth <= one.offsetWidth + 1)"), "none over the next"
    assert all(box["x"] + box["width"] <= 360 for box in (part.bounding_box() for part in parts.all()))
    view(layers).get_by_role("button", name="Hide").click()


def test_lines_pass_behind_captions(layers: Page) -> None:
    draw(layers, SEVEN)
    settle(layers)
    maps = layers.locator("[data-layer='stages.2.pointwise']")
    caption = view(layers).locator(".block", has=maps).locator(".caption")
    caption.scroll_into_view_if_needed()
    box = caption.bounding_box()
    within = {**box, "y": box["y"] + 2, "height": box["height"] - 4}  # the maps begin within its last pixel
    before = layers.screenshot(clip=within)
    pin(layers, "stages.2.depthwise", 5, 6, 6)  # which the maps below the caption read
    wait_for_field(layers)
    expect(layers.locator("#layers .lines .readers")).to_have_attribute("d", re.compile("M"))
    assert layers.screenshot(clip=within) == before


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("layer", ["stages.2.depthwise", "stages.2.pointwise"])
def test_maps_and_the_pinned_cell_with_its_picture_and_its_sum_are_on_one_screen(
    layers: Page, width: int, height: int, layer: str
) -> None:
    layers.set_viewport_size({"width": width, "height": height})
    draw(layers, SEVEN)
    settle(layers)
    before = [strip.bounding_box() for strip in layers.locator("#layers .strip").all()]
    pin(layers, layer, 5, 6, 6)
    wait_for_field(layers)
    assert [strip.bounding_box() for strip in layers.locator("#layers .strip").all()] == before, "no map moves"
    for selector in (".seen canvas", ".output canvas", ".arithmetic .steps dd:last-child"):
        expect(view(layers).locator(selector)).to_be_in_viewport(ratio=1)
    top = view(layers).locator(".cell").bounding_box()["y"]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= top for box in before), "no map is covered"
    numbers = view(layers).locator(".arithmetic")
    assert numbers.evaluate("(box) => box.scrollHeight <= box.clientHeight + 1"), "all of the sum is in sight"


def test_a_pinned_channel_is_in_sight_and_lines_join_it_to_what_it_reads(layers: Page, base: DigitNet) -> None:
    draw(layers, SEVEN)
    settle(layers)
    cell = f"{{ layer: '{deepest(base)}', y: 6, x: 6, channel: 50 }}"
    layers.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ cell: {cell} }}))")
    wait_for_field(layers)
    expect(strip(layers, deepest(base)).locator("+ i")).to_be_visible()
    lines = view(layers).locator(".lines path")
    taps, outputs = (lines.nth(number).get_attribute("d").count("L") for number in (0, 1))
    assert taps == 9, "the taps, on the map of the same channel before it"
    assert outputs == 16, "and all maps in sight that mix it"


def test_nothing_selected_says_what_to_do_and_shows_no_field(layers: Page) -> None:
    expect(view(layers)).to_have_attribute("data-field", "")
    expect(view(layers)).to_have_attribute("data-cell", "")
    draw(layers, ONE)
    settle(layers)
    expect(view(layers)).to_have_attribute("data-field", "")
    expect(view(layers).locator(".words")).to_contain_text("Choose a cell")
    expect(view(layers).locator(".arithmetic")).to_contain_text("The cell's arithmetic appears here")


def test_a_pinned_cell_waits_for_a_drawing(layers: Page, base: DigitNet) -> None:
    draw(layers, ONE)
    settle(layers)
    pin(layers, deepest(base), 0, 7, 7)
    wait_for_field(layers)
    button(layers, "Clear").click()
    expect(view(layers)).to_have_attribute("data-field", "")
    expect(view(layers).locator(".words")).to_contain_text("Draw a digit")
    draw(layers, SEVEN)
    assert wait_for_field(layers) == expected_field(base, deepest(base), 7, 7)


def test_a_link_brings_the_cell_back(desk: BrowserContext, open_page: OpenPage, base: DigitNet) -> None:
    page = open_page(desk, f"#network=base&cell={deepest(base)},3,4,2")
    draw(page, SEVEN)
    assert wait_for_field(page) == expected_field(base, deepest(base), 3, 4)
    assert f"cell={deepest(base)}%2C3%2C4%2C2" in page.url


def test_a_link_to_a_cell_that_does_not_exist_says_so(desk: BrowserContext, open_page: OpenPage) -> None:
    page = open_page(desk, "#network=base&cell=stages.40.depthwise,3,4,2")
    expect(view(page).locator(".sentence")).to_contain_text("this network has no stage 41 depthwise")
    draw(page, SEVEN)
    assert state_cell(page) is None
    settle(page)


def test_a_silent_server_is_said_and_asked_again(desk: BrowserContext, open_page: OpenPage) -> None:
    def abort(route: Route) -> None:
        route.abort() if "describe_structure" in route.request.post_data else route.fallback()

    page = open_page(desk, "#network=base")  # one that has shown the next network before would not ask
    expect(view(page)).to_have_attribute("data-network", "base")
    page.route(READ, abort)
    choose(page, 0)
    expect(view(page).locator(".sentence")).to_contain_text("The server is not responding")
    page.unroute(READ, abort)
    choose(page, 1)
    expect(view(page)).not_to_have_attribute("data-network", "base")


@pytest.mark.parametrize("keep", [True, False])
def test_another_network_keeps_the_cell_where_it_has_one(layers: Page, base: DigitNet, keep: bool) -> None:
    page = layers
    others = [at for at, name in enumerate(network(page).locator("option").all_text_contents()) if name[:4] != "base"]
    if not others:
        pytest.skip("checkpoints/ has one network only")
    page.keyboard.press("Escape")
    draw(page, SEVEN)
    settle(page)
    channel = 0 if keep else base.config.stem_channels - 1
    cell = f"{{ layer: 'stem', y: 3, x: 3, channel: {channel} }}"
    page.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ cell: {cell} }}))")
    wait_for_field(page)
    choose(page, 0)  # the smallest
    expect(view(page)).not_to_have_attribute("data-network", "base")
    if keep:
        wait_for_field(page)
        assert state_cell(page) == {"layer": "stem", "y": 3, "x": 3, "channel": 0}
    else:
        expect(view(page).locator(".sentence")).to_contain_text("The pinned cell was released: this network has no")
        settle(page)
        assert state_cell(page) is None
        expect(view(page)).to_have_attribute("data-field", "")


# Numbers -------------------------------------------------------------------------------------------------------------


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def shown_numbers(page: Page, selector: str) -> list[float]:
    return [number(text) for text in view(page).locator(selector).all_inner_texts()]


def test_the_numbers_on_screen_add_up_to_the_value_in_the_map(layers: Page, base: DigitNet) -> None:
    draw(layers, ZERO)
    settle(layers)
    maps = layer_maps(base, rasterize(drawing(layers)))
    generator = np.random.default_rng(0)
    for layer in (deepest(base), "stages.0.pointwise", "stem"):
        channel, y, x = (int(generator.integers(count)) for count in (16, *maps[layer].shape[1:]))
        pin(layers, layer, channel, y, x)
        expect(view(layers)).to_have_attribute("data-cell", f"{layer},{y},{x},{channel}")
        wait_for_field(layers)
        last = ".arithmetic table:last-of-type td" if layer != "stages.0.pointwise" else ".arithmetic .terms .number"
        texts = [text for text in view(layers).locator(last).all_inner_texts() if text != "border"]
        sums = shown_numbers(layers, ".arithmetic .steps .number")
        assert sum(map(number, texts)) == pytest.approx(sums[0], abs=1e-4)
        assert sums[-1] == pytest.approx(maps[layer][channel, y, x], abs=1e-4)
        assert float(view(layers).locator(".arithmetic").get_attribute("data-value")) == pytest.approx(
            maps[layer][channel, y, x], abs=1e-4
        )


def test_while_drawing_a_cells_table_is_not_built_anew(layers: Page, base: DigitNet) -> None:
    """It would be laid out anew as well, with every movement and whenever the sheet is cleared."""
    draw(layers, ZERO)
    settle(layers)
    pin(layers, deepest(base), 1, 6, 6)
    wait_for_field(layers)
    places = view(layers).locator(".arithmetic td").element_handles()
    before = [place.inner_text() for place in places]
    button(layers, "Clear").click()
    expect(view(layers).locator(".arithmetic .waits")).to_be_visible()
    draw(layers, SEVEN)
    settle(layers)
    wait_for_field(layers)
    assert all(place.is_visible() for place in places)
    assert [place.inner_text() for place in places] != before


def test_a_class_shows_what_speaks_for_it_and_against_it(layers: Page, base: DigitNet) -> None:
    draw(layers, SEVEN)
    settle(layers)
    view(layers).locator(".class").nth(7).click()
    wait_for_field(layers)
    logit = layer_maps(base, rasterize(drawing(layers)))["head"][7, 0, 0]
    assert shown_numbers(layers, ".arithmetic .steps .number")[-1] == pytest.approx(logit, abs=1e-4)
    sides = view(layers).locator(".terms .side").all_inner_texts()
    assert set(sides) == {"for", "against"}


# Maps ----------------------------------------------------------------------------------------------------------------


def test_all_channels_can_be_seen_and_only_what_is_seen_is_sent(served: Page, base: DigitNet) -> None:
    draw(served, ZERO)
    settle(served)
    for more in view(served).locator(".expand").all():
        more.click()
    served.evaluate("scrollTo(0, 0)")
    with heard(served) as (asked, sizes):
        draw(served, [[(0.4, 0.5), (0.6, 0.5)]])
        settle(served)
        channels = asked[-1]["parts"]["layers"]["maps"]
        assert sum(map(len, channels.values())) > 16 * len(channels), "more than the first ones"
        assert max(sizes) <= 150_000
        strip(served, "stages.0.pointwise").scroll_into_view_if_needed()
        seen: set[int] = set()
        for _ in range(8):
            served.mouse.wheel(0, 200)
            served.wait_for_timeout(150)
            seen.update(asked[-1]["parts"]["layers"]["maps"].get("stages.0.pointwise", []))
    assert seen | set(channels["stages.0.pointwise"]) == set(range(base.config.stages[0].channels))
    for fewer in view(served).locator(".expand").all():
        fewer.click()


def test_channels_can_be_sorted_by_how_active_they_are(served: Page, base: DigitNet) -> None:
    draw(served, ZERO)
    settle(served)
    means = layer_maps(base, rasterize(drawing(served)))["stem"].mean((1, 2), dtype=np.float32)
    with heard(served) as (asked, _):
        view(served).get_by_role("button", name="By activity").click()
        served.wait_for_timeout(600)  # the pen has to rest
        settle(served)
    shown = means[asked[-1]["parts"]["layers"]["maps"]["stem"]]
    assert (np.diff(shown) <= 1e-6).all()
    assert shown[0] == pytest.approx(means.max(), rel=1e-4)


def test_an_empty_sheet_shows_no_maps(layers: Page) -> None:
    draw(layers, ZERO)
    settle(layers)
    full = pixels(layers, "stages.0.depthwise")
    button(layers, "Clear").click()
    blank = pixels(layers, "stages.0.depthwise")
    assert blank != full
    assert len({tuple(blank[at : at + 4]) for at in range(0, len(blank), 4)}) == 2, "ground and gaps"


def test_a_slow_server_never_brings_back_the_maps_of_an_older_drawing(served: Page) -> None:
    draw(served, ONE)
    settle(served)
    served.evaluate(
        """() => {
            const layers = document.querySelector("#layers [data-sequence]");
            window.shownSequences = [];
            new MutationObserver(() => shownSequences.push(Number(layers.dataset.sequence)))
                .observe(layers, { attributeFilter: ["data-sequence"] });
        }"""
    )
    held = Held(served)
    draw(served, ZERO)
    served.wait_for_timeout(300)
    older, newer = held.routes
    held.routes.clear()
    newer.continue_()  # the answers come in the wrong order
    served.wait_for_timeout(400)
    before = pixels(served, "stages.0.depthwise")
    older.continue_()
    served.wait_for_timeout(400)
    assert pixels(served, "stages.0.depthwise") == before
    held.release()
    settle(served)
    shown = served.evaluate("shownSequences")
    assert shown == sorted(set(shown))
    assert pixels(served, "stages.0.depthwise") != before


def test_an_answer_about_ink_that_is_gone_brings_no_maps(served: Page) -> None:
    held = Held(served)
    draw(served, SEVEN)
    served.wait_for_timeout(100)
    button(served, "Clear").click()
    blank = pixels(served, "stem")
    held.release()
    served.wait_for_timeout(400)
    assert pixels(served, "stem") == blank


# Motion and pictures -------------------------------------------------------------------------------------------------


def test_the_kernel_stands_still_where_the_system_asks_for_less_motion(layers: Page, base: DigitNet) -> None:
    draw(layers, ZERO)
    settle(layers)
    pin(layers, deepest(base), 0, 6, 6)
    wait_for_field(layers)
    expect(view(layers).locator("[data-do='walk']")).to_be_disabled()


def test_the_kernel_walks_when_it_is_told_to(moving: Page, base: DigitNet) -> None:
    page = moving
    draw(page, ZERO)
    settle(page)
    pin(page, deepest(base), 0, 6, 6)
    wait_for_field(page)
    walk = view(page).locator("[data-do='walk']")
    expect(walk).to_have_text("Play")
    shot = "(canvas) => canvas.toDataURL()"
    still = view(page).locator(".input canvas").evaluate(shot)
    page.wait_for_timeout(300)
    assert view(page).locator(".input canvas").evaluate(shot) == still
    walk.click()
    page.wait_for_timeout(300)
    assert view(page).locator(".input canvas").evaluate(shot) != still
    walk.click()
    expect(walk).to_have_text("Play")
    assert view(page).locator(".input canvas").evaluate(shot) == still


def test_a_picture_has_the_maps_that_are_not_on_screen(phone: BrowserContext, open_page: OpenPage) -> None:
    page = open_page(phone)
    page.locator("#question").get_by_role("button", name="Close").tap()
    save = view(page).get_by_role("button", name="Save picture")
    save.scroll_into_view_if_needed()
    settle(page)
    with page.expect_download() as download:
        save.click()
    picture = np.asarray(Image.open(download.value.path()).convert("L"))
    count = view(page).locator(".column").count() - 2  # without the image and the classes
    maps = picture[300:400, 536 : 1920 - 64]  # the first of each stage
    for column in np.array_split(maps, count, axis=1)[:-1]:  # but for the pooled features
        assert len(np.unique(column)) > 10, "shades of the maps"


def test_kernels_stand_in_rows_whatever_tab_another_network_was_chosen_on(layers: Page) -> None:
    kernels = view(layers).locator(".kernels canvas")
    choose(layers, 0)
    expect(view(layers)).not_to_have_attribute("data-network", "base")
    rows = kernels.evaluate("(canvas) => getComputedStyle(canvas).height")
    choose(layers, 3)
    layers.get_by_role("tab", name="Misread").click()
    choose(layers, 0)
    expect(view(layers)).not_to_have_attribute("data-network", "base")
    layers.get_by_role("tab", name="Layers").click()
    expect(kernels).to_have_css("height", rows)


def test_the_view_is_saved_as_a_picture_for_a_slide(layers: Page, base: DigitNet) -> None:
    draw(layers, ZERO)
    settle(layers)
    pin(layers, deepest(base), 7, 6, 6)
    wait_for_field(layers)
    with layers.expect_download() as download:
        view(layers).get_by_role("button", name="Save picture").click()
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.size == (1920, 1080)
    assert picture.format == "PNG"
    assert min(picture.convert("RGB").getpixel((2, 2))) > 240, "a light ground"


def test_a_walking_kernel_takes_title_picture_and_products_along(moving: Page) -> None:
    page = moving
    page.bring_to_front()
    button(page, "Clear").click()
    draw(page, SEVEN)
    settle(page)
    pin(page, "stages.0.depthwise", 1, 5, 5)
    title = page.locator("#layers .cell .title")
    expect(title).to_contain_text("cell (5, 5) (pinned)")
    border = page.locator("#layers .arithmetic td.border")  # taps beyond the border, of which (5, 5) has none
    expect(border).to_have_count(0)
    page.locator('[data-do="walk"]').click()
    expect(title).to_contain_text(re.compile(r"cell \(0, \d+\)"))
    expect(border).not_to_have_count(0)
    page.locator('[data-do="walk"]').click()
    expect(title).to_contain_text("cell (5, 5) (pinned)")
    expect(border).to_have_count(0)


def test_all_channels_stand_twice_as_wide_and_the_button_says_what_it_does(layers: Page) -> None:
    draw(layers, SEVEN)
    settle(layers)
    layers.get_by_role("button", name="All 64 channels of stem").click()
    canvas = strip(layers, "stem")
    assert canvas.evaluate("(canvas) => Math.abs(canvas.width - canvas.height)") <= 1, "8 by 8, not a tower"
    layers.get_by_role("button", name="First 16 channels of stem").click()
    layers.get_by_role("button", name="All 64 channels of stem").wait_for()


def test_at_1280_all_columns_stand_in_one_row_and_no_head_runs_into_the_next(layers: Page) -> None:
    """Also where all maps of a stage take their room from the others."""
    layers.set_viewport_size({"width": 1280, "height": 720})
    tops = "[...document.querySelectorAll('#layers .column')].map((column) => column.getBoundingClientRect().y)"
    expect(layers.locator("#layers .column").last).to_be_visible()  # in a closed tab all tops would be 0
    layers.wait_for_function(f"new Set({tops}).size === 1")  # a size is heeded in the next frame
    heads_stay_apart(layers)
    expand = layers.locator("#layers .expand").nth(3)
    expand.click()
    expect(layers.locator("#layers .strip.open")).to_have_count(1)
    heads_stay_apart(layers)
    expand.click()
    layers.set_viewport_size({"width": 768, "height": 1024})
    layers.wait_for_function(f"{tops}.filter((top, _, all) => top === all.at(-1)).length === 4")  # none alone in a row


def heads_stay_apart(page: Page) -> None:
    boxes = [column.bounding_box() for column in page.locator("#layers .column").all()]
    assert len({box["y"] for box in boxes}) == 1
    ends = page.locator("#layers .column").evaluate_all(
        """(columns) => columns.map((column) => [...column.querySelectorAll("h2, header p, .caption")].map((line) => {
            const range = document.createRange();
            range.selectNodeContents(line);
            return range.getBoundingClientRect().right;
        }))"""
    )
    for lines, box in zip(ends, boxes, strict=True):
        assert max(lines) <= box["x"] + box["width"] + 1


@pytest.fixture
def written(layers: Page) -> Callable[[], str]:
    """Saves a picture of a 7, and returns all that is written on it."""
    draw(layers, SEVEN)
    settle(layers)
    layers.evaluate(
        """() => {
            const fillText = CanvasRenderingContext2D.prototype.fillText;
            window.written = [];
            CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
                window.written.push(text);
                return fillText.call(this, text, ...more);
            };
        }"""
    )

    def save() -> str:
        with layers.expect_download():
            layers.get_by_role("button", name="Save picture").click()
        return " ".join(map(str, layers.evaluate("window.written.splice(0)")))

    return save


def test_a_saved_picture_carries_no_message_of_the_page(layers: Page, written: Callable[[], str]) -> None:
    nowhere = "{ layer: 'stages.9.depthwise', y: 0, x: 0, channel: 0 }"
    layers.evaluate(f"{module('page/state.js')}.then((state) => state.set({{ cell: {nowhere} }}))")
    expect(view(layers).locator(".sentence")).to_contain_text(re.compile("no (layer|stage)"))
    picture = written()
    assert "no layer" not in picture
    assert "no stage" not in picture
    assert "Point at" not in picture
    assert "network base" in picture
    assert re.search(r"It reads 7 \(.*%\)", picture), "what it says"


def test_a_saved_picture_says_that_the_network_was_broken(layers: Page, written: Callable[[], str]) -> None:
    layers.locator("#layers .break summary").click()
    layers.locator('[data-break="dilations"]').click()
    expect(view(layers).locator(".break .note")).to_contain_text("Broken on purpose")
    settle(layers)
    picture = written()
    assert "Broken on purpose: all taps are pulled together" in picture
    assert "Stage 3 reads" not in picture, "of the network as it was"
    layers.locator("#layers .break summary").click()


def test_a_network_of_1_x_1_kernels_has_maps_and_no_kernels(
    visitor: BrowserContext, server: str, tmp_path: Path
) -> None:
    config = NetworkConfig(8, stem_kernel=1, stem_stride=1, stages=(StageConfig(8, kernel=1),))
    mine = save_checkpoint(DigitNet(config), tmp_path / "mine.safetensors")
    page = open_tab(visitor, server)
    with page.expect_file_chooser() as chooser:
        press(page, "Open network")
    chooser.value.set_files(mine)
    expect(page.locator('.layers-view[data-network^="mine-"]')).to_have_count(1, timeout=LONG)
    page.get_by_role("tab", name="Layers").click()
    draw(page, SEVEN)
    settle(page)
    expect(view(page).locator(".kernels")).to_be_hidden()
    assert page.evaluate("document.querySelector('.layers-view canvas').width") > 0
    page.close()
