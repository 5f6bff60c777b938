"""Whether teaching tells the truth: the loss it reports, against the loss on digits that it never saw.

    python -m model.teaching.keeping --omniglot strokes_background_small1.zip --data DIR --source generated

One new class at a time is taught from five drawings: the letters of an alphabet, each by other people, and drawn
look-alikes of digits. `said` is what the page tells, `true` what MNIST's test images say, both in percentage points.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import load_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Split, load_mnist, load_training
from model.drawing.corpora import Drawing, read_omniglot
from model.drawing.strokes import rasterize
from model.metrics import check_digits, logits_of
from model.network import DIGITS, DigitNet
from model.teaching.lesson import answers_before, fine_tune
from model.teaching.recipe import KEEPS, Teaching
from model.teaching.replay import SOURCES, Replay, load_replay
from model.teaching.resemblance import resemblances

SHOTS = 5
LETTER = "letter"
LIKE_DIGITS = "bgiloqsz"  # letters that are measured as look-alikes instead
ALARM = 0.01  # share of a digit's held-out images from which the page warns
TRULY_LOST = 0.02  # share of a digit whose loss has to be warned of
DRAWN = 20  # drawings of each look-alike

# What resembles digits, as strokes; circles and arcs are (centre x, y, radius x, y, from, to), in turns clockwise.
SHAPES: dict[str, list[list[tuple[float, ...]]]] = {
    "O": [[(0.5, 0.5, 0.3, 0.35, -0.25, 0.75)]],
    "l": [[(0.5, 0.1), (0.5, 0.9)]],
    "I": [[(0.35, 0.12), (0.65, 0.12)], [(0.5, 0.12), (0.5, 0.88)], [(0.35, 0.88), (0.65, 0.88)]],
    "Z": [[(0.25, 0.15), (0.75, 0.15), (0.25, 0.85), (0.75, 0.85)]],
    "z": [[(0.3, 0.4), (0.7, 0.4), (0.3, 0.85), (0.72, 0.85)], [(0.35, 0.62), (0.65, 0.62)]],
    "q": [[(0.48, 0.35, 0.2, 0.22, 0.0, 1.0), (0.68, 0.2), (0.68, 0.9), (0.8, 0.82)]],
    "g": [[(0.48, 0.35, 0.2, 0.22, 0.0, 1.0), (0.68, 0.2), (0.68, 0.75), (0.5, 0.75, 0.18, 0.15, 0.0, 0.45)]],
    "S": [[(0.5, 0.32, 0.2, 0.18, -0.05, -0.75), (0.5, 0.68, 0.2, 0.18, -0.25, 0.45)]],
    "B": [[(0.35, 0.12), (0.35, 0.88)], [(0.35, 0.31, 0.3, 0.19, -0.25, 0.25), (0.35, 0.69, 0.34, 0.19, -0.25, 0.25)]],
    "b": [[(0.35, 0.1), (0.35, 0.88)], [(0.5, 0.68, 0.17, 0.2, -0.5, 0.5)]],
}


def lookalikes(name: str, count: int = DRAWN, seed: int = 0) -> list[Drawing]:
    """Drawings of one of `SHAPES`, each slanted, stretched, turned and shaken in its own way."""
    generator = np.random.default_rng([seed, *name.encode()])
    return [_drawn(SHAPES[name], generator) for _ in range(count)]


def _drawn(shape: list[list[tuple[float, ...]]], generator: np.random.Generator) -> Drawing:
    angle, slant = generator.uniform(-0.12, 0.12), generator.uniform(-0.2, 0.25)
    wide, high = generator.uniform(0.75, 1.2), generator.uniform(0.85, 1.1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    bend = turn @ np.array([[wide, -slant], [0.0, high]])  # (2, 2)
    strokes = []
    for stroke in shape:
        points = np.array([point for part in stroke for point in _points(part, generator)])  # (P, 2)
        strokes.append((0.5 + (points - 0.5) @ bend.T).clip(0, 1).tolist())
    return strokes


def _points(part: tuple[float, ...], generator: np.random.Generator) -> Iterator[tuple[float, float]]:
    shake = generator.normal(0, 0.02, 4)
    if len(part) == 2:
        yield part[0] + shake[0], part[1] + shake[1]
        return
    x, y, radius_x, radius_y, begin, end = part
    for turn in np.linspace(begin + shake[0], end + shake[1], 24) * 2 * np.pi:
        yield x + (radius_x + shake[2]) * np.cos(turn), y + (radius_y + shake[3]) * np.sin(turn)


class Kept(NamedTuple):
    """One new class, taught and tested. Shares from 0 to 1; arrays are (10,), one for each digit.

    Attributes:
        name: of the letter or look-alike.
        said: lost of all held-out digits, as the page tells.
        true: lost of all test digits.
        said_each: the same of every digit.
        true_each: the same of every digit.
        taken: share of test digits that are taken for the class.
        read: share of others' drawings of the class that are read as it.
        close: whether the page offers the choice between digits and class.
        foretold: whether it was said before teaching that the class looks like a digit.
    """

    name: str
    said: float
    true: float
    said_each: np.ndarray
    true_each: np.ndarray
    taken: float
    read: float
    close: bool
    foretold: bool

    @property
    def missed(self) -> int:
        """Digits of which more is lost than may be without the page's warning."""
        return int(((self.true_each > TRULY_LOST) & (self.said_each <= ALARM)).sum())


def keep_word(
    net: DigitNet, name: str, drawings: Sequence[Drawing], replay: Replay, test: Split, teaching: Teaching
) -> Kept:
    """Teach a class from its first five drawings, and test on the others and on digits.

    Args:
        net: a network that reads the ten digits.
        name: of the class.
        drawings: of the class.
        replay: old digits.
        test: digits that tell the truth.
        teaching: the settings.
    """
    images = np.stack([rasterize(drawing) for drawing in drawings])
    taught = drawings[:SHOTS]
    labels = [LETTER] * len(taught)
    result = fine_tune(net, images[:SHOTS], labels, drawings=taught, replay=replay, teaching=teaching)
    new = result.network.classes.index(LETTER)
    before, after = answers_before(net, test.images).argmax(1), logits_of(result.network, test.images).argmax(1)
    others = logits_of(result.network, torch.from_numpy(images[SHOTS:])).argmax(1)
    told = [result.before.per_class, result.after.per_class]
    right = [_right(answers, test.labels) for answers in (before, after)]
    return Kept(
        name,
        result.before.replay - result.after.replay,
        float((before == test.labels).double().mean() - (after == test.labels).double().mean()),
        np.array([told[0][digit] - told[1][digit] for digit in DIGITS]),
        right[0] - right[1],
        float((after == new).double().mean()),
        float((others == new).double().mean()),
        any(contest.close for contest in result.contests),
        bool(resemblances(net, images[:SHOTS], labels)),
    )


def _right(answers: Tensor, labels: Tensor) -> np.ndarray:
    """Accuracy on every digit, (10,)."""
    right = (answers == labels).double()
    return np.array([right[labels == digit].mean().item() for digit in range(len(DIGITS))])


def classes_of(path: str, alphabet: str, look_alikes: bool) -> Iterator[tuple[str, list[Drawing]]]:
    """(name, drawings) of an alphabet's letters, in an order of their own, and of look-alikes."""
    characters = read_omniglot(path, alphabet)
    for number in sorted({character.character for character in characters}):
        name = chr(ord("a") + number - 1) if alphabet == "Latin" else str(number)
        if name in LIKE_DIGITS and alphabet == "Latin":
            continue
        own = [character.drawing for character in characters if character.character == number]
        yield name, [own[index] for index in np.random.default_rng([0, number]).permutation(len(own))]
    for name in SHAPES if look_alikes else ():
        yield name, lookalikes(name)


def report(found: Sequence[Kept]) -> str:
    """The figures over some classes, as lines of text."""
    gaps = [100 * abs(each.said - each.true) for each in found]
    gaps_each = [100 * float(np.abs(each.said_each - each.true_each).max()) for each in found]
    taken, read = [100 * each.taken for each in found], [100 * each.read for each in found]
    alarms = sum(int((each.true_each > TRULY_LOST).sum()) for each in found)
    return "\n".join(
        [
            f"reported against true, points: all digits {max(gaps):.2f}, each digit {max(gaps_each):.2f} at most",
            f"digits truly lost more than {100 * TRULY_LOST:g} %: {alarms}; "
            f"not warned of: {sum(each.missed for each in found)}",
            f"digits taken for the class: {np.mean(taken):.3f} % mean, {max(taken):.2f} % worst",
            f"the class read right on others' drawings: {np.mean(read):.2f} % mean, {min(read):.1f} % worst",
        ]
    )


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m model.teaching.keeping", description=__doc__.partition("\n")[0])
    parser.add_argument("--omniglot", required=True, metavar="ZIP", help="Omniglot's strokes")
    parser.add_argument("--alphabet", default="Latin", help="its letters are taught; default: Latin")
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw, which tells the truth")
    parser.add_argument("--source", choices=SOURCES, default="generated")
    parser.add_argument("--checkpoint", default="base")
    parser.add_argument("--keep", choices=KEEPS, default="digits")
    parser.add_argument(
        "--validation", action="store_true", help="validation images tell the truth: to choose settings"
    )
    parser.add_argument("--classes", type=int, help="only so many of either kind")
    options = parser.parse_args(arguments)
    net = load_checkpoint(options.checkpoint)
    check_digits(net)
    test = load_training(options.data)[1] if options.validation else load_mnist(options.data, train=False)
    replay = load_replay(options.data, options.source)
    print(
        f"old digits: {replay.source}, proved by {len(replay.held_out.labels):,}; truth: {len(test.labels):,} of MNIST"
    )
    print(
        f"{'class':8}{'said':>7}{'true':>7}{'of a digit: said':>18}{'true':>7}{'taken':>8}{'read':>8}  asked, foretold"
    )
    kinds: dict[bool, list[Kept]] = {False: [], True: []}
    for name, drawings in classes_of(options.omniglot, options.alphabet, not options.validation):
        found = kinds[name in SHAPES]  # no letter of the alphabet that is taught has one of these names
        if options.classes is not None and len(found) >= options.classes:
            continue
        kept = keep_word(net, name, drawings, replay, test, Teaching(keep=options.keep))
        found.append(kept)
        worst = int(kept.true_each.argmax())
        print(
            f"{name:8}{100 * kept.said:7.2f}{100 * kept.true:7.2f}{worst:9}:{100 * kept.said_each[worst]:8.2f}"
            f"{100 * kept.true_each[worst]:7.2f}{100 * kept.taken:8.2f}{100 * kept.read:8.1f}"
            f"  {'asked' if kept.close else '-'}, {'foretold' if kept.foretold else '-'}",
            flush=True,
        )
    for words, found in (
        ("letters", kinds[False]),
        ("look-alikes", kinds[True]),
        ("all", [*kinds[False], *kinds[True]]),
    ):
        if found:
            print(f"\n{words}, {len(found)}\n{report(found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
