"""Wall time of the Design tab's training to 97 % and to 99 % of the validation images, as a visitor would wait for it.

    python -m tests.benchmarks.live_training --data DIR               # the default design, seed 0
    python -m tests.benchmarks.live_training --data DIR --seeds 3

The clock is the one that the page shows: slices of training with the looks at the network between them, reading MNIST
left out. A look reads 2,000 validation images; the end is measured on all 5,000. CPU time is that of the whole process,
for machines on which others are at work. One thread, as in the app.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

from model.data import DEFAULT_DATA
from model.design.configuration import DEFAULT_DESIGN, cost_of
from model.design.live_training import DEFAULT_EPOCHS, LiveTraining, News
from tests.benchmarks.figures import tell

GOALS = (0.97, 0.99)


def measure(root: Path, seed: int, epochs: int) -> None:
    """Train once; print when each goal was first reached, and the end."""
    training, reached = LiveTraining(DEFAULT_DESIGN, epochs, root, seed), {}
    start = time.process_time()

    def report(news: News) -> None:
        for goal in GOALS:
            if news.look and news.look.accuracy >= goal:
                reached.setdefault(goal, (news.seconds, time.process_time() - start))
        if news.images == news.total:
            print(f"seed {seed}: {news.images:,} images in {news.seconds:.1f} s", flush=True)

    training.run(report)
    for goal in GOALS:
        tell(f"seed {seed}, to {goal:.0%} of the watched images", "s", value=reached.get(goal, (float("nan"),))[0])
        said = "not reached" if goal not in reached else "{:.1f} s ({:.1f} s of CPU time)".format(*reached[goal])
        print(f"seed {seed}: {100 * goal:.0f} % of the watched images: {said}")
    accuracy = training.network()[1]["figures"]["validation"]["accuracy"]
    tell(f"seed {seed}, validation images at the end", "%", value=100 * accuracy)
    print(f"seed {seed}: {100 * accuracy:.2f} % of all validation images at the end", flush=True)


def main() -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.live_training", description="Time to 97 and 99 %."
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="directory that holds MNIST/raw")
    parser.add_argument("--seeds", type=int, default=1, help="how many trainings, seeds 0, 1, ...")
    parser.add_argument("--epochs", type=int, default=DEFAULT_EPOCHS, help="of each training")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{cost_of(DEFAULT_DESIGN).parameters:,} parameters, {options.epochs} epochs, 1 thread")
    try:
        for seed in range(options.seeds):
            measure(options.data, seed, options.epochs)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
