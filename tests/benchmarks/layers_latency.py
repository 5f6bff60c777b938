"""How long the layers tab takes from a movement of the pen to the server's maps on screen, and what that costs.

python -m tests.benchmarks.layers_latency                       # 500 timed movements, then 2,000 for the memory
python -m tests.benchmarks.layers_latency --open --pin stages.3.depthwise,6,6,7
"""

import argparse
import json
import math
from contextlib import nullcontext
from statistics import quantiles
from typing import Any

from tests.benchmarks.devtools import Page, browser
from tests.benchmarks.figures import tell
from tests.benchmarks.pen import draw
from tests.browser.drawing import read_request
from tests.serving import serving

# From every movement that changes the drawing to the frame after the one that painted an answer at least as new.
TIMER = """async () => {
    const { newest } = await import(new URL("digitscope/page/reader.js", document.baseURI));
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
    with nullcontext(options.address) if options.address else own as address, browser() as devtools:
        print(json.dumps(measure(Page(devtools), address, options), indent=2))


def measure(page: Page, address: str, options: argparse.Namespace) -> dict[str, Any]:
    """Times in milliseconds, payload in bytes as it travels and as it is read, heap in bytes after a collection."""
    page.open(f"{address}/?engine=off{f'#cell={options.pin}' if options.pin else ''}", "#layers [data-sequence]")
    if options.open:
        page.evaluate("document.querySelectorAll('#layers .expand').forEach((button) => button.click())")
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(f"({TIMER})()")
    scribble(page, 100)  # warms up
    page.evaluate("latencies.length = 0")
    scribble(page, options.movements)
    times = page.evaluate("latencies")
    before = heap(page)
    scribble(page, options.memory)
    after = heap(page)
    payload, wire = sizes(page)
    cuts = quantiles(times, n=100)
    tell("movement to screen, a cell pinned", "ms", p50=cuts[49], p95=cuts[94], count=len(times))
    tell("an answer as it travels", "bytes", value=wire)
    return {
        "movements": len(times),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "payload_bytes": payload,
        "payload_bytes_on_the_wire": wire,
        "heap_bytes": [before, after],
        "heap_movements": options.memory,
    }


def scribble(page: Page, movements: int) -> None:
    """Move the pen round and round, on an empty sheet every 50 movements: a digit has no more."""
    turns = [0.12 * step for step in range(51)]
    for _ in range(0, movements, len(turns) - 1):
        draw(page, [(0.5 + 0.3 * math.cos(turn) * (1 - turn / 9), 0.5 + 0.3 * math.sin(turn)) for turn in turns])


def sizes(page: Page) -> tuple[int, int]:
    """Bytes of the largest answer of some movements: unpacked, and as it travels."""
    page.send("Network.enable")
    scribble(page, 50)
    told = [(event["method"], event["params"]) for event in page.events]
    sent = {
        parameters["requestId"]: json.loads(parameters["request"].get("postData", "{}"))
        for method, parameters in told
        if method == "Network.requestWillBeSent"
    }
    wire = {
        parameters["requestId"]: parameters["encodedDataLength"]
        for method, parameters in told
        if method == "Network.loadingFinished" and read_request(sent.get(parameters["requestId"]))
    }
    bodies = [page.send("Network.getResponseBody", requestId=request)["body"] for request in wire]
    return max(len(body.encode()) for body in bodies), round(max(wire.values()))


def heap(page: Page) -> int:
    """Bytes that scripts hold, after the garbage is collected."""
    page.send("HeapProfiler.collectGarbage")
    return page.send("Runtime.getHeapUsage")["usedSize"]


if __name__ == "__main__":
    main()
