"""Draw as a person would, and see what the page makes of it."""

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, Request

# Strokes of points (x, y), 0..1 of the canvas.
SEVEN = [[(0.28, 0.2), (0.5, 0.19), (0.72, 0.2), (0.6, 0.42), (0.5, 0.62), (0.44, 0.85)]]
LEFT_HALF = [(0.5, 0.15), (0.36, 0.22), (0.29, 0.4), (0.29, 0.6), (0.36, 0.78), (0.5, 0.85)]
ZERO = [[*LEFT_HALF, (0.64, 0.78), (0.71, 0.6), (0.71, 0.4), (0.64, 0.22), (0.5, 0.15)]]
ONE = [[(0.5, 0.15), (0.5, 0.5), (0.5, 0.85)]]
ACROSS = [(0.1, 0.1), (0.9, 0.15), (0.1, 0.2), (0.9, 0.25), (0.1, 0.4), (0.9, 0.5), (0.1, 0.7), (0.9, 0.9), (0.2, 0.95)]
SCRIBBLE = [[*ACROSS, (0.2, 0.1), (0.4, 0.9), (0.5, 0.1), (0.6, 0.9), (0.8, 0.1)]]

Strokes = list[list[tuple[float, float]]]


def sheet(page: Page) -> Locator:
    """The canvas that is drawn on."""
    return page.locator("#canvas .sheet canvas")


def places(page: Page, stroke: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the points of a stroke lie in the window, in pixels."""
    sheet(page).scroll_into_view_if_needed()
    return within(sheet(page).bounding_box(), stroke)


def within(box: FloatRect, stroke: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where points that are shares of a box lie in the window, in pixels."""
    return [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]


def draw(page: Page, strokes: Strokes, steps: int = 2) -> None:
    """Draw strokes on the canvas, each leg in some movements of the mouse."""
    for stroke in strokes:
        first, *rest = places(page, stroke)
        page.mouse.move(*first)
        page.mouse.down()
        for place in rest:
            page.mouse.move(*place, steps=steps)
        page.mouse.up()


def touch(page: Page, stroke: list[tuple[float, float]], end: str = "touchEnd") -> None:
    """Draw a stroke with a finger; it may end with a touchCancel."""
    devtools = page.context.new_cdp_session(page)
    first, *rest = places(page, stroke)
    for kind, place in [("touchStart", first), *(("touchMove", place) for place in rest)]:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [finger(place)]})
    devtools.send("Input.dispatchTouchEvent", {"type": end, "touchPoints": []})


def finger(place: tuple[float, float], number: int = 0) -> dict[str, float]:
    """A touch point as the browser's devtools take it."""
    return {"x": place[0], "y": place[1], "id": number}


def button(page: Page, name: str) -> Locator:
    """A button below the sheet, by what stands on it."""
    return page.locator("#canvas").get_by_role("button", name=name, exact=True)


def drawing(page: Page) -> list[list[list[float]]]:
    """The drawing that the page holds."""
    return page.evaluate(f"{module('page/state.js')}.then((state) => state.get().drawing)")


def same_drawing(one: list[list[list[float]]], other: list[list[list[float]]]) -> bool:
    """Whether two drawings have the same strokes, times aside, at the precision of a link."""
    return [len(stroke) for stroke in one] == [len(stroke) for stroke in other] and all(
        abs(a - b) < 1 / 4095
        for stroke, its_like in zip(one, other, strict=True)
        for point, its_match in zip(stroke, its_like, strict=True)
        for a, b in zip(point[:2], its_match[:2], strict=True)
    )


def module(name: str) -> str:
    """JavaScript for the promise of one of the page's own modules."""
    return f"import(new URL('digitscope/{name}', document.baseURI))"


def settle(page: Page) -> None:
    """Wait until the newest request's answer is shown."""
    page.evaluate(
        f"""async () => {{
            const reader = await {module("page/reader.js")};
            const deadline = performance.now() + 15000;
            const shown = () => Number(document.querySelector("#reading [data-sequence]")?.dataset.sequence);
            while (reader.waits() || shown() !== reader.newest()) {{
                if (performance.now() > deadline) throw new Error("The newest request was never answered.");
                await new Promise((resolve) => setTimeout(resolve, 10));
            }}
        }}"""
    )


def top(page: Page) -> Locator:
    """The label of the likeliest class."""
    return page.locator("#reading .bar.top .label")


def network(page: Page) -> Locator:
    """The choice of the network that reads."""
    return page.get_by_role("combobox", name="Network", exact=True)


def chosen(page: Page) -> Locator:
    """What stands in the choice of the network that reads."""
    return network(page).locator("option:checked")


def choose(page: Page, number: int) -> None:
    """Another network to read with, by its place in the list."""
    network(page).select_option(index=number)


def verdict(page: Page) -> Locator:
    """The sentence about the drawing."""
    return page.locator("#reading .verdict")


def asked_about(request: Request) -> dict[str, Any] | None:
    """What the page asks with a request, where it is one about a drawing."""
    return read_request(request.post_data_json) if "component_server" in request.url else None


def read_request(body: dict[str, Any] | None) -> dict[str, Any] | None:
    """The question about a drawing in the body of a request; None if the request asks something else."""
    return body["data"] if body and body.get("fn_name") == "read" else None
