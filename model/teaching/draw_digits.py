"""The command that has the generator draw the old digits that ship with the app.

    python -m model.teaching.draw_digits

A thousand of them are rehearsed, a thousand decide how far a lesson goes, and the others prove what was forgotten;
each of the three parts has a seed of its own. What no network reads as it was asked for is left out, since it says
nothing about digits; one that some of them misread stays, as a hard one.
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
from model.data import Split
from model.inference import predict
from model.network import DIGITS, DigitNet
from model.teaching.generated_digits import FILE, write_digits
from model.teaching.replay import CHOSEN, HELD_OUT, REHEARSED

READERS = ("small", "large")  # other networks than the one that people mostly teach
MARGIN = 1.02  # how many more are drawn than are needed

Draw = Callable[[list[str], int], np.ndarray]  # labels and a seed -> uint8 (N, 28, 28)


def drawn_part(draw: Draw, count: int, seed: int) -> tuple[Split, int]:
    """`count` digits, as many of each, digit by digit in turn; and how many were left out."""
    each, images, left_out = count // len(DIGITS), [], 0
    readers = [load_checkpoint(name) for name in READERS]
    for digit in DIGITS:
        kept = np.zeros((0, 28, 28), np.uint8)
        for attempt in range(10):
            wanted = math.ceil(MARGIN * (each - len(kept)))
            drawn = draw([digit] * wanted, 1000 * seed + 10 * int(digit) + attempt)
            readable = _readable(readers, drawn, digit)
            left_out += int((~readable).sum())
            kept = np.concatenate([kept, drawn[readable]])
            if len(kept) >= each:
                break
        if len(kept) < each:
            raise ValueError(f"The generator's {digit}s are hardly ever read as such; train it for longer.")
        images.append(kept[:each])
    labels = torch.arange(len(DIGITS)).repeat(each)
    return Split(torch.from_numpy(np.stack(images, axis=1).reshape(-1, 28, 28)), labels), left_out


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
    parser.add_argument("--seed", type=int, default=1, help="of the first part; the others have the seeds after it")
    options = parser.parse_args(arguments)
    generator = load_generator()

    def draw(labels: list[str], seed: int) -> np.ndarray:
        return generate(generator, labels, seed)

    parts = []
    for index, (name, count) in enumerate({"rehearsed": REHEARSED, "chosen by": CHOSEN, "held out": HELD_OUT}.items()):
        part, left_out = drawn_part(draw, count, options.seed + index)
        parts.append(part)
        print(f"{name}: {len(part.labels):,} digits, {left_out} left out that none of the readers read", flush=True)
    write_digits(options.out, Split(*(torch.cat(column) for column in zip(*parts, strict=True))))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
