"""Draw with the mouse, as a person would."""

from playwright.sync_api import Page

# Strokes of points (x, y), 0..1 of the canvas.
SEVEN = [[(0.28, 0.2), (0.5, 0.19), (0.72, 0.2), (0.6, 0.42), (0.5, 0.62), (0.44, 0.85)]]
ZERO = [
    [(0.5, 0.15), (0.36, 0.22), (0.29, 0.4), (0.29, 0.6), (0.36, 0.78), (0.5, 0.85)]
    + [(0.64, 0.78), (0.71, 0.6), (0.71, 0.4), (0.64, 0.22), (0.5, 0.15)]
]
ONE = [[(0.5, 0.15), (0.5, 0.5), (0.5, 0.85)]]


def draw(page: Page, strokes: list[list[tuple[float, float]]], steps: int = 4) -> None:
    """Draw strokes on the canvas, each leg in some movements of the mouse."""
    sheet = page.locator("#canvas .sheet canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    for stroke in strokes:
        places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=steps)
        page.mouse.up()
