"""How long the network in the browser takes for one image with all its maps, and how large it is.

npm install --prefix DIR onnxruntime-web
python -m tests.benchmarks.engine --onnxruntime DIR     # beside onnxruntime-web, on the same images in the same run
python -m tests.benchmarks.engine
python -m tests.benchmarks.engine --parity              # how far it is from PyTorch, for each shipped network

One thread, Chromium. The engine computes every map; onnxruntime-web, by WebAssembly too, the logits alone.
"""

import argparse
import base64
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from model import layer_responses, load_checkpoint, rasterize
from model.checkpoint import checkpoint_names, checkpoint_path
from model.drawing.examples import load_examples
from model.onnx.graph import INPUT
from model.onnx.runtime import to_onnx
from tests.benchmarks.figures import tell
from tests.browser.browsers import launch
from tests.browser.engine.parity import ASK, Cell, Parity, parity, question, served_bytes, serving_files
from tests.serving import serving

NETWORKS = ("small", "base", "large")
RUNS = 200
WARM_UP = 50
WITH_CELLS = 2  # drawings
TOGETHER = 10  # runs that are timed as one: a browser's clock ticks every 0.1 ms

MEDIAN = (
    """const timed = async (run) => {
    const times = [];
    for (let at = -WARM_UP; at < RUNS; at += 1) {
        const begun = performance.now();
        for (let each = 0; each < TOGETHER; each += 1) await run();
        if (at >= 0) times.push((performance.now() - begun) / TOGETHER);
    }
    times.sort((a, b) => a - b);
    return [times[RUNS / 2], times[Math.floor(0.95 * RUNS)]];
};
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
""".replace("WARM_UP", str(WARM_UP))
    .replace("RUNS", str(RUNS))
    .replace("TOGETHER", str(TOGETHER))
)

OURS = f"""async ({{ file, images, drawing, cell }}) => {{
    {MEDIAN}
    const [{{ Network }}, {{ readCheckpoint }}, {{ Pen, rasterize }}, {{ read }}] = await Promise.all(
        ["network", "safetensors", "strokes", "reading"].map((name) => import(`/engine/${{name}}.js`)));
    const kernels = await WebAssembly.compileStreaming(fetch("/engine/kernels.wasm"));
    const [network, pen] = [new Network(kernels, readCheckpoint(bytes(file).buffer)), new Pen(kernels)];
    let at = 0;
    return {{
        forward: await timed(() => read(network, images[at++ % images.length])),
        influence: await timed(() => network.influence(cell, [3, 3], 0)),
        image: await timed(() => rasterize(drawing, pen)),
    }};
}}"""

THEIRS = f"""async ({{ at, file, images, input }}) => {{
    {MEDIAN}
    const ort = await import(`${{at}}/ort.wasm.min.mjs`);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = `${{at}}/`;
    const session = await ort.InferenceSession.create(bytes(file), {{ executionProviders: ["wasm"] }});
    const tensors = images.map((image) => new ort.Tensor("uint8", Uint8Array.from(image), [1, 28, 28]));
    let next = 0;
    return await timed(() => session.run({{ [input]: tensors[next++ % tensors.length] }}));
}}"""


def ours(page: Page, name: str) -> dict[str, Any]:
    """Milliseconds, [p50, p95], of the engine's parts."""
    drawings = [example.drawing for example in load_examples()[:10]]
    net = load_checkpoint(name)
    return page.evaluate(
        OURS,
        {
            "file": base64.b64encode(checkpoint_path(name).read_bytes()).decode(),
            "images": [rasterize(drawing).ravel().tolist() for drawing in drawings],
            "drawing": drawings[3],
            "cell": f"stages.{len(net.stages) - 1}",
        },
    )


def theirs(page: Page, address: str, name: str) -> list[float]:
    """Milliseconds, [p50, p95], of onnxruntime-web."""
    images = [rasterize(example.drawing).ravel().tolist() for example in load_examples()[:10]]
    model = base64.b64encode(to_onnx(load_checkpoint(name))).decode()
    return page.evaluate(THEIRS, {"at": address, "file": model, "images": images, "input": INPUT})


def parity_of(page: Page, name: str) -> Parity:
    """How far the engine is from PyTorch for one network, over all examples; with the middle cell of every layer."""
    net = load_checkpoint(name)
    drawings = [example.drawing for example in load_examples()]
    shapes = {layer: values.shape for layer, values in layer_responses(net, rasterize(drawings[0])).items()}
    cells: list[Cell] = [(layer, (height // 2, width // 2), 0) for layer, (_, height, width) in shapes.items()]
    with TemporaryDirectory() as directory:
        asked = question(net, drawings, cells, Path(directory))
    answers = []
    for at, drawing in enumerate(drawings):  # where cells look takes long, and is asked for a few drawings
        answers += page.evaluate(ASK, {**asked, "drawings": [drawing], "cells": cells if at < WITH_CELLS else []})
    return parity(net, drawings, cells, answers)


def tell_parity(browser: Browser) -> None:
    """Print the table of all shipped networks."""
    print(f"{'':<28}{'pixels off':>12}{'probability':>14}{'map':>12}{'influence':>12}{'familiar':>10}{'lattices':>10}")
    with serving_files() as address:
        page = browser.new_page()
        page.goto(f"{address}/engine/network.js")
        for name in checkpoint_names():
            found = parity_of(page, name)
            apart = max(found.maps.values())
            tell(f"{name}, off", "", pixels=found.unequal, probability=found.probability, map=apart)
            print(
                f"{name:<28}{found.unequal:>12.3%}{found.probability:>14.1e}{apart:>12.1e}{found.influence:>12.1e}"
                f"{found.familiar:>10}{found.lattices:>10}",
                flush=True,
            )
        page.close()
    print(
        "The largest differences from PyTorch over the examples; maps and influences relative to their largest value."
    )


def tell_size(browser: Browser) -> None:
    """Print what a browser fetches of the engine before it reads."""
    page = browser.new_page()
    with serving() as address:
        files = served_bytes(page, address)
    page.close()
    tell("engine as it is sent", "bytes", value=sum(files.values()))
    each = ", ".join(f"{name} {size:,}" for name, size in sorted(files.items()))
    print(f"as the server sends it, gzipped: {sum(files.values()):,} bytes ({each})")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__.partition("\n")[0])
    parser.add_argument("--onnxruntime", type=Path, help="directory into which npm has installed onnxruntime-web")
    parser.add_argument("--parity", action="store_true", help="compare with PyTorch instead")
    options = parser.parse_args()
    if options.parity:
        with sync_playwright() as playwright:
            tell_parity(launch(playwright))
        return
    with serving_files() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for name in NETWORKS:
            page = browser.new_page()
            page.goto(f"{address}/engine/network.js")
            parts = ours(page, name)
            for part, (p50, p95) in parts.items():
                tell(f"{name}, {part}", "ms", p50=p50, p95=p95)
            print(f"{name}: " + ", ".join(f"{part} p50 {a:.2f} ms p95 {b:.2f} ms" for part, (a, b) in parts.items()))
            if options.onnxruntime:
                with serving_files(options.onnxruntime / "node_modules" / "onnxruntime-web" / "dist") as other:
                    page.goto(f"{other}/ort.wasm.min.mjs")
                    a, b = theirs(page, other, name)
                tell(f"{name}, onnxruntime-web", "ms", p50=a, p95=b)
                longer = a / parts["forward"][0]
                print(f"{name}: onnxruntime-web p50 {a:.2f} ms p95 {b:.2f} ms, {longer:.1f} times as long")
            page.close()
        tell_size(browser)
        browser.close()


if __name__ == "__main__":
    main()
