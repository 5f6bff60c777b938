"""How long the generator in the browser takes for six completions, how large it is, and how far it is from PyTorch.

python -m tests.benchmarks.generator
python -m tests.benchmarks.generator --generator undilated

One worker, Chromium: from the request to all images with every step on the way, the upper half of a digit known. "six
digits" asks for another digit each; of "any digit" the choice is the generator's, which spares the second pass.
"""

import argparse

import torch
from playwright.sync_api import Browser, Page, sync_playwright

from model import load_generator, rasterize
from model.drawing.examples import load_examples
from tests.benchmarks.figures import tell
from tests.browser.browsers import launch
from tests.browser.engine.generating import COMPLETE, Asked, asked_of, likeness, serve_generators
from tests.browser.engine.parity import serving_files
from tests.serving import serving
from ui.serving.view import ASSETS, ASSETS_URL

COUNT, RUNS, WARM_UP = 6, 20, 3
EXAMPLES = (3, 13, 23)
PARTS = ["random.js", *(f"generator/{path.name}" for path in sorted((ASSETS / "engine" / "generator").glob("*.js")))]

TIMES = f"""async ({{ name, request: {{ image, keep, shares, ...others }} }}) => {{
    const {{ openGenerator }} = await import("/engine/generator/client.js");
    const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const generator = await openGenerator(name);
    const own = shares.map((each) => Float32Array.from(each));
    const asked = {{ ...others, noise: null, image: bytes(image), keep: bytes(keep), shares: own }};
    const times = [];
    for (let at = -{WARM_UP}; at < {RUNS}; at += 1) {{
        const begun = performance.now();
        await generator.complete(asked, {{}});
        if (at >= 0) times.push(performance.now() - begun);
    }}
    times.sort((a, b) => a - b);
    return [times[{RUNS} / 2], times[Math.floor(0.95 * {RUNS})]];
}}"""


def six(shares: torch.Tensor) -> Asked:
    """Six completions of a digit of which the upper half is known."""
    asked = asked_of(load_generator(), rasterize(load_examples()[EXAMPLES[0]].drawing), COUNT)
    asked.shares = shares
    return asked


def tell_times(page: Page, name: str) -> None:
    """Print how long six completions take."""
    classes = len(load_generator(name).classes)
    shares = torch.eye(classes + 1)
    for title, own in (("six digits", shares[:COUNT]), ("any digit", shares[[classes] * COUNT])):
        p50, p95 = page.evaluate(TIMES, six(own).told(name))
        tell(f"{name}, six completions of ten steps, {title}", "ms", p50=p50, p95=p95)
        print(f"{name}, six completions of ten steps, {title}: p50 {p50:.0f} ms p95 {p95:.0f} ms", flush=True)


def tell_parity(page: Page, name: str) -> None:
    """Print how far it is from PyTorch."""
    generator = load_generator(name)
    for at in EXAMPLES:
        asked = asked_of(generator, rasterize(load_examples()[at].drawing), COUNT, seed=at)
        found = likeness(generator, asked, page.evaluate(COMPLETE, asked.told(name)))
        apart = max(found.maps.values())
        tell(f"{name}, off, example {at}", "", pixels=found.unequal, map=apart)
        print(f"{name}, example {at}: {found.unequal:.3%} of pixels off by more than a grey level, maps by {apart:.1e}")


def tell_size(browser: Browser, name: str) -> None:
    """Print what a browser fetches of it when it is first asked for."""
    page = browser.new_page()
    with serving() as address:
        page.goto(f"{address}/{ASSETS_URL}/engine/engine.html")
        files = page.evaluate(
            """async ({ parts, file }) => {
                const bytes = async (name) => {
                    const address = new URL(name, location.href).href;
                    await (await fetch(address)).arrayBuffer();
                    return performance.getEntriesByName(address).at(-1).encodedBodySize;
                };
                const names = [...parts, "generator/kernels.wasm", file];
                return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await bytes(name)])));
            }""",
            {"parts": PARTS, "file": f"../checkpoints/generators/{name}"},
        )
    page.close()
    weights = files.pop(f"../checkpoints/generators/{name}")
    tell("generator as it is sent", "bytes", engine=sum(files.values()), weights=weights)
    each = ", ".join(f"{path.rpartition('/')[2]} {size:,}" for path, size in files.items())
    print(f"as the server sends it, gzipped: {sum(files.values()):,} bytes ({each}) and {weights:,} of weights")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.generator", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--generator", default="dilated", metavar="NAME", help="default: %(default)s")
    name = parser.parse_args().generator
    with serving_files() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(f"{address}/engine/network.js")
        serve_generators(page)
        tell_times(page, name)
        tell_parity(page, name)
        page.close()
        tell_size(browser, name)
        browser.close()


if __name__ == "__main__":
    main()
