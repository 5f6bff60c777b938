"""How long after a movement of the pen it is on screen, read by the server and by the engine in the browser.

python -m tests.benchmarks.engine_latency
python -m tests.benchmarks.engine_latency --movements 400
python -m tests.benchmarks.engine_latency --against DIR     # beside another checkout of Digitscope, in the same run

Digits are drawn at 60 movements a second in a headless Chromium; the time runs from the browser's own time stamp of a
movement to the frame that shows the first answer that knows of it. Then the same with 150 ms put between browser and
server, and with a processor six times slower, both as Chromium's own developer tools do it. Requests are those that
were sent while the pen moved. The first reading is timed from a new page's request to its bars.
"""

import argparse
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.devtools import DevTools, Page, browser
from tests.benchmarks.figures import tell
from tests.benchmarks.layers_latency import scribble
from tests.serving import started

WAYS = {"the server": "off", "the engine": "on"}
# By the engine, milliseconds: p50 and p95 that are not to be exceeded.
CONDITIONS: dict[str, tuple[dict[str, Any], float | None, float | None]] = {
    "image and probabilities": ({"maps": False}, 16, 33),
    "with all maps and a cell": ({"maps": True}, 20, 40),
    "the same, 150 ms away": ({"maps": True, "delay": 150}, 21, 41),
    "the same, processor six times slower": ({"maps": True, "slower": 6}, None, 60),
}
READY = "document.querySelector('#engine .note')?.textContent"
PIN = "stages.3.depthwise,6,6,7"
OPEN_ALL = "document.querySelectorAll('#layers .expand').forEach((button) => button.click())"
FIRST_READINGS = 3
WARM_UP = 50  # movements
SETTLING = 1  # seconds

# From every movement with the pen down to the end of the frame that shows an answer at least as new: an answer that
# comes within a frame, before it is painted, is shown by that frame, and any other by the next.
TIMER = """async (view) => {
    const script = (place) => import(new URL(`digitscope/${place}`, document.baseURI));
    const { newest } = await script("page/reader.js").catch(() => script("reader.js")); // where it was before
    const shown = document.querySelector(`${view} [data-sequence]`) ?? document.querySelector(view);
    const waiting = [];
    const answers = []; // { sequence, frame } of those that are not painted yet
    window.latencies = [];
    let before = 0;
    let frame = 0;
    let within = false; // a frame that is not painted yet
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data: painted }) => {
        const now = performance.now();
        within = false;
        while (answers.length && answers[0].frame <= painted) {
            const { sequence } = answers.shift();
            while (waiting.length && waiting[0].sequence <= sequence) latencies.push(now - waiting.shift().moved);
        }
    };
    const watchFrame = () => requestAnimationFrame(() => {
        if (within) return;
        frame += 1;
        within = true;
        port2.postMessage(frame);
    });
    document.addEventListener("pointerrawupdate", () => { // before the page asks for the frame that it answers in
        before = newest();
        within = false;
        watchFrame();
    }, true);
    document.addEventListener("pointerrawupdate", (event) => { // where none left at once, the next is about it
        if (event.buttons) waiting.push({ moved: event.timeStamp, sequence: Math.max(newest(), before + 1) });
    });
    new MutationObserver(() => {
        answers.push({ sequence: Number(shown.dataset.sequence), frame: within ? frame : frame + 1 });
        if (!within) watchFrame();
    }).observe(shown, { attributeFilter: ["data-sequence"] });
}"""


def latencies(
    devtools: DevTools, address: str, movements: int, way: str, *, maps: bool, delay: int = 0, slower: int = 1
) -> tuple[list[float], int]:
    """Milliseconds from each movement to the screen, and how many requests were sent meanwhile."""
    page = Page(devtools)
    page.open(f"{address}/?engine={WAYS.get(way)}{f'#cell={PIN}' if maps else ''}", "#reading .bar.top")
    if way == "the engine":
        page.wait_for(READY)
    tab = "Layers" if maps else "Network"
    page.evaluate(f"[...document.querySelectorAll('[role=tab]')].find((each) => each.innerText === '{tab}').click()")
    if maps:
        page.wait_for("document.querySelector('#layers [data-sequence]')")
        page.evaluate(OPEN_ALL)
        page.evaluate("scrollTo(0, 0)")
    time.sleep(SETTLING)
    if delay:
        page.send("Network.enable")
        page.send(
            "Network.emulateNetworkConditions", offline=False, latency=delay, downloadThroughput=-1, uploadThroughput=-1
        )
    if slower > 1:
        page.send("Emulation.setCPUThrottlingRate", rate=slower)
    page.evaluate(f"({TIMER})('{'#layers' if maps else '#reading'}')")
    scribble(page, WARM_UP)
    page.evaluate("latencies.length = 0; performance.clearResourceTimings()")
    scribble(page, movements)
    times, requests = page.evaluate("[latencies, performance.getEntriesByType('resource').length]")
    page.close()
    return times, requests


def first_reading(devtools: DevTools, address: str, way: str) -> float:
    """Milliseconds from asking for the page, with nothing of it kept in the browser, to its first reading."""
    page = Page(devtools)
    page.send("Network.enable")
    page.send("Network.setCacheDisabled", cacheDisabled=True)
    begun = time.perf_counter()
    page.open(f"{address}/?engine={WAYS.get(way)}", "#reading .bar.top")
    took = 1000 * (time.perf_counter() - begun)
    page.close()
    return took


def report(
    name: str, times: list[float], requests: int | None = None, floors: tuple[float | None, float | None] = (None, None)
) -> None:
    """Print a line of the table."""
    if not times:
        print(f"{name:<52}{'nothing was shown while the pen moved':>40}", flush=True)
        return
    p50, p95 = statistics.median(times), float(np.percentile(times, 95))
    asked = "" if requests is None else requests
    floor = " / ".join("-" if each is None else f"{each:g}" for each in floors) if any(floors) else ""
    print(f"{name:<52}{p50:>8.1f}{p95:>8.1f}{floor:>10}{len(times):>8}{asked:>10}", flush=True)
    tell(name, "ms", p50=p50, p95=p95, count=len(times))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.engine_latency", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--movements", type=int, default=100, help="that are timed for each line")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout, measured in the same run")
    options = parser.parse_args()
    with ExitStack() as stack:
        address, _ = stack.enter_context(started())
        ways = dict.fromkeys(WAYS, address)
        if options.against:
            app = (options.against / "app.py").resolve()
            before, _ = stack.enter_context(started(app=app, directory=app.parent))
            ways = {f"{options.against.name} before": before, **ways}
        devtools = stack.enter_context(browser())
        print(f"{'milliseconds':<52}{'p50':>8}{'p95':>8}{'floor':>10}{'count':>8}{'requests':>10}")
        for name, (condition, *floors) in CONDITIONS.items():
            for way, where in ways.items():
                found = latencies(devtools, where, options.movements, way, **condition)
                report(f"{name}, by {way}", *found, tuple(floors) if way == "the engine" else (None, None))
        firsts: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(FIRST_READINGS):  # taking turns
            for way, where in ways.items():
                firsts[way].append(first_reading(devtools, where, way))
        for way, times in firsts.items():
            report(f"first reading of a new page, by {way}", times)


if __name__ == "__main__":
    main()
