"""Train the network that draws digits, and write it to checkpoints/generators/.

    python -m model.generation.train
    python -m model.generation.train --resume               # go on after Ctrl-C
    python -m model.generation.train --undilated            # the same network with every dilation 1
    python -m model.generation.train --device cuda

It learns from MNIST's 55,000 training images and from drawings of people's styles of writing; the 5,000 validation
images show how far it is. The number of epochs is fixed beforehand and the last one counts.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from model.command import STOPPED, command
from model.data import DEFAULT_DATA, load_training
from model.generation.checkpoint import check_generator_place, save_generator
from model.generation.network import GeneratorConfig
from model.generation.training import GeneratorRecipe, GeneratorTraining
from model.network import count_parameters
from model.training.material import load_hands
from model.training.workers import pick_device

RUNS = Path("runs")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.generation.train", description="Train the generator.")
    parser.add_argument("--undilated", action="store_true", help="every dilation 1, to compare with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=GeneratorRecipe().epochs, help="default: %(default)s")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--runs", type=Path, default=RUNS, help="directory of what to resume from; default: runs")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument("--out", help="name or path of the checkpoint; default: dilated, or undilated")
    return parser.parse_args()


@command
def main() -> int:
    """The command; returns its exit code."""
    options = _arguments()
    config = GeneratorConfig().undilated() if options.undilated else GeneratorConfig()
    out = options.out or ("undilated" if options.undilated else "dilated")
    check_generator_place(out)
    recipe = replace(GeneratorRecipe(), epochs=options.epochs)
    state = options.runs / f"generator-{'undilated' if options.undilated else 'dilated'}-seed{options.seed}.pt"
    mnist, validation = load_training(options.data)
    device = pick_device(options.device)
    training = GeneratorTraining(config, options.seed, recipe, mnist, load_hands(cache=options.runs), device)
    if options.resume and state.is_file():
        training.load(state)
    print(
        f"{count_parameters(training.net):,} parameters, seed {options.seed}, {device}, {config}, {recipe}", flush=True
    )
    try:
        while training.epoch < recipe.epochs:
            loss = training.run_epoch()
            training.save(state)
            line = f"loss {loss:.4f}  validation {training.loss_of(validation):.4f}"
            print(f"epoch {training.epoch:3d}/{recipe.epochs}  {line}", flush=True)
    except KeyboardInterrupt:
        kept = "the last finished epoch is kept: the same command with --resume goes on from it"
        print(f"\nStopped; {kept if state.is_file() else 'no epoch was finished, so nothing is kept'}.")
        return STOPPED
    figures = {"validation": {"loss": training.loss_of(validation)}}
    history = {"seed": options.seed, "recipe": asdict(recipe), "figures": figures}
    print(save_generator(training.result().cpu(), out, **history))
    return 0


if __name__ == "__main__":
    sys.exit(main())
