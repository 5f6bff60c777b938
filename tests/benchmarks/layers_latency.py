"""How long the layers tab takes from a movement of the pen to the maps on screen, and what that costs.

python -m tests.benchmarks.layers_latency                       # 500 timed movements, then 2,000 for the memory
python -m tests.benchmarks.layers_latency --open --pin stages.3.depthwise,6,6,7
"""

import argparse
import json
import math
from contextlib import nullcontext
from statistics import quantiles
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, Response

from tests.benchmarks.pen import draw, with_browser
from tests.browser.drawing import asked_about
from tests.serving import serving

# From every movement that changes the drawing to the frame after the one that painted an answer at least as new.
TIMER = """async () => {
    const { newest } = await import(new URL("digitscope/reader.js", document.baseURI));
    const layers = document.querySelector("#layers [data-sequence]");
    const waiting = [];
    window.latencies = [];
    let before = 0;
    let moved = 0;
    document.addEventListener("pointerrawupdate", () => { moved = performance.now(); before = newest(); }, true);
    document.addEventListener("pointerrawupdate", () => { // where none left at once, the next is about it
        waiting.push({ moved, sequence: Math.max(newest(), before + 1) });
    });
    const painted = () => {
        const now = performance.now();
        while (waiting.length && waiting[0].sequence <= Number(layers.dataset.sequence)) {
            latencies.push(now - waiting.shift().moved);
        }
    };
    new MutationObserver(() => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = painted;
        port2.postMessage(null);
    })).observe(layers, { attributeFilter: ["data-sequence"] });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.layers_latency", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--address", help="of a running app; default: starts one")
    parser.add_argument("--checkpoint", default="base", help="network to start the app with")
    parser.add_argument("--movements", type=int, default=500, help="movements of the pen that are timed")
    parser.add_argument("--memory", type=int, default=2000, help="movements between the two measurements of the heap")
    parser.add_argument("--open", action="store_true", help="show all channels of every layer")
    parser.add_argument(
        "--pin", default="stages.3.depthwise,6,6,7", help="layer,y,x,channel of the pinned cell; '' for none"
    )
    options = parser.parse_args()
    own = serving("--checkpoint", options.checkpoint)
    with nullcontext(options.address) if options.address else own as address:
        print(json.dumps(with_browser(lambda browser: measure(browser, address, options)), indent=2))


async def measure(browser: Browser, address: str, options: argparse.Namespace) -> dict[str, Any]:
    """Times in milliseconds, payload in bytes as it travels and as it is read, heap in bytes after a collection."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    await page.goto(f"{address}/#cell={options.pin}" if options.pin else address)
    await page.locator("#layers [data-sequence]").wait_for()
    if options.open:
        for button in await page.locator("#layers .expand").all():
            await button.click()
    await page.evaluate("scrollTo(0, 0)")
    await page.evaluate(TIMER)
    await scribble(page, 100)  # warms up
    await page.evaluate("latencies.length = 0")
    await scribble(page, options.movements)
    times = await page.evaluate("latencies")
    devtools = await page.context.new_cdp_session(page)
    before = await heap(devtools)
    await scribble(page, options.memory)
    after = await heap(devtools)
    payload, wire = await sizes(page, devtools)
    cuts = quantiles(times, n=100)
    return {
        "movements": len(times),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "payload_bytes": payload,
        "payload_bytes_on_the_wire": wire,
        "heap_bytes": [before, after],
        "heap_movements": options.memory,
    }


async def scribble(page: Page, movements: int) -> None:
    """Move the pen round and round, on an empty sheet every 50 movements: a digit has no more."""
    turns = [0.12 * step for step in range(50)]
    for _ in range(0, movements, len(turns)):
        await draw(page, [(0.5 + 0.3 * math.cos(turn) * (1 - turn / 9), 0.5 + 0.3 * math.sin(turn)) for turn in turns])


async def sizes(page: Page, devtools: CDPSession) -> tuple[int, int]:
    """Bytes of the largest answer of some movements: unpacked, and as it travels."""
    answers: list[Response] = []
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("response", lambda response: asked_about(response.request) and answers.append(response))
    await devtools.send("Network.enable")
    await scribble(page, 50)
    return max([len(await answer.body()) for answer in answers]), round(max(received))


async def heap(devtools: CDPSession) -> int:
    """Bytes that scripts hold, after the garbage is collected."""
    await devtools.send("HeapProfiler.collectGarbage")
    return (await devtools.send("Runtime.getHeapUsage"))["usedSize"]


if __name__ == "__main__":
    main()
