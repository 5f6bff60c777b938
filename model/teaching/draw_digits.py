"""The command that has the generator draw the old digits that ship with the app.

    python -m model.teaching.draw_digits --data DIR

A thousand of them are rehearsed, a thousand decide how far a lesson goes, and the others prove what was forgotten;
each of the three parts has a seed of its own. The generator draws more than are needed. What no network reads as it was
asked for is left out, since it says nothing about digits; one that some of them misread stays, as a hard one. Of the
others those are kept that are together most like MNIST's training images (`model.teaching.herding`): by itself the
generator draws what is usual too often, and a proof by its digits says too little of what unusual hands would lose.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from model import generate, load_generator
from model.checkpoint import load_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Split, load_training
from model.generation.likeness import features_of
from model.inference import predict
from model.network import DIGITS, DigitNet
from model.teaching.generated_digits import FILE, write_digits
from model.teaching.herding import herd
from model.teaching.replay import CHOSEN, HELD_OUT, REHEARSED

READERS = ("small", "large")  # other networks than the one that people mostly teach
JUDGE = "base"  # in whose features the digits are to be like people's
DRAWN = 5  # times as many as are needed

Draw = Callable[[list[str], int], np.ndarray]  # labels and a seed -> uint8 (N, 28, 28)


def drawn_part(draw: Draw, count: int, seed: int, real: Split) -> tuple[Split, int]:
    """`count` digits, as many of each, digit by digit in turn, and most like the real ones; and how many were unread.

    Args:
        draw: the generator.
        count: how many, a multiple of ten.
        seed: of the part.
        real: people's digits.

    Raises:
        ValueError: too few of a digit are read as it.
    """
    each, images, unread = count // len(DIGITS), [], 0
    readers, judge = [load_checkpoint(name) for name in READERS], load_checkpoint(JUDGE)
    for digit in DIGITS:
        drawn = draw([digit] * DRAWN * each, 1000 * seed + int(digit))
        readable = torch.from_numpy(drawn[_readable(readers, drawn, digit)])
        unread += len(drawn) - len(readable)
        if len(readable) < each:
            raise ValueError(f"The generator's {digit}s are hardly ever read as such; train it for longer.")
        theirs = real.images[real.labels == int(digit)]
        images.append(readable[herd(features_of(judge, readable), features_of(judge, theirs), each)])
    labels = torch.arange(len(DIGITS)).repeat(each)
    return Split(torch.stack(images, dim=1).reshape(-1, 28, 28), labels), unread


def _readable(readers: Sequence[DigitNet], images: np.ndarray, digit: str) -> np.ndarray:
    """bool (N,): whether some reader takes the image for the digit."""
    return np.any([predict(reader, images).argmax(1) == int(digit) for reader in readers], axis=0)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m model.teaching.draw_digits", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=FILE, help="the file to write")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--seed", type=int, default=1, help="of the first part; the others have the seeds after it")
    options = parser.parse_args(arguments)
    generator, real = load_generator(), load_training(options.data)[0]

    def draw(labels: list[str], seed: int) -> np.ndarray:
        return generate(generator, labels, seed)

    parts = []
    for index, (name, count) in enumerate({"rehearsed": REHEARSED, "chosen by": CHOSEN, "held out": HELD_OUT}.items()):
        part, unread = drawn_part(draw, count, options.seed + index, real)
        parts.append(part)
        print(
            f"{name}: {len(part.labels):,} digits, chosen of {DRAWN * count:,}, of which no reader reads {unread}",
            flush=True,
        )
    write_digits(options.out, Split(*(torch.cat(column) for column in zip(*parts, strict=True))))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
