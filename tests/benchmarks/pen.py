"""A pen that keeps its pace: sixty movements a second, whatever the page does meanwhile.

Playwright's mouse waits after every movement for the frame in which the page takes notice of it: moved so, a pen would
be in step with the screen, and the slower the page, the slower the pen. This one waits for nothing. It comes in by the
browser's debugging port, since Playwright's waiting interface, which the benchmarks are written in, cannot let go.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from playwright.async_api import Mouse, async_playwright
from playwright.sync_api import Browser, Playwright

from tests.browser.browsers import ARGUMENTS, launch
from tests.serving import free_port

RATE = 60  # movements a second
REST = 0.5  # seconds after a stroke in which the page comes to rest

Stroke = Sequence[tuple[float, float]]  # places in the window, in pixels


def launch_with_port(playwright: Playwright) -> tuple[Browser, int]:
    """A browser, and the port by which the pen comes in."""
    port = free_port()
    browser = launch(playwright, [*ARGUMENTS, f"--remote-debugging-port={port}"])
    if browser is None:
        raise SystemExit("No browser was found; set DIGITSCOPE_BROWSER to a Chromium.")
    return browser, port


def draw(port: int, strokes: Sequence[Stroke]) -> None:
    """Draw each stroke on an empty sheet, on the only page of the browser with that port; the last one is wiped too."""
    with ThreadPoolExecutor(1) as thread:  # this thread's loop is the waiting interface's
        thread.submit(asyncio.run, _draw(port, strokes)).result()


async def _draw(port: int, strokes: Sequence[Stroke]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        [page] = [page for context in browser.contexts for page in context.pages]
        for stroke in strokes:
            await _move(page.mouse, stroke)
            await asyncio.sleep(REST)
            await page.keyboard.press("Delete")


async def _move(mouse: Mouse, stroke: Stroke) -> None:
    first, *rest = stroke
    await mouse.move(*first)
    await mouse.down()
    clock = asyncio.get_running_loop().time
    begun, sent = clock(), []
    for number, place in enumerate(rest, 1):
        await asyncio.sleep(begun + number / RATE - clock())
        sent.append(asyncio.create_task(mouse.move(*place)))
    await asyncio.gather(*sent)
    await mouse.up()
