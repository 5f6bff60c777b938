"""Measure a generator: how its digits are read, how varied they are, what can be learned from them.

python -m model.generation.measure                                    # beside MNIST's test images
python -m model.generation.measure --validation --guidance 1.5        # settings are chosen on the validation images
python -m model.generation.measure --generator undilated
python -m model.generation.measure --score                            # train a reader on 50,000 generated digits alone
python -m model.generation.measure --score --real                     # the same reader on 50,000 real ones
python -m model.generation.measure --record                           # write the figures into the generator's file
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from model.checkpoint import load_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Split, load_mnist, load_training
from model.drawing.examples import load_examples
from model.drawing.variants import variants
from model.generation.checkpoint import DEFAULT, load_generator, read_generator_history, save_generator
from model.generation.likeness import Likeness, likeness, nearest_distances
from model.generation.network import DigitGenerator
from model.generation.sampling import GUIDANCE, STEPS, complete, generate
from model.inference import predict
from model.metrics import count_correct, logits_of
from model.network import DIGITS, DigitNet, count_parameters
from model.training.recipe import NETWORKS, RECIPES
from model.training.training import Training
from model.training.workers import Workers

READER = "base"
SCORED = "small"  # the network that is trained on generated digits alone
SCORED_IMAGES = 50_000
SCORED_EPOCHS = 30
SEED = 20_000  # of the digits that are measured; others are drawn for Teach
COPIES = 2_000  # digits whose nearest training image is looked for
COMPLETED = 300  # real digits of which the upper half is completed
TIMED = 2_000
LOW = 0.01  # the quantile of distances that stands for the nearest


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.generation.measure", description="Measure a generator.")
    parser.add_argument("--generator", default=DEFAULT, metavar="NAME", help="name or path; default: %(default)s")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--validation", action="store_true", help="beside the validation images instead of the test's")
    parser.add_argument("--steps", type=int, default=STEPS, help="passes of the network; default: %(default)s")
    parser.add_argument("--guidance", type=float, default=GUIDANCE, help="1 to 10; default: %(default)s")
    parser.add_argument("--alone", action="store_true", help="only the generated digits, nothing to compare them with")
    parser.add_argument("--score", action="store_true", help=f"train {SCORED} on generated digits alone")
    parser.add_argument("--real", action="store_true", help="with --score: on as many real ones instead")
    parser.add_argument("--epochs", type=int, default=SCORED_EPOCHS, help="with --score; default: %(default)s")
    parser.add_argument("--record", action="store_true", help="write the figures into the generator's file")
    options = parser.parse_args(arguments)
    if options.real and (options.record or not options.score):
        parser.error("--real needs --score; its figure is not the generator's, so it is not recorded.")
    if options.record and options.validation:
        parser.error("--record stores figures on MNIST's test images, which --validation does not read.")
    return options


def digits(generator: DigitGenerator, count: int, seed: int, steps: int, guidance: float) -> Split:
    """Generated digits, every class as often as every other."""
    labels = torch.arange(count) % len(generator.classes)
    names = [generator.classes[index] for index in labels.tolist()]
    return Split(torch.from_numpy(generate(generator, names, seed, steps, guidance)), labels)


def embedded(count: int) -> Split:
    """The embedded drawings, varied: what there was before there was a generator."""
    examples = load_examples()
    random, each = np.random.default_rng(0), -(-count // len(examples))
    images = np.concatenate([variants(example.drawing, each, random) for example in examples])
    labels = torch.tensor([DIGITS.index(example.label) for example in examples]).repeat_interleave(each)
    chosen = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))[:count]
    return Split(torch.from_numpy(images)[chosen], labels[chosen])


def completed_as_told(generator: DigitGenerator, reader: DigitNet, real: Split, steps: int, guidance: float) -> float:
    """Share of digits that are read as what they were, when all but the ink of the upper half was drawn anew."""
    right = 0
    for image, label in zip(real.images[:COMPLETED].numpy(), real.labels[:COMPLETED].tolist(), strict=True):
        keep = (image > 0) & (np.arange(len(image)) < len(image) // 2)[:, None]
        drawn = complete(generator, image, keep, DIGITS[label], 1, SEED, steps, guidance)
        right += int(predict(reader, drawn).argmax(1)[0] == label)
    return right / COMPLETED


def score(training: Split, test: Split, epochs: int) -> float:
    """Classification accuracy score (Ravuri & Vinyals 2019, section 3), 0 to 1: of a reader that saw nothing else."""
    recipe = replace(RECIPES[SCORED], epochs=epochs, hands=0.0, outliers=0.0)
    trained = Training(NETWORKS[SCORED], 0, recipe, training, Workers("cpu"))
    for _ in range(epochs):
        print(f"epoch {trained.epoch + 1:3d}/{epochs}  loss {trained.run_epoch():.4f}", flush=True)
    return count_correct(logits_of(trained.result(), test.images), test.labels) / len(test.labels)


def _measure(options: argparse.Namespace, generator: DigitGenerator) -> dict[str, Any]:
    reader = load_checkpoint(READER)
    training, validation = load_training(options.data)
    real = validation if options.validation else load_mnist(options.data, train=False)
    count, effort = len(real.labels), (options.steps, options.guidance)
    print(f"{count:,} digits each, beside MNIST's {'validation' if options.validation else 'test'} images")
    print(f"{'':34}{'read right':>12}{'worst':>16}{'coverage':>10}{'density':>9}")

    def line(name: str, some: Split) -> Likeness:
        found = likeness(reader, some, real)
        worst = f"{found.worst} with {100 * found.worst_read_right:.2f} %"
        values = f"{100 * found.read_right:10.2f} %{worst:>16}{found.coverage:10.3f}{found.density:9.3f}"
        print(f"{name:34}{values}", flush=True)
        return found

    drawn = digits(generator, count, SEED, *effort)
    found = {"generated": line("generated", drawn).to_dict()}
    if not options.alone:
        line("MNIST's training images", Split(training.images[:count], training.labels[:count]))
        line("embedded drawings, varied", embedded(count))
        line("the same real digits", real)
    near = nearest_distances(drawn.images[:COPIES], training.images)
    held_out = nearest_distances(real.images[:COPIES], training.images)
    print(f"\nnearest of MNIST's training images {'median':>12}{'nearest 1 %':>13}{'nearest':>9}")
    for name, distances in (("generated", near), ("held-out images", held_out)):
        low = distances.quantile(LOW).item()
        print(f"{name:34}{distances.median().item():13.4f}{low:13.4f}{distances.min().item():9.4f}", flush=True)
    told = completed_as_told(generator, reader, real, *effort)
    print(f"\nupper halves of {COMPLETED} completed, read as told: {100 * told:.2f} %")
    start = time.perf_counter()
    digits(generator, TIMED, SEED + 1, *effort)
    seconds = time.perf_counter() - start
    print(f"{TIMED:,} digits: {seconds:.1f} s on {torch.get_num_threads()} threads")
    return found | {
        "distances": {"generated": near.median().item(), "held out": held_out.median().item()},
        "completed as told": told,
        "steps": options.steps,
        "guidance": options.guidance,
    }


def _score(options: argparse.Namespace, generator: DigitGenerator) -> dict[str, Any]:
    if options.real:
        training, _ = load_training(options.data)
        learned = Split(training.images[:SCORED_IMAGES], training.labels[:SCORED_IMAGES])
    else:
        learned = digits(generator, SCORED_IMAGES, SEED + 2, options.steps, options.guidance)
    test = load_training(options.data)[1] if options.validation else load_mnist(options.data, train=False)
    value = score(learned, test, options.epochs)
    kind = "real" if options.real else "generated"
    print(f"{SCORED}, trained on {SCORED_IMAGES:,} {kind} digits alone: {100 * value:.2f} % of {len(test.labels):,}")
    return {"score": value, "score epochs": options.epochs}


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    generator = load_generator(options.generator)
    cost = f"{count_parameters(generator):,} parameters"
    print(f"{options.generator}: {cost}, {options.steps} steps, guidance {options.guidance:g}", flush=True)
    found = (_score if options.score else _measure)(options, generator)
    if options.record:
        history = read_generator_history(options.generator)
        history["figures"] = history.get("figures", {}) | {"test": history.get("figures", {}).get("test", {}) | found}
        save_generator(generator, options.generator, **history)
    return 0


if __name__ == "__main__":
    sys.exit(main())
