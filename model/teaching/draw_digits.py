"""The command that has the generator draw the old digits that ship with the app.

    python -m model.teaching.draw_digits --data DIR

A thousand of them are rehearsed, a thousand decide how far a lesson goes, and the others prove what was forgotten;
each of the three parts has a seed of its own. What no network reads as it was asked for is left out, since it says
nothing about digits; one that some of them misread stays, as a hard one.

By itself the generator draws what is usual too often, and a proof by its digits says too little of what unusual hands
would lose. So many more are drawn to rehearse and to prove by, and those are kept that are together most like MNIST's
training images (`model.teaching.herding`). Those that decide are taken as they come: there the few most unusual ones
decide, and herding leaves out just these.
"""

import argparse
import math
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
DRAWN = 5  # times as many as are needed, to choose from
MARGIN = 1.1  # times as many where all that are read are taken

Draw = Callable[[list[str], int], np.ndarray]  # labels and a seed -> uint8 (N, 28, 28)


def drawn_part(draw: Draw, count: int, seed: int, real: Split | None) -> tuple[Split, int]:
    """`count` digits, as many of each, digit by digit in turn; and how many that were drawn no reader reads.

    Args:
        draw: the generator.
        count: how many, a multiple of ten.
        seed: of the part.
        real: people's digits, which they are to be like; None to take them as they come.

    Raises:
        ValueError: too few of a digit are read as it.
    """
    each, images, unread = count // len(DIGITS), [], 0
    readers, judge = [load_checkpoint(name) for name in READERS], load_checkpoint(JUDGE)
    for digit in DIGITS:
        drawn = draw([digit] * math.ceil((DRAWN if real else MARGIN) * each), 1000 * seed + int(digit))
        readable = torch.from_numpy(drawn[_readable(readers, drawn, digit)])
        unread += len(drawn) - len(readable)
        if len(readable) < each:
            raise ValueError(f"The generator's {digit}s are hardly ever read as such; train it for longer.")
        if real:
            theirs = real.images[real.labels == int(digit)]
            readable = readable[herd(features_of(judge, readable), features_of(judge, theirs), each)]
        images.append(readable[:each])
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
    wanted = {"rehearsed": (REHEARSED, real), "chosen by": (CHOSEN, None), "held out": (HELD_OUT, real)}
    for index, (name, (count, like)) in enumerate(wanted.items()):
        part, unread = drawn_part(draw, count, options.seed + index, like)
        parts.append(part)
        print(f"{name}: {len(part.labels):,} digits; of those drawn for it, no reader reads {unread}", flush=True)
    write_digits(options.out, Split(*(torch.cat(column) for column in zip(*parts, strict=True))))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
