"""How long the layers tab takes from a movement of the pen to the maps on screen, and what that costs.

python -m tests.benchmarks.layers_latency                       # 500 timed movements, then 2,000 for the memory
python -m tests.benchmarks.layers_latency --open --pin stages.3.depthwise,6,6,7
"""

import argparse
import json
import math
from statistics import quantiles
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.benchmarks.pen import draw, launch_with_port
from tests.browser.drawing import asked_about, places
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
    if options.address:
        print(json.dumps(measure(options.address, options), indent=2))
        return
    with serving("--checkpoint", options.checkpoint) as address:
        print(json.dumps(measure(address, options), indent=2))


def measure(address: str, options: argparse.Namespace) -> dict[str, Any]:
    """Times in milliseconds, payload in bytes as it travels and as it is read, heap in bytes after a collection."""
    with sync_playwright() as driver:
        browser, port = launch_with_port(driver)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.goto(f"{address}/#cell={options.pin}" if options.pin else address)
        page.locator("#layers [data-sequence]").wait_for()
        if options.open:
            for button in page.locator("#layers .expand").all():
                button.click()
        page.evaluate("scrollTo(0, 0)")
        page.evaluate(TIMER)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        scribble(page, port, 100)  # warms up
        page.evaluate("latencies.length = 0")
        scribble(page, port, options.movements)
        times = page.evaluate("latencies")
        before = heap(devtools)
        scribble(page, port, options.memory)
        after = heap(devtools)
        payload, wire = sizes(page, port, devtools)
        browser.close()
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


def scribble(page: Page, port: int, movements: int) -> None:
    """Move the pen round and round, on an empty sheet every 50 movements: a digit has no more."""
    turns = [0.12 * step for step in range(50)]
    stroke = [(0.5 + 0.3 * math.cos(turn) * (1 - turn / 9), 0.5 + 0.3 * math.sin(turn)) for turn in turns]
    draw(port, [places(page, stroke)] * math.ceil(movements / 50))
    page.wait_for_timeout(100)  # in which what happened meanwhile is heard of


def sizes(page: Page, port: int, devtools: CDPSession) -> tuple[int, int]:
    """Bytes of the largest answer of some movements: unpacked, and as it travels."""
    read: list[int] = []
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("response", lambda response: asked_about(response.request) and read.append(len(response.body())))
    scribble(page, port, 50)
    return max(read), round(max(received))


def heap(devtools: CDPSession) -> int:
    """Bytes that scripts hold, after the garbage is collected."""
    devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Runtime.getHeapUsage")["usedSize"]


if __name__ == "__main__":
    main()
