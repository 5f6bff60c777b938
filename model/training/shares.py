"""Compare shares of drawn digits in a batch: a short training with each, measured on data not trained on.

python -m model.training.shares --preset tiny --epochs 3 --from tiny-mnist --outliers ZIP

Everything but the share is the same. Figures are for MNIST's 5,000 validation images and drawings with a held-out seed.
Neither the test images nor people's real strokes are used, so the share may be chosen by these figures.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model.command import command
from model.data import DEFAULT_DATA, load_training
from model.metrics import count_correct, logits_of
from model.training.material import HELD_OUT, HELD_OUT_SEED, Material, load_hands, load_outliers
from model.training.recipe import NETWORKS, RECIPES
from model.training.training import Training
from model.training.workers import Workers

STEPS = (0.0, 0.5, 1.0, 2.0)  # times the recipe's share: none, half, the chosen one, double


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.training.shares", description="Compare shares of hands.")
    parser.add_argument("--preset", choices=NETWORKS, default="tiny")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--from", dest="start", metavar="NAME", help="checkpoint to start from")
    parser.add_argument("--outliers", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of rendered drawings; default: runs")
    return parser.parse_args(arguments)


def _compare(options: argparse.Namespace) -> None:
    mnist, validation = load_training(options.data)
    hands, held_out = load_hands(cache=options.runs), load_hands(HELD_OUT, HELD_OUT_SEED, cache=options.runs)
    material = Material(mnist, hands, load_outliers(corpus=options.outliers, cache=options.runs))
    recipe = replace(RECIPES[options.preset], epochs=options.epochs)
    print(f"{options.preset}, seed {options.seed}, {options.epochs} epochs", flush=True)
    print(f"{'hands':>8}{'of a batch':>12}{'MNIST validation':>20}{'hands held out':>18}", flush=True)
    for times in STEPS:
        one = replace(recipe, hands=times * recipe.hands)
        training = Training(NETWORKS[options.preset], options.seed, one, material, Workers("cpu"), start=options.start)
        for _ in range(one.epochs):
            training.run_epoch()
        right = [
            100 * count_correct(logits_of(training.result(), split.images), split.labels) / len(split.labels)
            for split in (validation, held_out)
        ]
        print(f"{one.hands:8.2f}{one.parts()[1]:12}{right[0]:18.2f} %{right[1]:16.2f} %", flush=True)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    if options.epochs < 1:
        raise ValueError(f"--epochs is {options.epochs}; expected 1 or more.")
    _compare(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
