"""Train a network on MNIST and on people's hands, and write it, with what it scores, to checkpoints/.

    python -m model.train --preset base --seed 0
    python -m model.train --preset base --seed 0 --resume            # go on after Ctrl-C
    python -m model.train --preset tiny --teacher base               # learn from base's answers too
    python -m model.train --preset base --from base-mnist            # go on from another checkpoint's weights
    python -m model.train --preset base --outliers ZIP               # letters, too, are shown as what is no digit
    python -m model.train --preset base --hands 0 --outlier-share 0  # MNIST alone
    python -m model.train --study                                    # the networks of the Compare tab, all seeds
    torchrun --nproc-per-node 2 -m model.train --preset base         # data-parallel: gloo on CPU, nccl on GPUs

The same seed gives the same network on the same machine. The number of epochs is fixed beforehand and the last one
counts; the 5,000 validation images and drawings of a held-out seed set the temperature and the threshold of what is
familiar, and the 10,000 test images are read once, at the very end.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from model.checkpoint import (
    check_place,
    checkpoint_path,
    default_name,
    load_checkpoint,
    read_metadata,
    record,
    save_checkpoint,
)
from model.command import STOPPED, command
from model.data import DEFAULT_DATA, Split, load_mnist, load_training
from model.evaluation.pen_strokes import load_pendigits, pendigits_figures
from model.metrics import calibrate, count_correct, figures, logits_of, test_figures
from model.network import DigitNet, count_parameters
from model.study.networks import SEEDS, STUDY
from model.training.material import HELD_OUT, HELD_OUT_SEED, Material, load_hands, load_outliers
from model.training.recipe import NETWORKS, RECIPES, Recipe
from model.training.training import Training
from model.training.workers import Workers

RUNS = Path("runs")
GOING_ON = 0.5  # of the learning rate's peak, where the weights have learned already


def state_file(preset: str, seed: int, runs: Path = RUNS) -> Path:
    """Where a training keeps what it has learned, after every epoch."""
    return runs / f"{preset}-seed{seed}.pt"


def train(
    preset: str,
    seed: int,
    recipe: Recipe,
    data: str | Path = DEFAULT_DATA,
    *,
    teacher: str | None = None,
    start: str | None = None,
    outliers: str | Path | None = None,
    device: str = "auto",
    resume: bool = False,
    runs: Path = RUNS,
) -> tuple[DigitNet, dict]:
    """Train to the last epoch; a state to resume from is kept in `runs` after every epoch.

    Args:
        preset: one of `NETWORKS`.
        seed: of the weights, the order of the images and their augmentation.
        recipe: how it is trained.
        data: directory that holds MNIST/raw; downloaded if absent.
        teacher: name or path of a checkpoint whose answers are learned too.
        start: name or path of a checkpoint whose weights are gone on from.
        outliers: a corpus of letters, as `model.training.material.load_outliers` takes it.
        device: auto, cpu, cuda, ...
        resume: go on from the state that is kept.
        runs: directory of the states, and of drawings that were rendered already.

    Returns:
        The averaged network with its temperature set, and its history (recipe, seed, figures) for the checkpoint.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CheckpointError: the teacher or the start is not there or damaged.
        CorpusError: the corpus of letters is not there or holds no drawings.
        ValueError: `resume` with a state of another recipe.
    """
    mnist, validation = load_training(data)
    material = Material(
        mnist,
        load_hands(cache=runs) if recipe.hands else None,
        load_outliers(corpus=outliers, cache=runs) if recipe.outliers else None,
    )
    held_out = load_hands(HELD_OUT, HELD_OUT_SEED, cache=runs) if recipe.hands else None
    workers = Workers(device)
    training = Training(NETWORKS[preset], seed, recipe, material, workers, teacher, start)
    state = state_file(preset, seed, runs)
    if resume and state.is_file():
        training.load(state)
    if workers.leads:
        print(f"{preset}: {count_parameters(training.net):,} parameters, seed {seed}, {workers.device}, {recipe}")
    watched = {"validation": validation} | ({"hands": held_out} if held_out else {})
    while training.epoch < recipe.epochs:
        loss = training.run_epoch()
        if workers.leads:
            training.save(state)
            seen = "  ".join(f"{name} {100 * _accuracy(training, split):.2f} %" for name, split in watched.items())
            print(f"epoch {training.epoch:3d}/{recipe.epochs}  loss {loss:.4f}  {seen}", flush=True)
    net = training.result().cpu()
    calibrate(net, validation, held_out if recipe.outliers else None)
    test = load_mnist(data, train=False)
    history = {
        "preset": preset,
        "seed": seed,
        "recipe": asdict(recipe),
        "teacher": teacher,
        **({"start": _history_of(start)} if start else {}),
        **({"letters": Path(outliers).name} if outliers else {}),
        "figures": {
            "validation": figures(net, validation),
            "test": test_figures(net, test),
            **({"hands": figures(net, held_out)} if held_out else {}),
        },
    }
    workers.close()
    return net, history


def _accuracy(training: Training, split: Split) -> float:
    device = training.workers.device
    logits = logits_of(training.result(), split.images.to(device))
    return count_correct(logits, split.labels.to(device)) / len(split.labels)


def train_study(
    seeds: Sequence[int] = SEEDS,
    data: str | Path = DEFAULT_DATA,
    *,
    epochs: int | None = None,
    device: str = "auto",
    pendigits: str | Path | None = None,
) -> None:
    """Train the study's networks with every seed and write their checkpoints; those that are finished are left alone.

    All networks of one seed come before the next seed, so that a study that was stopped can be compared already.

    Args:
        seeds: of the trainings.
        data: directory that holds MNIST/raw; downloaded if absent.
        epochs: instead of the recipe's.
        device: auto, cpu, cuda, ...
        pendigits: a pendigits file, to record the accuracy on its pen strokes too.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CorpusError: the pendigits file cannot be read.
    """
    strokes = load_pendigits(pendigits) if pendigits else None
    for seed, preset in product(seeds, STUDY):
        name, recipe = default_name(preset, seed), _recipe(preset, epochs)
        if not _is_trained(name, recipe):
            _write(*train(preset, seed, recipe, data, device=device, resume=True), name)
        if strokes and "pendigits" not in read_metadata(name)["figures"]:
            record(name, "pendigits", pendigits_figures(load_checkpoint(name), strokes))


def _is_trained(name: str, recipe: Recipe) -> bool:
    return checkpoint_path(name).is_file() and read_metadata(name).get("recipe") == asdict(recipe)


def _history_of(name: str) -> dict:
    """What a card says of the checkpoint that a training went on from."""
    said = read_metadata(name)
    return {"name": checkpoint_path(name).stem} | {key: said[key] for key in ("seed", "recipe") if key in said}


def _recipe(
    preset: str,
    epochs: int | None = None,
    hands: float | None = None,
    outliers: float | None = None,
    start: str | None = None,
) -> Recipe:
    """The preset's recipe, with what the command says otherwise."""
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs is {epochs}; expected 1 or more.")
    said = {"epochs": epochs, "hands": hands, "outliers": outliers}
    recipe = replace(RECIPES[preset], **{name: value for name, value in said.items() if value is not None})
    return replace(recipe, learning_rate=recipe.learning_rate * GOING_ON) if start else recipe


def _write(net: DigitNet, history: dict, name: str) -> None:
    if int(os.environ.get("RANK", "0")) == 0:
        path = save_checkpoint(net, name, **history)
        test = history["figures"]["test"]
        print(f"{path}: test accuracy {100 * test['accuracy']:.2f} %, temperature {net.temperature:.3f}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.train", description="Train a network on MNIST.")
    parser.add_argument("--preset", choices=NETWORKS, default="base")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--study", action="store_true", help="train the networks of the study that are not yet trained")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the study; default: 0 1 2")
    parser.add_argument("--pendigits", metavar="FILE", help="record the study's accuracy on these pen strokes too")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--teacher", help="checkpoint whose answers are learned too")
    parser.add_argument("--from", dest="start", metavar="NAME", help="checkpoint whose weights are gone on from")
    parser.add_argument("--hands", type=float, metavar="SHARE", help="share of each batch that hands are drawn for")
    parser.add_argument("--outlier-share", type=float, metavar="SHARE", help="share of each batch that is no digit")
    parser.add_argument("--outliers", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--runs", type=Path, default=RUNS, help="directory of what to resume from; default: runs")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument("--out", help="name or path of the checkpoint; default: PRESET, or PRESET-seedN for N > 0")
    return parser.parse_args()


@command
def main() -> int:
    """The command; returns its exit code."""
    options = _arguments()
    try:
        if options.study:
            train_study(
                options.seeds,
                options.data,
                epochs=options.epochs,
                device=options.device,
                pendigits=options.pendigits,
            )
            return 0
        out = options.out or default_name(options.preset, options.seed)
        check_place(out)
        net, history = train(
            options.preset,
            options.seed,
            _recipe(options.preset, options.epochs, options.hands, options.outlier_share, options.start),
            options.data,
            teacher=options.teacher,
            start=options.start,
            outliers=options.outliers,
            runs=options.runs,
            device=options.device,
            resume=options.resume,
        )
        _write(net, history, out)
    except KeyboardInterrupt:
        if state_file(options.preset, options.seed, options.runs).is_file():
            print("\nStopped; the last finished epoch is kept: the same command with --resume goes on from it.")
        else:
            print("\nStopped before an epoch was finished; nothing is kept.")
        return STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
