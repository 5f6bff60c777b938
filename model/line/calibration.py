"""How sure a network for lines is, and what it calls unlike any digit, set on held-out lines.

    python -m model.line.calibration --letters ZIP          # all shipped networks anew; their weights else stay

In composed lines much is unlike a digit, and digits are what hands of `model.drawing.hands` and MNIST's writers make of
them. On a visitor's sheet nearly everything is a digit, written as that visitor writes. So the network is made to call
things unlike as seldom as it can while it still finds `UNLIKE_KEPT` of those in held-out lines (a correction for other
prior probabilities, as in Saerens et al., "Adjusting the outputs of a classifier to new a priori probabilities", 2002).
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model.command import command
from model.data import DEFAULT_DATA
from model.line.checkpoint import line_names, load_line, read_line_history, save_line
from model.line.composition import UNLIKE, Composition
from model.line.layout import Line
from model.line.measure import line_figures
from model.line.network import ANSWERS, LineNet
from model.line.source import HELD_OUT, HELD_OUT_SEED, composer
from model.line.strip import INK

UNLIKE_KEPT = 0.9  # share of the things unlike any digit that are still found
LINES = 700
NO_DIGIT = 0.4  # share of these lines in which something is no digit


def unlike_lines(data: str | Path, letters: str | Path | None, how: Composition, count: int = LINES) -> list[Line]:
    """Held-out lines in which much is no digit.

    Raises:
        DataError: MNIST is neither there nor to be had.
        CorpusError: the corpus of letters is not there or holds no drawings.
    """
    return composer(data, letters, replace(how, no_digit=NO_DIGIT), validation=True).lines(count, HELD_OUT_SEED + 1)


def calibrate_line(net: LineNet, lines: Sequence[Line]) -> None:
    """Set the temperature to that with the least negative log-likelihood at the middles of the lines' digits."""
    logits, labels = [], []
    for line in lines:
        digit, _ = _logits(net, line)
        logits.append(digit)
        labels.append(torch.from_numpy(line.labels))
    stacked, wanted = torch.cat(logits), torch.cat(labels)
    temperatures = torch.logspace(-1, 1, 201)
    losses = [F.cross_entropy(stacked / t, wanted).item() for t in temperatures]
    net.temperature.fill_(temperatures[int(np.argmin(losses))])


def shift_unlike(net: LineNet, lines: Sequence[Line], kept: float = UNLIKE_KEPT) -> tuple[float, float]:
    """Lower the logits of "unlike", of digits and of pixels, until only so much of what is unlike is called so.

    Args:
        net: its head's bias is changed; never so that more is called unlike than before.
        lines: in which something is no digit.
        kept: share of the things, and of their pixels of ink, that are still called unlike.

    Returns:
        By how much both were lowered.
    """
    things, pixels = [], []
    for line in lines:
        digit, pixel = _logits(net, line)
        things.append(_lead(digit[torch.from_numpy(line.labels == UNLIKE)]))
        pixels.append(_lead(pixel[:, torch.from_numpy((line.owners == UNLIKE) & (line.strip >= INK))].T))
    shifts = [max(0.0, _quantile(torch.cat(leads), 1 - kept)) for leads in (things, pixels)]
    each = net.stride**2  # a cell's pixels
    first = sum(net.parts[:2]) + UNLIKE, sum(net.parts[:3]) + UNLIKE * each
    with torch.no_grad():
        for shift, channel, count in zip(shifts, first, (1, each), strict=True):
            net.head.bias[channel : channel + count] -= shift  # type: ignore[index]
    return shifts[0], shifts[1]


def _logits(net: LineNet, line: Line) -> tuple[Tensor, Tensor]:
    """At the middles of the line's digits, (M, 11), and at its pixels, (11, 28, W)."""
    with torch.inference_mode():
        output = net(torch.from_numpy(line.strip)[None, None])
    middles = ((line.boxes[:, :2] + line.boxes[:, 2:]) / 2 / net.stride).astype(int)
    ys, xs = torch.from_numpy(middles).unbind(1)
    return output.digit[0, :, ys, xs].T, output.pixels[0]


def _lead(logits: Tensor) -> Tensor:
    """By how much "unlike" is ahead of the best digit: (N, 11) -> (N,)."""
    return logits[:, UNLIKE] - logits[:, :UNLIKE].amax(1)


def _quantile(values: Tensor, share: float) -> float:
    return float(np.quantile(values.numpy(), share)) if len(values) else 0.0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model.line.calibration", description="Set what networks for lines call unlike any digit."
    )
    parser.add_argument("--networks", nargs="+", default=line_names(), help="default: all that are shipped")
    parser.add_argument("--letters", metavar="PATH", help="zip of Omniglot's strokes, or a directory of such")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    return parser.parse_args(arguments)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    lines = unlike_lines(options.data, options.letters, Composition())
    held_out = composer(options.data, options.letters, Composition(), validation=True).lines(HELD_OUT, HELD_OUT_SEED)
    for name in options.networks:
        net, history = load_line(name), read_line_history(name)
        by = shift_unlike(net, lines)
        history["figures"]["validation"] = line_figures(net, held_out)._asdict()
        path = save_line(net, name, **history)
        print(f"{path}: {ANSWERS[UNLIKE]} lowered by {by[0]:.2f}, of pixels by {by[1]:.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
