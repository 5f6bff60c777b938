"""Evaluate checkpoints, on MNIST's test images and on people's pen strokes.

python -m model.evaluate                                            # base on the 10,000 test images
python -m model.evaluate --checkpoint tiny --data DIR
python -m model.evaluate --checkpoint base tiny --pendigits FILE    # 30 writers, never trained on
python -m model.evaluate --checkpoint base --record                   # what is printed goes into the file too
python -m model.evaluate --checkpoint base --hands                    # drawn digits, by digit and style
python -m model.evaluate --checkpoint base --unlike --outliers ZIP    # what is called unlike a digit, by kind
python -m model.evaluate --few-shot FILE --letters ZIP                # teach each of those writers; teach letters
python -m model.evaluate --few-shot FILE --ablation                    # leave out one ingredient of teaching at a time
python -m model.evaluate --line --pendigits FILE                      # whole lines of those writers, three spacings
python -m model.evaluate --table                                    # rewrite checkpoints/README.md
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from model.checkpoint import load_checkpoint, record
from model.command import command
from model.data import DEFAULT_DATA, Split, load_mnist
from model.drawing.corpora import read_omniglot, read_pendigits
from model.evaluation.hands import hands_figures, hands_report, style_figures
from model.evaluation.pen_strokes import load_pendigits, pendigits_figures
from model.evaluation.reports import mnist_report, pendigits_report
from model.evaluation.unlike import unlike_rates, unlike_report
from model.generation.cards import generator_section
from model.line.cards import line_cards
from model.line.checkpoint import line_names
from model.line.report import PER_WRITER, line_report, network_figures, record_figures, split_figures, writers_lines
from model.metrics import check_digits, test_figures
from model.network import count_parameters
from model.study.cards import write_cards
from model.teaching.few_shot import ABLATION, letter_episodes, summary, without, writer_episodes
from model.teaching.recipe import Teaching
from model.teaching.replay import SOURCES, Replay, load_replay

# Letters of the Latin alphabet that many people draw like digits, so they would be unfair as new classes.
LIKE_DIGITS = "bgiloqsz"
MOST_SHOTS = 20  # per class: a writer has about 25, and some must be left for testing


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model.evaluate", description="Evaluate checkpoints.")
    parser.add_argument(
        "--checkpoint", nargs="+", default=["base"], metavar="NAME", help="names or paths; default: base"
    )
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that holds MNIST/raw; downloaded if absent")
    parser.add_argument("--pendigits", metavar="FILE", help="read pendigits-orig.tra's pen strokes instead of MNIST")
    parser.add_argument("--hands", action="store_true", help="read drawn digits, by digit and style")
    parser.add_argument(
        "--unlike", action="store_true", help="report what is called unlike a digit, by kind of drawing"
    )
    parser.add_argument("--outliers", metavar="PATH", help="with --unlike: also letters of Omniglot's strokes")
    parser.add_argument("--few-shot", metavar="FILE", help="teach each writer of pendigits-orig.tra from few samples")
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 5], help="samples a class to teach; default: 1 5")
    parser.add_argument("--letters", metavar="ZIP", help="with --few-shot: also teach letters of Omniglot's strokes")
    parser.add_argument("--source", choices=SOURCES, help="with --few-shot: old digits to rehearse; default: the best")
    parser.add_argument("--writers", type=int, help="with --few-shot: only this many writers")
    parser.add_argument("--ablation", action="store_true", help="with --few-shot: leave out one ingredient each time")
    parser.add_argument("--line", action="store_true", help="with --pendigits: read whole lines of the writers' digits")
    parser.add_argument("--lines", type=int, default=PER_WRITER, help="with --line: lines of each writer and spacing")
    parser.add_argument("--record", action="store_true", help="write the figures into the checkpoint")
    parser.add_argument("--table", action="store_true", help="rewrite checkpoints/README.md from the checkpoints")
    options = parser.parse_args(arguments)
    if options.record and (options.table or options.few_shot):
        parser.error("--record does not go with --table or --few-shot.")
    if options.line and not options.pendigits:
        parser.error("--line needs --pendigits, whose writers' digits make the lines.")
    if options.lines < 1:
        parser.error(f"--lines is {options.lines}; expected 1 or more.")
    if options.outliers and not options.unlike:
        parser.error("--outliers goes with --unlike.")
    if not options.few_shot and (options.letters or options.ablation or options.source or options.writers is not None):
        parser.error("--letters, --ablation, --source and --writers go with --few-shot.")
    if min(options.shots) < 1 or max(options.shots) > MOST_SHOTS:
        parser.error(f"--shots are whole numbers from 1 to {MOST_SHOTS}.")
    if options.writers is not None and options.writers < 1:
        parser.error(f"--writers is {options.writers}; expected 1 or more.")
    return options


def _few_shot(options: argparse.Namespace) -> None:
    """Teach each writer's hand, and letters, and report what was gained and what was lost."""
    samples = read_pendigits(options.few_shot)
    old = load_mnist(options.data, train=False)
    replay = load_replay(options.data, options.source)
    writers = sorted({sample.writer for sample in samples})[: options.writers]
    print(f"old digits from {replay.source}; what is lost is counted on MNIST's {len(old.labels):,} test images\n")
    print(f"{'':48}{'before':>9}{'after':>9}{'worst':>9}{'writer':>8}{'lost':>8}{'most':>8}{'seconds':>9}")
    ablation: dict[str, dict[str, Any]] = ABLATION if options.ablation else {"": {}}
    for name, left_out in ablation.items():
        teaching, as_strokes = without(Teaching(), left_out)
        for checkpoint in options.checkpoint:
            net = load_checkpoint(checkpoint)
            check_digits(net)
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
            if options.record:
                record(name, "test", test_figures(net, data))
            continue
        values = pendigits_figures(net, data)
        print(pendigits_report(values), end="\n\n")
        if options.record:
            record(name, "pendigits", values)


def _hands(options: argparse.Namespace) -> None:
    for name in options.checkpoint:
        found = style_figures(load_checkpoint(name))
        print(f"{name}\n{hands_report(found)}", end="\n\n", flush=True)
        if options.record:
            record(name, "styles", hands_figures(found))


def _unlike(options: argparse.Namespace) -> None:
    pen_strokes = load_pendigits(options.pendigits) if options.pendigits else None
    mnist = load_mnist(options.data, train=False).images
    for name in options.checkpoint:
        net = load_checkpoint(name)
        rates = unlike_rates(net, options.outliers, pen_strokes, mnist)
        print(f"{name}: evidence of at least {net.familiar_evidence:.3f}, energy of at least {net.familiar_energy:.3f}")
        print(unlike_report(rates), end="\n\n", flush=True)
        if options.record:
            record(name, "unlike", rates)


def _line(options: argparse.Namespace) -> None:
    """Read lines of people's own digits, densely and stroke by stroke."""
    lines = writers_lines(read_pendigits(options.pendigits), options.lines)
    count, writers = sum(map(len, lines.values())), len({one.writer for some in lines.values() for one in some})
    print(f"{count:,} lines of {writers} writers, {len(lines)} spacings")
    found = {name: network_figures(name, lines) for name in line_names()}
    split = {name: split_figures(load_checkpoint(name), lines) for name in options.checkpoint}
    print(line_report(found, split))
    if options.record:
        for name, figures in found.items():
            record_figures(name, figures)


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _arguments(arguments)
    if options.table:
        print(write_cards("\n".join(filter(None, (generator_section(), line_cards())))))
    elif options.hands:
        _hands(options)
    elif options.unlike:
        _unlike(options)
    elif options.line:
        _line(options)
    elif options.few_shot:
        _few_shot(options)
    else:
        _evaluate(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
