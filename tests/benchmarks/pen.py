"""A pen that keeps its pace: sixty movements a second, whatever the page does meanwhile."""

import random
import time
from collections.abc import Sequence

from tests.benchmarks.devtools import Page
from tests.browser.drawing import within

RATE = 60  # movements a second
REST = 0.5  # seconds after a stroke in which the page comes to rest
SHEET = "#canvas .sheet canvas"


def draw(page: Page, stroke: Sequence[tuple[float, float]]) -> None:
    """Draw a stroke of points (x, y), 0..1 of the canvas, let the page come to rest, and wipe the sheet."""
    drag(page, within(page.box(SHEET), stroke))
    time.sleep(REST + random.random() / RATE)  # the next one begins at any moment between two frames
    page.press("Delete")


def drag(page: Page, places: Sequence[tuple[float, float]]) -> None:
    """Put the pen down at the first place, in pixels of the window, move it through the others, and lift it."""
    first, *rest = places
    page.mouse("mouseMoved", *first, pressed=False)
    page.mouse("mousePressed", *first, pressed=True)
    begun = time.monotonic()
    for number, place in enumerate(rest, 1):
        time.sleep(max(0, begun + number / RATE - time.monotonic()))
        page.mouse("mouseMoved", *place, pressed=True)
    page.mouse("mouseReleased", *places[-1], pressed=False)
