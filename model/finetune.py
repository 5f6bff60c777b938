"""The command that teaches a network someone's handwriting, or a new class, from a file of samples.

    python -m model.finetune samples.json --checkpoint base --out mine.safetensors

`model.teaching.lesson` says what is done, and why.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.checkpoint import check_place, load_checkpoint, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA
from model.drawing.samples import Sample, SampleError, read_samples, warnings
from model.drawing.strokes import rasterize
from model.network import DigitNet
from model.teaching.lesson import fine_tune
from model.teaching.recipe import KEEPS, Teaching
from model.teaching.replay import load_replay
from model.teaching.resemblance import resemblances
from model.teaching.result import Step, hands_right, origin_of
from model.teaching.styles import advice


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.finetune", description="Teach a network from drawn samples.")
    parser.add_argument("samples", type=Path, help="JSON file of samples, as downloaded from the Teach tab")
    parser.add_argument("--checkpoint", default="base", help="name or path of the network to start from")
    parser.add_argument("--out", required=True, help="name or path of the taught network's checkpoint")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that may hold MNIST/raw; nothing is downloaded")
    parser.add_argument("--keep", choices=KEEPS, default="digits", help="where a new class looks like a digit")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def _read_samples(path: Path, net: DigitNet) -> list[Sample]:
    try:
        text = path.read_text("utf-8-sig")  # with or without the byte order mark that some editors add
    except UnicodeDecodeError:
        raise SampleError(f"{path} is not a samples file; expected JSON with format and samples.") from None
    return read_samples(text, net.classes)


def _print_step(step: Step) -> None:
    print(
        f"step {step.step:3d}/{step.steps}  loss {step.loss:7.4f}  samples {100 * step.samples:6.2f} %  "
        f"old digits {100 * step.replay:6.2f} %",
        flush=True,
    )


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    net = load_checkpoint(options.checkpoint)
    check_place(options.out)
    samples = _read_samples(options.samples, net)
    drawings = [sample.drawing for sample in samples]
    images, labels = np.stack([rasterize(drawing) for drawing in drawings]), [sample.label for sample in samples]
    for sentence in [*warnings(samples), *resemblances(net, images, labels)]:
        print(sentence, file=sys.stderr)
    result = fine_tune(
        net,
        images,
        labels,
        seed=options.seed,
        on_step=_print_step,
        drawings=drawings,
        replay=load_replay(options.data),
        teaching=Teaching(keep=options.keep),
    )
    path = save_checkpoint(result.network, options.out, taught_from=str(options.checkpoint), **origin_of(result))
    before, after = result.before, result.after
    print(f"{path}: {len(samples)} samples, old digits from {result.replay}")
    print(f"samples    {100 * before.samples:6.2f} % -> {100 * after.samples:6.2f} %")
    print(f"old digits {100 * before.replay:6.2f} % -> {100 * after.replay:6.2f} % of those held out")
    proof = result.proof
    print(
        f"lost       {proof.lost} of {proof.right:,} that were read correctly before, "
        f"{100 * proof.least:.2f} to {100 * proof.most:.2f} % with 95 % confidence"
    )
    for contest in result.contests:
        if contest.close:
            for keep, choice in (("digits", contest.digits), ("class", contest.drawings)):
                print(
                    f"{contest.name} looks like {contest.like}; with --keep {keep}, {100 * choice.read:.0f} % of its "
                    f"drawings are read and {100 * choice.taken:.1f} % of all {contest.like}s are taken for it"
                )
    right = hands_right(result)
    print(f"hands      {100 * right[0]:6.2f} % -> {100 * right[1]:6.2f} % of drawings in {len(result.styles)} styles")
    if advised := advice(result.styles, [sample.label for sample in samples]):
        print(advised)
    return 0


if __name__ == "__main__":
    sys.exit(main())
