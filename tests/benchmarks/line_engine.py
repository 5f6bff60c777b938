"""How long a line takes to be read, with its boxes and pixels: in the browser, with all maps too, and on the server.

python -m tests.benchmarks.line_engine

One thread each. Strips of 28, 140 and 560 columns by a network of the shipped shape that has learned nothing: what it
says does not matter to how long it takes.
"""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import torch
from playwright.sync_api import sync_playwright

from model.line.checkpoint import save_line
from model.line.measure import answers
from model.line.network import LINES, LineNet
from tests.benchmarks.figures import tell
from tests.browser.browsers import launch
from tests.browser.engine.parity import serving_files
from ui.engine_files import line_file

RUNS, WARM_UP = 100, 20
WIDTHS = (28, 140, 560)

TIMES = f"""async (width) => {{
    const {{ openLine }} = await import("/engine/line/client.js");
    const line = await openLine("line");
    const strip = Uint8Array.from({{ length: 28 * width }}, (_, at) => (at % 7 ? 0 : 255));
    const timed = (run) => {{
        const times = [];
        for (let at = -{WARM_UP}; at < {RUNS}; at += 1) {{
            strip[0] = at & 255; // another strip each time
            const begun = performance.now();
            run();
            if (at >= 0) times.push(performance.now() - begun);
        }}
        times.sort((a, b) => a - b);
        return [times[{RUNS} / 2], times[Math.floor(0.95 * {RUNS})]];
    }};
    const read = () => line.read(strip, width);
    const mapped = () => {{ read(); return line.maps(strip, width).map(({{ values }}) => values); }};
    return {{ read: timed(read), "maps too": timed(mapped) }};
}}"""


def served(line: LineNet, width: int) -> tuple[float, float]:
    """Milliseconds on the server, p50 and p95."""
    strip = np.where(np.arange(28 * width) % 7, 0, 255).astype(np.uint8).reshape(28, width)
    times = []
    for at in range(-WARM_UP, RUNS):
        strip[0, 0] = at & 255
        begun = time.perf_counter()
        answers(line, strip)
        if at >= 0:
            times.append(1000 * (time.perf_counter() - begun))
    return float(np.median(times)), float(np.percentile(times, 95))


def main() -> None:
    """The command."""
    with TemporaryDirectory() as directory, patch("model.checkpoint.CHECKPOINTS", Path(directory)):
        net = LineNet(LINES["line"]).eval()
        save_line(net, "line")
        told = json.dumps(line_file("line"))
    with serving_files() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.route("**/checkpoints/lines/line", lambda route: route.fulfill(body=told))
        page.goto(f"{address}/engine/network.js")
        for width in WIDTHS:
            for what, (p50, p95) in page.evaluate(TIMES, width).items():
                tell(f"28 x {width}, {what}", "ms", p50=p50, p95=p95)
                print(f"28 x {width}, {what}: p50 {p50:.1f} ms p95 {p95:.1f} ms", flush=True)
        browser.close()
    torch.set_num_threads(1)  # as app.py does
    for width in WIDTHS:
        p50, p95 = served(net, width)
        tell(f"28 x {width}, on the server", "ms", p50=p50, p95=p95)
        print(f"28 x {width}, on the server: p50 {p50:.1f} ms p95 {p95:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
