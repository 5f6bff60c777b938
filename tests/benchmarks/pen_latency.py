"""How long after a movement of the pen its probabilities are on screen.

python -m tests.benchmarks.pen_latency
python -m tests.benchmarks.pen_latency --movements 600 --strokes 12

Drives a headless Chromium against `python app.py`, which answers itself here (tests.benchmarks.engine_latency has the
engine in the browser beside it): digits are drawn at 60 movements a second. For every movement, the
time runs from the browser's own time stamp of the event to the frame that shows the first answer whose request left
after it. Beside it, with the same network and in the same run, what Gradio has for it: gr.Sketchpad and gr.Label, from
the pen's leaving the paper to the frame that shows the new label; its pictures are drawn by a software renderer.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tests.benchmarks.devtools import DevTools, Page, browser
from tests.benchmarks.figures import tell
from tests.benchmarks.pen import drag, draw
from tests.browser.browsers import ARGUMENTS
from tests.browser.drawing import ONE, SEVEN, ZERO
from tests.serving import PATIENCE, free_port, serving

TABS = {"Network": "image and probabilities", "Layers": "image, probabilities and the maps of every layer"}
MOVEMENTS_PER_DIGIT = 40
SETTLING = 1  # seconds
SOFTWARE_GL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # the Sketchpad needs WebGL
PARTS = ("  until the request leaves", "  until it is answered", "  until it is painted")

# In the page: when each movement was, when each request left and was answered, when each answer was painted.
CLOCKS = """
    window.clocks = { moved: [], left: {}, answered: {}, painted: {} };
    const fetched = window.fetch;
    window.fetch = async (url, options) => {
        const own = String(url).includes("component_server") && JSON.parse(options.body);
        const sequence = own?.fn_name === "read" ? own.data.sequence : null;
        if (sequence) clocks.left[sequence] = performance.now();
        const response = await fetched(url, options);
        if (sequence) clocks.answered[sequence] = performance.now();
        return response;
    };
    document.addEventListener("pointerrawupdate", (event) => {
        if (event.buttons) clocks.moved.push([event.timeStamp, performance.now()]); // when it was, when it was heard of
    }, { capture: true });
    const onScreen = (then) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => then(performance.now());
        port2.postMessage(null);
    });
    document.addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
        for (const { target } of changes) {
            const { sequence } = target.dataset;
            if (target.closest("#reading")) onScreen((time) => { clocks.painted[sequence] ??= time; });
        }
    }).observe(document.body, { subtree: true, attributeFilter: ["data-sequence"] }));
"""

PAD = "#pad"
BRUSH = f"{PAD} button[aria-label=Brush]"
SAID = "document.querySelector('#label h2')?.innerText ?? ''"
WAY = np.linspace(-1, 1, 21)  # of the Sketchpad's pen, from one side of the middle to the other

LABEL_CHANGES = """
    window.changed = null;
    new MutationObserver(() => requestAnimationFrame(() => { window.changed = performance.now(); }))
        .observe(document.querySelector("#label"), { subtree: true, childList: true, characterData: true });
    document.addEventListener("pointerup", (event) => { window.lifted = event.timeStamp; }, { capture: true });
"""


def pen_latency(devtools: DevTools, address: str, movements: int, tab: str) -> dict[str, list[float]]:
    """Milliseconds from each movement to the screen with one tab open, and the parts they are made of."""
    page = Page(devtools, CLOCKS)
    page.open(f"{address}/?engine=off", "#reading .bar.top")
    page.evaluate(f"[...document.querySelectorAll('[role=tab]')].find((each) => each.innerText === '{tab}').click()")
    time.sleep(SETTLING)
    for digit in itertools.islice(itertools.cycle((SEVEN, ZERO, ONE)), -(-movements // MOVEMENTS_PER_DIGIT)):
        draw(page, _along(digit[0], MOVEMENTS_PER_DIGIT + 1))
    clocks = page.evaluate("clocks")
    page.close()
    return _parts(clocks)


def _along(stroke: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """`count` points at even distances along a stroke."""
    corners = np.array(stroke)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.linspace(0, length[-1], count)
    x, y = (np.interp(at, length, corners[:, axis]).tolist() for axis in (0, 1))
    return list(zip(x, y, strict=True))


def _parts(clocks: dict) -> dict[str, list[float]]:
    left, answered, painted = clocks["left"], clocks["answered"], clocks["painted"]
    shown = sorted(painted, key=int)
    parts: dict[str, list[float]] = {name: [] for name in ("movement to screen", *PARTS)}
    for moved, heard in clocks["moved"]:
        number = next(number for number in shown if left[number] >= heard)
        times = moved, left[number], answered[number], painted[number]
        parts["movement to screen"].append(times[-1] - moved)
        for name, (begin, end) in zip(PARTS, itertools.pairwise(times), strict=True):
            parts[name].append(end - begin)
    return parts


def sketchpad_latency(devtools: DevTools, address: str, strokes: int) -> list[float]:
    """Milliseconds from pen-up to the changed label, for strokes on Gradio's Sketchpad."""
    page = Page(devtools)
    page.open(address, f"{PAD} canvas")
    page.wait_for(f"document.querySelector('{BRUSH}')")
    page.evaluate(f"document.querySelector('{BRUSH}').click()")
    time.sleep(2 * SETTLING)
    page.evaluate(LABEL_CHANGES)
    box = page.box(f"{PAD} canvas")
    middle, reach = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 0.3 * min(box["width"], box["height"])
    times = []
    for number in range(strokes):
        turn = np.pi * number / strokes
        across = [(middle[0] + way * reach * np.cos(turn), middle[1] + way * reach * np.sin(turn)) for way in WAY]
        said = page.evaluate(SAID)
        page.evaluate("changed = null")
        drag(page, across)
        page.wait_for(f"changed && ({SAID}) !== {json.dumps(said)}")
        times.append(page.evaluate("changed - lifted"))
        time.sleep(2 * SETTLING)  # it uploads once more after it has answered
    page.close()
    return times


def _sketchpad(port: int) -> None:
    """Serve a Sketchpad and a Label, as Gradio's guides put them together, with the page's network."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    import torch
    from PIL import Image

    from model import load_checkpoint, predict

    torch.set_num_threads(1)
    net, answers = load_checkpoint("base"), itertools.count(1)

    def read(sketch: dict) -> dict[str, float]:
        ink = Image.fromarray(sketch["layers"][0][..., 3]).resize((28, 28))
        number = next(answers)  # a label that always changes can be waited for
        probabilities = predict(net, np.array(ink)[None])[0]
        return {f"{name} ({number})": float(p) for name, p in zip(net.classes, probabilities, strict=True)}

    with gr.Blocks() as page:
        pad, label = gr.Sketchpad(elem_id="pad"), gr.Label(elem_id="label")
        pad.change(read, pad, label)
    page.launch(server_port=port, quiet=True)


@contextmanager
def serving_sketchpad() -> Iterator[str]:
    """The stock page in a process of its own; yields its address."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_sketchpad, args=(port,))
    process.start()
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(10 * PATIENCE):
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.join()


def row(name: str, times: list[float]) -> str:
    """A line of the table: name, p50, p95 and count."""
    p50, p95 = statistics.median(times), float(np.percentile(times, 95))
    return f"{name:<38}{p50:>10.1f}{p95:>10.1f}{len(times):>8}"


def note(name: str, times: list[float]) -> None:
    """Tell p50, p95 and count of some times."""
    tell(name, "ms", p50=statistics.median(times), p95=float(np.percentile(times, 95)), count=len(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--movements", type=int, default=400, help="of the pen on the page")
    parser.add_argument("--strokes", type=int, default=8, help="on the Sketchpad")
    options = parser.parse_args()
    with serving() as address, browser() as devtools:
        by_tab = {tab: pen_latency(devtools, address, options.movements, tab) for tab in TABS}
    arguments = [argument for argument in ARGUMENTS if argument != "--disable-gpu"] + SOFTWARE_GL
    with serving_sketchpad() as address, browser(arguments) as devtools:
        stock = sketchpad_latency(devtools, address, options.strokes)
    print(f"{'milliseconds':<38}{'p50':>10}{'p95':>10}{'count':>8}")
    for tab, parts in by_tab.items():
        print(f"tab {tab}: {TABS[tab]}")
        for name, times in parts.items():
            print(row(name, times))
            note(f"tab {tab}, {name.strip()}", times)
    print(row("Sketchpad + Label, pen-up to label", stock))
    note("Sketchpad + Label, pen-up to label", stock)
    ratio = statistics.median(stock) / statistics.median(by_tab["Network"]["movement to screen"])
    print(f"The page answers {ratio:.0f} times sooner, and does not wait for the pen to be lifted.")


if __name__ == "__main__":
    main()
