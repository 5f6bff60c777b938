"""What the page says, and that it says it about the current drawing."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.drawing import (
    ONE,
    SCRIBBLE,
    SEVEN,
    ZERO,
    asked_about,
    button,
    choose,
    draw,
    drawing,
    module,
    network,
    places,
    settle,
    top,
    verdict,
)

READ = "**/component_server/**"


@pytest.fixture
def page(shared_page: Page) -> Page:
    """An empty sheet."""
    return shared_page


def test_an_empty_sheet_says_what_to_do(page: Page) -> None:
    draw(page, ONE)
    button(page, "Clear").click()
    expect(verdict(page)).to_have_text("Draw a digit: the network reads it while the pen moves.")
    expect(page.locator("#reading .bar.top")).to_have_count(0)
    assert page.locator("#reading .percent").all_inner_texts() == [""] * 10
    draw(page, SEVEN)
    expect(top(page)).to_have_text("7")


def test_a_scribble_is_not_said_to_be_a_digit(page: Page) -> None:
    draw(page, SCRIBBLE)
    settle(page)
    assert verdict(page).get_attribute("data-state") in ("strange", "unsure")


def test_bars_are_percentages_that_sum_to_a_hundred(page: Page) -> None:
    draw(page, SEVEN)
    settle(page)
    widths = "(fills) => fills.map((fill) => new DOMMatrix(fill.style.transform).a)"
    shares = page.locator("#reading .fill").evaluate_all(widths)
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_what_it_sees_is_the_drawing_centred(page: Page) -> None:
    draw(page, [[(0.05, 0.05), (0.05, 0.2)]])  # small, in a corner
    settle(page)
    columns, rows = page.locator("#reading .seen canvas").first.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
            const inked = [...Array(784).keys()].filter((pixel) => data[4 * pixel + 3] > 127);
            return [inked.map((pixel) => pixel % 28), inked.map((pixel) => Math.floor(pixel / 28))];
        }"""
    )
    assert max(rows) - min(rows) in (18, 19, 20)
    assert abs((max(columns) + min(columns)) / 2 - 13.5) <= 1


def test_another_network_reads_the_same_drawing(served_page: Page) -> None:
    page = served_page
    draw(page, [[(0.3, 0.25), (0.6, 0.15), (0.3, 0.9)]])  # a flagged one, of which no two networks are equally sure
    settle(page)
    said, mine = verdict(page).inner_text(), drawing(page)
    before = page.evaluate(f"{module('page/state.js')}.then((state) => state.get())")
    if network(page).locator("option").count() < 2:
        pytest.skip("checkpoints/ has one network only")
    with page.expect_request(lambda sent: (asked_about(sent) or before)["network"] != before["network"]) as caught:
        choose(page, 0)
    expect(verdict(page)).not_to_have_text(said)
    asked = asked_about(caught.value)
    assert asked["drawing"] == mine
    assert drawing(page) == mine
    assert f"network={asked['network']}" in page.evaluate("location.hash")


def test_nothing_jumps(browser: Browser, open_page: OpenPage) -> None:
    """Neither on a wide screen nor on a narrow one, whatever is on the sheet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = open_page(context)
    page.locator("#reading .bar.top").wait_for()
    watched = (
        "#canvas button, #canvas .status, #reading .verdict, #reading .bar, #reading .seen [role=img], #left input"
    )
    boxes = f"[...document.querySelectorAll('{watched}')].map((each) => each.getBoundingClientRect().toJSON())"

    def in_both_widths() -> list[list[dict[str, float]]]:
        found = []
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            page.evaluate("scrollTo(0, 0)")
            found.append(page.evaluate(boxes))
        return found

    opened = in_both_widths()
    assert len(opened[0]) > 25
    button(page, "Clear").click()
    assert in_both_widths() == opened, "an empty sheet"
    for strokes in (SEVEN, SCRIBBLE):
        draw(page, strokes)
        settle(page)
        assert in_both_widths() == opened, verdict(page).inner_text()
    button(page, "2").click()
    settle(page)
    assert in_both_widths() == opened, "an example"
    context.close()


def test_at_360_pixels_nothing_lies_outside(shared_phone: Page) -> None:
    page = shared_phone
    tabs = page.locator("#right").get_by_role("tab")
    for number in range(tabs.count()):
        tab = tabs.nth(number)
        if tab.is_visible():
            tab.click()
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"tab {number}"


def test_the_document_is_sent_compressed(page: Page, server: str) -> None:
    assert page.request.get(server).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_and_ink_stand_out_in_light_and_dark(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function(f"document.body.classList.contains('dark') === {str(scheme == 'dark').lower()}")
    draw(page, SEVEN)
    settle(page)
    page.get_by_role("tab", name="Learn").click()
    page.locator("#reference .token").first.wait_for(state="attached")
    brightness = page.evaluate(
        """() => {
            const number = (text) => text.match(/[\\d.]+/g).map(Number);
            const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
            const weights = [0.2126, 0.7152, 0.0722];
            const luminance = (rgb) => weights.reduce((sum, weight, at) => sum + weight * linear(rgb[at] / 255), 0);
            const sheet = document.querySelector("#canvas .sheet canvas");
            const { data } = sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height);
            const inked = data.findIndex((value, index) => index % 4 === 3 && value === 255) - 3;
            const colour = (selector) => colours(selector)[0];
            const colours = (selector) =>
                [...document.querySelectorAll(selector)].map((each) => luminance(number(getComputedStyle(each).color)));
            return {
                ground: luminance(number(getComputedStyle(document.body).backgroundColor)),
                sheet: luminance(number(getComputedStyle(sheet).backgroundColor)),
                ink: luminance(data.slice(inked, inked + 3)),
                verdict: colour("#reading .verdict"), bar: colour("#reading .bar"), note: colour("#reading .note"),
                button: colour('#canvas [data-do="clear"]'), title: colour("#title h1"),
                code: colours("#reference code, #reference code *"),
            };
        }"""
    )
    ground, paper, ink = brightness.pop("ground"), brightness.pop("sheet"), brightness.pop("ink")
    assert (ground > 0.5) == (paper > 0.5) == (scheme == "light")
    assert _contrast(paper, ink) > 7
    for name, values in brightness.items():
        for value in values if isinstance(values, list) else [values]:
            assert _contrast(ground, value) > 4.5, name


def test_a_late_answer_never_replaces_a_newer_one(desk: BrowserContext, open_page: OpenPage) -> None:
    # Every other answer takes 300 ms, so that answers overtake one another all the time.
    def delay(page: Page) -> None:
        page.add_init_script(
            """const fetched = window.fetch;
            window.requests = {}; window.painted = [];
            window.fetch = async (url, options) => {
                const response = fetched(url, options);
                if (!String(url).includes("component_server")) return response;
                const { data } = JSON.parse(options.body);
                requests[data.sequence] = JSON.stringify(data.drawing);
                await response;
                await new Promise((resolve) => setTimeout(resolve, data.sequence % 2 ? 300 : 0));
                return response;
            };
            document.addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
                for (const { target } of changes) {
                    if (target.closest("#reading")) painted.push(Number(target.dataset.sequence));
                }
            }).observe(document.body, { subtree: true, attributeFilter: ["data-sequence"] }));"""
        )

    page = open_page(desk, "?engine=off", before=delay)
    draw(page, SEVEN, steps=5)
    button(page, "Clear").click()
    draw(page, ZERO, steps=5)
    settle(page)
    expect(top(page)).to_have_text("0")
    painted = page.evaluate("painted")
    assert painted == sorted(set(painted)), "no answer is shown after a newer one"
    assert len(painted) < page.evaluate("Object.keys(requests).length"), "late answers were dropped: there were some"
    assert page.evaluate("JSON.parse(requests[painted.at(-1)])") == drawing(page), "the last movement is answered"


class Holding:
    """Holds back what the page asks, until it is let go."""

    def __init__(self, page: Page, asked: str = READ) -> None:
        self.page = page
        self.held: list[Route] | None = []
        page.route(asked, self._take)

    def _take(self, route: Route) -> None:
        if self.held is None:
            route.continue_()
        else:
            self.held.append(route)

    def wait_for(self, count: int) -> None:
        """Wait until so many requests are held, 15 s at most; they arrive here while the page is waited for."""
        for _ in range(300):
            if len(self.held or ()) >= count:
                return
            self.page.wait_for_timeout(50)

    def let_go(self) -> None:
        held, self.held = self.held, None
        for route in held:
            route.continue_()


def test_an_answer_about_ink_that_is_gone_is_not_shown(served_page: Page) -> None:
    page = served_page
    holding = Holding(page)
    draw(page, SEVEN)
    page.wait_for_timeout(100)
    gone = [asked_about(route.request)["sequence"] for route in holding.held]
    assert 1 <= len(gone) <= 2, "at most two requests are under way"
    button(page, "Clear").click()
    page.mouse.move(*places(page, ONE[0])[0])
    page.mouse.down()  # there is ink again when the answers about the old one come
    page.evaluate(
        """() => {
            window.shown = [];
            new MutationObserver(([{ target }]) => shown.push(Number(target.dataset.sequence)))
                .observe(document.querySelector("#reading [data-sequence]"), { attributeFilter: ["data-sequence"] });
        }"""
    )
    holding.let_go()
    settle(page)
    page.mouse.up()
    assert not set(gone) & set(page.evaluate("shown"))


@pytest.mark.parametrize("status", [None, 500])
def test_a_failing_server_is_said_and_got_over(served_page: Page, status: int | None) -> None:
    page = served_page
    draw(page, ONE)
    settle(page)
    fail = (lambda route: route.fulfill(status=status)) if status else (lambda route: route.abort())
    page.route(READ, fail)
    draw(page, [[(0.3, 0.5), (0.7, 0.5)]])
    expect(verdict(page)).to_have_attribute("data-state", "error")
    expect(verdict(page)).to_have_text("The server is not responding; your drawing is kept and will be read again.")
    mine = drawing(page)
    assert len(mine) == 2
    page.unroute(READ, fail)
    expect(verdict(page)).not_to_have_attribute("data-state", "error")  # by itself, without another movement
    assert drawing(page) == mine


def test_class_names_are_text_and_never_markup(served_page: Page) -> None:
    page = served_page
    names = [f"<img src=x onerror='hacked=1'>{number}" for number in range(10)]

    def rename(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "classes": names})

    page.route(READ, rename)
    draw(page, SEVEN)
    expect(top(page)).to_have_text(names[7])
    expect(verdict(page)).to_contain_text(names[7])
    assert page.locator("#reading img").count() == 0
    assert page.evaluate("typeof hacked") == "undefined"


def test_a_visit_to_every_tab_keeps_the_drawing(page: Page) -> None:
    draw(page, SEVEN)
    mine = drawing(page)
    for tab in page.locator("#right").get_by_role("tab").all():
        tab.click()
        assert drawing(page) == mine
        expect(top(page)).to_have_text("7")


def test_the_last_movement_is_answered(served_page: Page) -> None:
    page = served_page
    sent: list[dict] = []
    page.on("request", lambda request: sent.append(asked_about(request)) if asked_about(request) else None)
    holding = Holding(page)
    draw(page, SEVEN, steps=4)  # all of it while the first two answers are still out, which are given up after a while
    holding.let_go()
    settle(page)
    expect(top(page)).to_have_text("7")
    assert sent[-1]["drawing"] == drawing(page)
    assert 3 <= len(sent) <= 9, "and what lies between, 20 movements, is not asked about"


def test_a_second_request_leaves_only_to_a_server_that_keeps_the_first_waiting(served_page: Page) -> None:
    """Sent at once, it would give a near server and a busy browser twice the work."""
    page = served_page
    holding = Holding(page)
    left = page.evaluate(
        """async () => {
            const load = (name) => import(new URL(`digitscope/page/${name}.js`, document.baseURI));
            const [{ set }, { newest }] = await Promise.all(["state", "reader"].map(load));
            const before = newest();
            for (const x of [0.4, 0.5, 0.6]) set({ drawing: [[[0.3, 0.3, 0], [x, 0.7, 9]]] });
            return newest() - before;
        }"""
    )
    holding.wait_for(2)
    held = len(holding.held)
    holding.let_go()
    assert (left, held) == (1, 2)


def test_the_engine_answers_in_the_next_frame_for_the_drawing_as_it_is_then(
    desk: BrowserContext, open_page: OpenPage
) -> None:
    """Within the event of a movement, an answer would be laid out twice before it is seen."""
    page = open_page(desk)
    draw(page, ONE)  # the engine speaks up with its first reading
    expect(page.locator("#engine .note")).to_contain_text("nothing leaves")
    at_once, read, without = page.evaluate(
        """async () => {
            const load = (name) => import(new URL(`digitscope/page/${name}.js`, document.baseURI));
            const [{ set }, { newest, onAnswer }] = await Promise.all(["state", "reader"].map(load));
            const [before, read] = [newest(), []];
            onAnswer((_, request) => read.push(request.drawing.at(-1)?.[1]?.[0]));
            for (const x of [0.4, 0.5, 0.6]) set({ drawing: [[[0.3, 0.3, 0], [x, 0.7, 9]]] });
            const atOnce = newest() - before;
            for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
            const found = new Set(read);
            window.requestAnimationFrame = () => 0;
            set({ drawing: [[[0.3, 0.3, 0], [0.7, 0.7, 9]]] });
            for (let turn = 0; turn < 300 && read.at(-1) !== 0.7; turn += 1) {
                await new Promise((go) => setTimeout(go, 20));
            }
            return [atOnce, [...found], read.at(-1)];
        }"""
    )
    assert (at_once, read) == (0, [0.6])
    assert without == 0.7, "a page that draws no frames is answered, too"


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
