"""A pen that keeps its pace: sixty movements a second, whatever the page does meanwhile.

Playwright's mouse waits after every movement for the frame in which the page takes notice of it: moved so, a pen would
be in step with the screen, and the slower the page, the slower the pen. This one waits for nothing, which takes the
asynchronous interface. A page of its own, since a second listener would cost as much time as what is measured.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from playwright.async_api import Browser, Page, async_playwright
from playwright.sync_api import sync_playwright

from tests.browser.browsers import ARGUMENTS, launch
from tests.browser.drawing import sheet, within
from tests.serving import free_port

RATE = 60  # movements a second
REST = 0.5  # seconds after a stroke in which the page comes to rest

T = TypeVar("T")


def with_browser(measure: Callable[[Browser], Coroutine[Any, Any, T]]) -> T:
    """What `measure` finds out with a browser that nobody else listens to."""
    port = free_port()
    with sync_playwright() as playwright, ThreadPoolExecutor(1) as thread:
        if launch(playwright, [*ARGUMENTS, f"--remote-debugging-port={port}"]) is None:
            raise SystemExit("No browser was found; set DIGITSCOPE_BROWSER to a Chromium.")
        return thread.submit(asyncio.run, _connected(port, measure)).result()


async def _connected(port: int, measure: Callable[[Browser], Coroutine[Any, Any, T]]) -> T:
    async with async_playwright() as playwright:
        return await measure(await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}"))


async def draw(page: Page, stroke: Sequence[tuple[float, float]]) -> None:
    """Draw a stroke of points (x, y), 0..1 of the canvas, let the page come to rest, and wipe the sheet."""
    first, *rest = within(await sheet(page).bounding_box(), stroke)
    await page.mouse.move(*first)
    await page.mouse.down()
    clock = asyncio.get_running_loop().time
    begun, sent = clock(), []
    for number, place in enumerate(rest, 1):
        await asyncio.sleep(begun + number / RATE - clock())
        sent.append(asyncio.create_task(page.mouse.move(*place)))
    await asyncio.gather(*sent)
    await page.mouse.up()
    await asyncio.sleep(REST)
    await page.keyboard.press("Delete")
