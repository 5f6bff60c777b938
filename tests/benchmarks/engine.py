"""How long the network in the browser takes for one image with all its maps, and how large it is.

npm install --prefix DIR onnxruntime-web
python -m tests.benchmarks.engine --onnxruntime DIR     # beside onnxruntime-web, on the same images in the same run
python -m tests.benchmarks.engine

One thread, Chromium. The engine computes every map; onnxruntime-web, by WebAssembly too, the logits alone.
"""

import argparse
import base64
import gzip
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from model import load_checkpoint, rasterize
from model.checkpoint import checkpoint_path
from model.drawing.examples import load_examples
from model.onnx.graph import INPUT
from model.onnx.runtime import to_onnx
from tests.benchmarks.figures import tell
from tests.browser.browsers import launch
from tests.browser.engine.parity import serving_files
from ui.serving.view import ASSETS

NETWORKS = ("small", "base", "large")
RUNS = 200
WARM_UP = 50
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


def sizes() -> dict[str, int]:
    """Bytes of the engine's files as they are gzipped."""
    files = [path for path in sorted((ASSETS / "engine").rglob("*")) if path.suffix in (".js", ".wasm")]
    return {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__.partition("\n")[0])
    parser.add_argument("--onnxruntime", type=Path, help="directory into which npm has installed onnxruntime-web")
    options = parser.parse_args()
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
        browser.close()
    files = sizes()
    tell("engine, gzipped", "bytes", value=sum(files.values()))
    print(
        f"gzipped: {sum(files.values()):,} bytes ("
        + ", ".join(f"{name} {size:,}" for name, size in files.items())
        + ")"
    )


if __name__ == "__main__":
    main()
