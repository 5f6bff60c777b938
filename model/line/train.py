"""Train a network that reads lines, and write it, with what it scores on held-out lines, to checkpoints/lines/.

    python -m model.line.train                                    # line
    python -m model.line.train --resume                           # go on after Ctrl-C
    python -m model.line.train --resume --epochs 30 --decay 10    # end sooner: the learning rate falls from epoch 20 on
    python -m model.line.train --network line-undilated           # every dilation 1, to compare
    python -m model.line.train --network line-strided --seed 1    # stride in place of dilation
    python -m model.line.train --letters ZIP                      # letters, too, are shown as what is no digit

Lines are composed on the fly from MNIST's 55,000 training images and from hands; lines of the 5,000 validation images
and of hands of another seed set the temperature, and what is called unlike a digit (`model.line.calibration`). The last
epoch counts. The writers that lines are measured on (`python -m model.evaluate --line`) are never seen.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from model.checkpoint import check_place
from model.command import STOPPED, command
from model.data import DEFAULT_DATA
from model.line.calibration import calibrate_line, shift_unlike, unlike_lines
from model.line.checkpoint import line_path, save_line
from model.line.layout import Line
from model.line.measure import line_figures
from model.line.network import LINES, LineNet
from model.line.source import HELD_OUT, HELD_OUT_SEED, Source, composer
from model.line.training import LineRecipe, LineTraining
from model.network import count_parameters
from model.training.workers import pick_device

RUNS = Path("runs")
LOOKED_AT = 5  # epochs after which the held-out lines are read


def state_file(network: str, seed: int, runs: Path = RUNS) -> Path:
    """Where a training keeps what it has learned, after every epoch."""
    return runs / f"{network}-seed{seed}.pt"


def train_line(
    network: str,
    seed: int,
    recipe: LineRecipe,
    data: str | Path = DEFAULT_DATA,
    *,
    letters: str | Path | None = None,
    device: str = "cpu",
    resume: bool = False,
    runs: Path = RUNS,
) -> tuple[LineNet, dict[str, Any]]:
    """Train to the last epoch; a state to resume from is kept in `runs` after every epoch.

    Args:
        network: one of `LINES`.
        seed: of the weights, the lines, their order and their noise.
        recipe: how it is trained.
        data: directory that holds MNIST/raw; downloaded if absent.
        letters: a zip of Omniglot's strokes, or a directory of such.
        device: auto, cpu, cuda, ...
        resume: go on from the state that is kept.
        runs: directory of the states, and of lines that were composed already.

    Returns:
        The averaged network with its temperature set, and its history (recipe, seed, figures) for the checkpoint.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CorpusError: the corpus of letters is not there or holds no drawings.
        ValueError: `resume` with a state of another recipe, or one that is past the last epoch.
    """
    held_out = composer(data, letters, recipe.composition, validation=True).lines(HELD_OUT, HELD_OUT_SEED)
    with Source(data, letters, recipe.composition, recipe.lines, recipe.pool, seed, runs) as source:
        training = LineTraining(LINES[network], seed, recipe, source, pick_device(device))
        state = state_file(network, seed, runs)
        if resume and state.is_file():
            training.load(state)
        print(f"{network}: {count_parameters(training.net):,} parameters, seed {seed}, {recipe}", flush=True)
        while training.epoch < recipe.epochs:
            started = time.monotonic()
            loss = training.run_epoch()
            training.save(state)
            looked_at = training.epoch % LOOKED_AT == 0 or training.epoch == recipe.epochs
            said = _said(deepcopy(training.result()).cpu(), held_out) if looked_at else ""
            took = time.monotonic() - started
            print(f"epoch {training.epoch:3d}/{recipe.epochs}  loss {loss:.4f}  {took:.0f} s  {said}", flush=True)
        net = training.result().cpu()
    calibrate_line(net, held_out)
    shift_unlike(net, unlike_lines(data, letters, recipe.composition))
    history = {
        "network": network,
        "seed": seed,
        "recipe": asdict(recipe),
        **({"letters": Path(letters).name} if letters else {}),
        "figures": {"validation": line_figures(net, held_out)._asdict()},
    }
    return net, history


def _said(net: LineNet, lines: list[Line]) -> str:
    figures = line_figures(net, lines)
    return f"held-out lines right {100 * figures.right:.1f} %  F1 {figures.f1:.3f}  IoU {figures.iou:.3f}"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.line.train", description="Train a network that reads lines.")
    parser.add_argument("--network", choices=LINES, default="line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--decay", type=int, help="epochs at the end over which the learning rate falls")
    parser.add_argument("--lines", type=int, help="composed lines an epoch, instead of the recipe's")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--letters", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--runs", type=Path, default=RUNS, help="directory of what to resume from; default: runs")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda, cuda:1, ...; default: cpu")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument("--out", help="name or path of the checkpoint; default: NETWORK, or NETWORK-seedN for N > 0")
    return parser.parse_args(arguments)


def recipe_of(epochs: int | None = None, decay: int | None = None, lines: int | None = None) -> LineRecipe:
    """The recipe, with what the command says otherwise.

    Raises:
        ValueError: a number is out of its range.
    """
    said: dict[str, Any] = {
        name: value for name, value in (("epochs", epochs), ("decay", decay), ("lines", lines)) if value is not None
    }
    for name, value in said.items():
        if value < 1:
            raise ValueError(f"--{name} is {value}; expected 1 or more.")
    return replace(LineRecipe(), **said)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    seed = options.seed
    out = line_path(options.out or (options.network if seed == 0 else f"{options.network}-seed{seed}"))
    check_place(out)
    try:
        net, history = train_line(
            options.network,
            seed,
            recipe_of(options.epochs, options.decay, options.lines),
            options.data,
            letters=options.letters,
            device=options.device,
            resume=options.resume,
            runs=options.runs,
        )
    except KeyboardInterrupt:
        kept = state_file(options.network, seed, options.runs).is_file()
        print(
            "\nStopped; the last finished epoch is kept: the same command with --resume goes on from it."
            if kept
            else "\nStopped before an epoch was finished; nothing is kept."
        )
        return STOPPED
    path = save_line(net, out, **history)
    print(f"{path}: temperature {net.temperature:.3f}, {history['figures']['validation']}", flush=True)
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
