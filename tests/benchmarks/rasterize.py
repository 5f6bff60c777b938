"""How long one drawing takes, and how like MNIST's images it comes out.

python -m tests.benchmarks.rasterize
python -m tests.benchmarks.rasterize --data DIR --pendigits FILE     # compares the ink with MNIST's too
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from model import load_checkpoint, predict, rasterize
from model.data import load_mnist
from model.drawing.corpora import read_pendigits
from model.drawing.examples import load_examples
from tests.benchmarks.figures import tell

POINTS = 200
RUNS = 1000


def drawing_of(points: int) -> list:
    """An example digit with that many points."""
    stroke = np.array(load_examples()[0].drawing[0])[:, :2]
    steps = np.linspace(0, len(stroke) - 1, points)
    return [np.stack([np.interp(steps, np.arange(len(stroke)), axis) for axis in stroke.T], 1).tolist()]


def milliseconds(what: str, call: Callable[[], object]) -> str:
    """p50 and p95 of RUNS calls of what is named, after a few to warm up."""
    times = []
    for run in range(RUNS + 20):
        begun = time.perf_counter()
        call()
        if run >= 20:
            times.append(1000 * (time.perf_counter() - begun))
    p50, p95 = np.percentile(times, [50, 95])
    tell(what, "ms", p50=p50, p95=p95, count=RUNS)
    return f"{what}: p50 {p50:.2f} ms, p95 {p95:.2f} ms"


def ink(images: np.ndarray) -> str:
    """Share of ink and of grey in images uint8 (N, 28, 28)."""
    inked, grey = images > 0, (images > 0) & (images < 230)
    return f"mean level {images.mean():.1f}, {grey.sum() / inked.sum():.1%} of the inked pixels grey"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rasterize")
    parser.add_argument("--data", help="directory that holds MNIST/raw")
    parser.add_argument("--pendigits", help="pendigits-orig.tra")
    options = parser.parse_args()
    torch.set_num_threads(1)
    drawing = drawing_of(POINTS)
    print(milliseconds(f"rasterize, {POINTS} points", lambda: rasterize(drawing)))
    image = rasterize(drawing)[None]
    for name in ("small", "base"):
        net = load_checkpoint(name)
        print(milliseconds(f"predict, one image, {name}", lambda net=net: predict(net, image)))
    if options.data:
        print(f"MNIST's training images: {ink(load_mnist(options.data, train=True, download=False).images.numpy())}")
    if options.pendigits:
        images = np.stack([rasterize(sample.drawing) for sample in read_pendigits(options.pendigits)])
        print(f"pendigits, rasterised: {ink(images)}")


if __name__ == "__main__":
    main()
