"""Say what checkpoints are worth: on MNIST's test images, and on people's pen strokes.

python -m model.evaluate                                            # base on the 10,000 test images
python -m model.evaluate --checkpoint tiny --data DIR
python -m model.evaluate --checkpoint base tiny --pendigits FILE    # 30 writers, never trained on
python -m model.evaluate --checkpoint base --pendigits FILE --record
python -m model.evaluate --few-shot FILE --letters ZIP                # teach each of those writers; teach letters
python -m model.evaluate --few-shot FILE --ablation                    # what each ingredient of teaching is worth
python -m model.evaluate --table                                    # rewrite checkpoints/README.md
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from model.command import command
from model.data import DEFAULT_DATA, Split, load_mnist
from model.drawing.corpora import read_omniglot, read_pendigits
from model.drawing.strokes import rasterize
from model.metrics import (
    brier_score,
    confusion_matrix,
    count_correct,
    expected_calibration_error,
    logits_of,
    negative_log_likelihood,
)
from model.network import DIGITS, DigitNet, count_parameters
from model.study.cards import write_cards
from model.teaching.few_shot import ABLATION, letter_episodes, summary, without, writer_episodes
from model.teaching.recipe import Teaching
from model.teaching.replay import Replay, embedded_replay, load_replay

# Letters of the Latin alphabet that many people draw as digits: no fair new classes.
LIKE_DIGITS = "bgiloqsz"
MOST_SHOTS = 20  # of a class: a writer has about 25, and some are to be tested


class PenStrokes(NamedTuple):
    """Drawings of many writers as the network sees them.

    Attributes:
        images: uint8 (N, 28, 28).
        labels: int64 (N,), 0 to 9.
        writers: int64 (N,), who drew each.
    """

    images: Tensor
    labels: Tensor
    writers: Tensor


def load_pendigits(path: str | Path) -> PenStrokes:
    """All drawings of a pendigits file, rendered as MNIST's images.

    Raises:
        CorpusError: the file cannot be read or is not of that form.
    """
    samples = read_pendigits(path)
    return PenStrokes(
        torch.from_numpy(np.stack([rasterize(sample.drawing) for sample in samples])),
        torch.tensor([int(sample.label) for sample in samples]),
        torch.tensor([sample.writer for sample in samples]),
    )


def pendigits_figures(net: DigitNet, data: PenStrokes) -> dict[str, Any]:
    """How well a network reads pen strokes; accuracies from 0 to 1.

    Returns:
        `images` and `writers`, their counts; `accuracy` over all images; `mean_over_writers`, in which each writer
        counts the same; `worst_writer` and `worst_accuracy`.

    Raises:
        ValueError: the network's classes are not the ten digits.
    """
    _check_classes(net)
    correct = (logits_of(net, data.images).argmax(1) == data.labels).double()
    by_writer = {int(writer): correct[data.writers == writer].mean().item() for writer in data.writers.unique()}
    worst = min(by_writer, key=by_writer.__getitem__)
    return {
        "images": len(data.labels),
        "writers": len(by_writer),
        "accuracy": correct.mean().item(),
        "mean_over_writers": sum(by_writer.values()) / len(by_writer),
        "worst_writer": worst,
        "worst_accuracy": by_writer[worst],
    }


def record(name: str, data: str, values: dict[str, Any]) -> None:
    """Put figures into a checkpoint's metadata and keep everything else of it.

    Args:
        name: a name in checkpoints/ or a path.
        data: what was measured on, as the figures' key.
        values: plain JSON values.
    """
    history = {key: value for key, value in read_metadata(name).items() if key not in ("format", "config")}
    history["figures"] = history.get("figures", {}) | {data: values}
    save_checkpoint(load_checkpoint(name), name, **history)


def mnist_report(net: DigitNet, test: Split) -> str:
    """What a network is worth on labelled images, as text for people.

    Raises:
        ValueError: the network's classes are not the ten digits.
    """
    _check_classes(net)
    logits = logits_of(net, test.images)
    correct, total = count_correct(logits, test.labels), len(test.labels)
    confusion = confusion_matrix(logits, test.labels)
    lines = [
        f"accuracy {100 * correct / total:.2f} %: {total - correct:,} of {total:,} images misread",
        "",
        f"{'':28}{'raw':>10}{'calibrated':>12}",
    ]
    for title, measure in (
        ("negative log-likelihood", negative_log_likelihood),
        ("Brier score", brier_score),
        ("expected calibration error", expected_calibration_error),
    ):
        raw, calibrated = measure(logits, test.labels), measure(logits / net.temperature, test.labels)
        lines.append(f"{title:28}{raw:10.4f}{calibrated:12.4f}")
    lines += ["", f"{'class':>5}{'images':>8}{'accuracy':>11}   answers (row: the label, column: the answer)"]
    lines.append(f"{'':27}" + "".join(f"{name:>6}" for name in net.classes))
    for name, row in zip(net.classes, confusion, strict=True):
        index, count = net.classes.index(name), int(row.sum())
        share = f"{100 * int(row[index]) / count:.2f} %" if count else "-"
        lines.append(f"{name:>5}{count:8,}{share:>11}   " + "".join(f"{int(n) or '.':>6}" for n in row))
    return "\n".join(lines)


def pendigits_report(values: dict[str, Any]) -> str:
    """`pendigits_figures` as text for people."""
    return "\n".join(
        [
            f"accuracy {100 * values['accuracy']:.2f} % of {values['images']:,} drawings",
            f"mean over {values['writers']} writers {100 * values['mean_over_writers']:.2f} %",
            f"worst writer {values['worst_writer']} with {100 * values['worst_accuracy']:.2f} %",
        ]
    )


def _check_classes(net: DigitNet) -> None:
    if tuple(net.classes) != DIGITS:
        raise ValueError(f"The network's classes are {', '.join(net.classes)}; expected the ten digits in their order.")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.evaluate", description="Say what checkpoints are worth.")
    parser.add_argument(
        "--checkpoint", nargs="+", default=["base"], metavar="NAME", help="names or paths; default: base"
    )
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--pendigits", metavar="FILE", help="read pendigits-orig.tra's pen strokes instead of MNIST")
    parser.add_argument("--few-shot", metavar="FILE", help="teach each writer of pendigits-orig.tra from few samples")
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 5], help="samples a class to teach; default: 1 5")
    parser.add_argument("--letters", metavar="ZIP", help="with --few-shot: teach letters of Omniglot's strokes too")
    parser.add_argument("--embedded", action="store_true", help="with --few-shot: as on a machine without MNIST")
    parser.add_argument("--writers", type=int, help="with --few-shot: only so many writers")
    parser.add_argument("--ablation", action="store_true", help="with --few-shot: leave out one ingredient each time")
    parser.add_argument("--record", action="store_true", help="write the pendigits figures into the checkpoint")
    parser.add_argument("--table", action="store_true", help="rewrite checkpoints/README.md from the checkpoints")
    options = parser.parse_args(arguments)
    if options.record and not options.pendigits:
        parser.error("--record goes with --pendigits; what MNIST's test images say is recorded by the training.")
    if not options.few_shot and (
        options.letters or options.ablation or options.embedded or options.writers is not None
    ):
        parser.error("--letters, --ablation, --embedded and --writers go with --few-shot.")
    if min(options.shots) < 1 or max(options.shots) > MOST_SHOTS:
        parser.error(f"--shots are whole numbers from 1 to {MOST_SHOTS}.")
    if options.writers is not None and options.writers < 1:
        parser.error(f"--writers is {options.writers}; expected 1 or more.")
    return options


def _few_shot(options: argparse.Namespace) -> None:
    """Teach people's hands, and letters, and say what it brought and what it cost."""
    samples = read_pendigits(options.few_shot)
    old = load_mnist(options.data, train=False)
    replay = embedded_replay() if options.embedded else load_replay(options.data)
    writers = sorted({sample.writer for sample in samples})[: options.writers]
    print(f"old digits from {replay.source}; what is lost is counted on MNIST's {len(old.labels):,} test images\n")
    print(f"{'':48}{'before':>9}{'after':>9}{'worst':>9}{'writer':>8}{'lost':>8}{'most':>8}{'seconds':>9}")
    for name, left_out in (ABLATION if options.ablation else {"": {}}).items():
        teaching, as_strokes = without(Teaching(), left_out)
        for checkpoint in options.checkpoint:
            net = load_checkpoint(checkpoint)
            _check_classes(net)
            for shots in options.shots:
                episodes = writer_episodes(
                    net, samples, shots, old, replay, teaching, as_strokes=as_strokes, writers=writers
                )
                values = summary(list(tqdm(episodes, total=len(writers), leave=False)))
                print(f"{checkpoint}, {shots} a class{', ' + name if name else ''}".ljust(48), end="")
                print(
                    f"{values['before']:7.2f} %{values['after']:7.2f} %{values['worst_after']:7.2f} %"
                    f"{values['worst']:8}{values['lost']:8.3f}{values['lost_most']:8.2f}{values['seconds']:9.1f}",
                    flush=True,
                )
    if options.letters:
        _letters(options, old, replay)


def _letters(options: argparse.Namespace, old: Split, replay: Replay) -> None:
    """One letter at a time as a new class."""
    letters = [
        character
        for character in read_omniglot(options.letters, "Latin")
        if "abcdefghijklmnopqrstuvwxyz"[character.character - 1] not in LIKE_DIGITS
    ]
    print(f"\nnew classes: {len({letter.character for letter in letters})} letters, 5 drawings each")
    print(f"{'':14}{'read right':>12}{'worst':>9}{'taken for it':>14}{'lost':>8}{'most':>8}{'seconds':>9}")
    for checkpoint in options.checkpoint:
        values = summary(list(tqdm(letter_episodes(load_checkpoint(checkpoint), letters, old, replay, Teaching()))))
        print(
            f"{checkpoint:14}{values['after']:10.2f} %{values['worst_after']:7.2f} %{values['mistaken']:12.3f} %"
            f"{values['lost']:8.3f}{values['lost_most']:8.2f}{values['seconds']:9.1f}",
            flush=True,
        )


def _evaluate(options: argparse.Namespace) -> None:
    nets = {name: load_checkpoint(name) for name in options.checkpoint}
    data = load_pendigits(options.pendigits) if options.pendigits else load_mnist(options.data, train=False)
    for name, net in nets.items():
        print(f"{name}: {count_parameters(net):,} parameters, temperature {net.temperature:.3f}")
        if isinstance(data, Split):
            print(mnist_report(net, data), end="\n\n")
            continue
        values = pendigits_figures(net, data)
        print(pendigits_report(values), end="\n\n")
        if options.record:
            record(name, "pendigits", values)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    if options.table:
        print(write_cards())
    elif options.few_shot:
        _few_shot(options)
    else:
        _evaluate(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
