"""Train several networks side by side on a GPU, whole steps captured as graphs, and write their checkpoints.

    python -m model.training.side_by_side --networks wide --seeds 0 1 2 --out runs/wide
    python -m model.training.side_by_side --networks tiny small --seeds 0 1 2 --teachers runs/wide/*.safetensors
    python -m model.training.side_by_side --networks tiny --seeds 0 --from tiny --bank runs/bank.safetensors --resume

Networks of one shape with different seeds are computed as one (`model.training.stacking`), different shapes at the same
time on streams of their own. What is learned is what `python -m model.train` teaches, apart from this: distorted images
come from a bank (`model.training.bank`), several teachers may answer together, and AdamW's momentum stays as it is. On
a CPU it is no faster than one training after the other, but wide teachers are asked once instead of in every epoch.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from model.checkpoint import SUFFIX, default_name, load_checkpoint, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Split, load_mnist, load_training
from model.metrics import figures
from model.training.bank import Bank, build_bank, load_bank, save_bank
from model.training.material import HELD_OUT, HELD_OUT_SEED, Material, load_hands, load_outliers
from model.training.provenance import finish, origin_of
from model.training.recipe import NETWORKS, RECIPES
from model.training.stacked_training import SideBySide
from model.training.workers import pick_device


def write(
    training: SideBySide, name: str, validation: Split, held_out: Split, test: Split, to: Path, said: dict[str, Any]
) -> None:
    """Calibrate, measure and write every network of a training, as `model.train` does."""
    for seed, net in zip(training.seeds, training.results(), strict=True):
        measured = finish(net, training.recipe, validation, held_out, test)
        recipe = asdict(training.recipe)
        path = save_checkpoint(
            net,
            to / f"{default_name(name, seed)}{SUFFIX}",
            preset=name,
            seed=seed,
            recipe=recipe,
            figures=measured,
            **said,
        )
        print(path.stem, {kind: round(100 * values["accuracy"], 2) for kind, values in measured.items()}, flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.side_by_side", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["small"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--batch", type=int, help="images a step, instead of the recipe's")
    parser.add_argument("--learning-rate", type=float, help="the peak, instead of the recipe's")
    parser.add_argument("--from", dest="start", metavar="NAME", help="checkpoint to start from")
    parser.add_argument(
        "--teachers", nargs="*", default=[], metavar="NAME", help="checkpoints whose answers are learned"
    )
    parser.add_argument(
        "--hand-teachers", nargs="*", default=[], metavar="NAME", help="those for drawn digits; default: the same"
    )
    parser.add_argument("--bank", type=Path, metavar="FILE", help="keep the bank here, or take it from here")
    parser.add_argument("--resume", action="store_true", help="continue from the last finished epoch")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--outliers", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of rendered drawings; default: runs")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="directory of the checkpoints; default: runs")
    return parser.parse_args(arguments)


def _bank(options: argparse.Namespace, device: torch.device) -> Bank:
    """The bank that is kept, which knows who taught it, or a new one."""
    if options.bank and options.bank.is_file():
        return load_bank(options.bank).to(device)
    names = {"teacher": options.teachers, "hand_teacher": options.hand_teachers}
    made = {role: " ".join(Path(name).stem for name in some) for role, some in names.items() if some}
    if options.outliers:
        made["letters"] = Path(options.outliers).name
    hands, outliers = load_hands(cache=options.runs), load_outliers(corpus=options.outliers, cache=options.runs)
    teachers, hand_teachers = ([load_checkpoint(name) for name in some] for some in names.values())
    material = Material(load_training(options.data)[0], hands, outliers)
    bank = build_bank(material, device, teachers, hand_teachers, made=made)
    if options.bank:
        save_bank(bank, options.bank)
    return bank


def _state_file(options: argparse.Namespace, name: str) -> Path:
    return Path(options.runs / f"{name}-side-by-side.pt")


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    started = time.monotonic()
    torch.backends.cudnn.benchmark = True

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", flush=True)

    device = pick_device(options.device)
    held_out, test = load_hands(HELD_OUT, HELD_OUT_SEED, cache=options.runs), load_mnist(options.data, train=False)
    validation = load_training(options.data)[1]
    bank = _bank(options, device)
    origin = origin_of(options.start) if options.start else None
    said = {
        "side_by_side": True,
        "teacher": None,
        **bank.made,
        **({"start": origin} if origin else {}),
    }
    start = load_checkpoint(options.start) if options.start else None
    trainings: dict[str, SideBySide] = {}
    for name in options.networks:
        changed = {"batch": options.batch, "epochs": options.epochs, "learning_rate": options.learning_rate}
        recipe = replace(RECIPES[name], **{key: value for key, value in changed.items() if value is not None})
        trainings[name] = SideBySide(NETWORKS[name], options.seeds, recipe, bank, device, start, origin)
        if options.resume and _state_file(options, name).is_file():
            trainings[name].load(_state_file(options, name))
        trainings[name].capture()
        tell(f"{name} is ready")

    def run(name: str) -> None:
        training = trainings[name]
        while training.epoch < training.recipe.epochs:
            training.run_epoch()
            training.save(_state_file(options, name))
            seen = [100 * figures(net, validation)["accuracy"] for net in training.results()]
            tell(f"{name}: epoch {training.epoch}, validation {', '.join(f'{each:.2f} %' for each in seen)}")
        write(training, name, validation, held_out, test, options.out, said)
        tell(f"{name} is trained and written")

    with ThreadPoolExecutor(len(trainings)) as threads:
        list(threads.map(run, trainings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
