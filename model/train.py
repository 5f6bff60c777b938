"""Train a network on MNIST and on people's hands, and write it, with what it scores, to checkpoints/.

    python -m model.train --preset base --seed 0
    python -m model.train --preset base --seed 0 --resume            # continue after Ctrl-C
    python -m model.train --preset tiny --teacher base               # also learn from base's answers
    python -m model.train --preset base --from base-mnist            # start from another checkpoint's weights
    python -m model.train --preset base --outliers ZIP               # letters are outliers too
    python -m model.train --preset base --hands 0 --outlier-share 0  # MNIST alone
    python -m model.train --study                                    # the networks of the Compare tab, all seeds
    torchrun --nproc-per-node 2 -m model.train --preset base         # data-parallel: gloo on CPU, nccl on GPUs

The same seed gives the same network on the same machine. The number of epochs is fixed beforehand, and the last one
counts. The 5,000 validation images and drawings with a held-out seed set the temperature and the threshold of what is
familiar. The 10,000 test images are read once, at the very end.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

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
from model.metrics import count_correct, logits_of
from model.network import DigitNet, count_parameters
from model.study.networks import SEEDS, STUDY
from model.training.material import HELD_OUT, HELD_OUT_SEED, Material, load_hands, load_outliers
from model.training.provenance import finish, origin_of
from model.training.recipe import NETWORKS, RECIPES, Recipe
from model.training.training import Training
from model.training.workers import Workers

RUNS = Path("runs")
CONTINUED = 0.5  # share of the peak learning rate for weights that are trained already


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
) -> tuple[DigitNet, dict[str, Any]]:
    """Train to the last epoch; a state to resume from is kept in `runs` after every epoch.

    Args:
        preset: one of `NETWORKS`.
        seed: of the weights, the order of the images and their augmentation.
        recipe: how it is trained.
        data: directory that holds MNIST/raw; downloaded if absent.
        teacher: name or path of a checkpoint whose answers are also learned.
        start: name or path of the checkpoint to start from.
        outliers: a corpus of letters, as for `model.training.material.load_outliers`.
        device: auto, cpu, cuda, ...
        resume: continue from the state that was kept.
        runs: directory for the states and for rendered drawings.

    Returns:
        The averaged network with its temperature set, and its history (recipe, seed, figures) for the checkpoint.

    Raises:
        DataError: MNIST is missing and cannot be downloaded.
        CheckpointError: the teacher or the start is missing or damaged.
        CorpusError: the corpus of letters is missing or holds no drawings.
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
    history = {
        "preset": preset,
        "seed": seed,
        "recipe": asdict(recipe),
        "teacher": teacher,
        **({"start": origin_of(start)} if start else {}),
        **({"letters": Path(outliers).name} if outliers else {}),
        "figures": finish(net, recipe, validation, held_out, load_mnist(data, train=False)),
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
    outliers: str | Path | None = None,
    runs: Path = RUNS,
    device: str = "auto",
    pendigits: str | Path | None = None,
) -> None:
    """Train the study's networks with every seed and write their checkpoints; finished ones are left alone.

    All networks are trained with one seed before the next seed, so a study that is stopped early can be compared.

    Args:
        seeds: of the trainings.
        data: directory that holds MNIST/raw; downloaded if absent.
        epochs: instead of the recipe's.
        outliers: a corpus of letters, as for `train`.
        runs: directory of the states of unfinished trainings.
        device: auto, cpu, cuda, ...
        pendigits: a pendigits file; the accuracy on its pen strokes is recorded too.

    Raises:
        DataError: MNIST is missing and cannot be downloaded.
        CorpusError: the pendigits file cannot be read.
    """
    strokes = load_pendigits(pendigits) if pendigits else None
    for seed, preset in product(seeds, STUDY):
        name, recipe = default_name(preset, seed), _recipe(preset, epochs)
        if not _is_trained(name, recipe):
            _write(*train(preset, seed, recipe, data, outliers=outliers, runs=runs, device=device, resume=True), name)
        if strokes and "pendigits" not in read_metadata(name)["figures"]:
            record(name, "pendigits", pendigits_figures(load_checkpoint(name), strokes))


def _is_trained(name: str, recipe: Recipe) -> bool:
    return checkpoint_path(name).is_file() and read_metadata(name).get("recipe") == asdict(recipe)


def _recipe(
    preset: str,
    epochs: int | None = None,
    hands: float | None = None,
    outliers: float | None = None,
    start: str | None = None,
) -> Recipe:
    """The preset's recipe, changed where the command says so."""
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs is {epochs}; expected 1 or more.")
    said: dict[str, Any] = {"epochs": epochs, "hands": hands, "outliers": outliers}
    recipe = replace(RECIPES[preset], **{name: value for name, value in said.items() if value is not None})
    return replace(recipe, learning_rate=recipe.learning_rate * CONTINUED) if start else recipe


def _write(net: DigitNet, history: dict[str, Any], name: str) -> None:
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
    parser.add_argument("--teacher", help="checkpoint whose answers are also learned")
    parser.add_argument("--from", dest="start", metavar="NAME", help="checkpoint to start from")
    parser.add_argument("--hands", type=float, metavar="SHARE", help="share of each batch that is drawn digits")
    parser.add_argument("--outlier-share", type=float, metavar="SHARE", help="share of each batch that is not digits")
    parser.add_argument("--outliers", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--runs", type=Path, default=RUNS, help="directory of states to resume from; default: runs")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--resume", action="store_true", help="continue from the last finished epoch")
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
                outliers=options.outliers,
                runs=options.runs,
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
        if options.study:
            print("\nStopped; finished networks and epochs are kept: the same command continues from them.")
        elif state_file(options.preset, options.seed, options.runs).is_file():
            print("\nStopped; the last finished epoch is kept: the same command with --resume continues from it.")
        else:
            print("\nStopped before an epoch was finished; nothing is kept.")
        return STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
