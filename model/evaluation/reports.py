"""Figures of networks as text."""

from typing import Any

from model.data import Split
from model.metrics import (
    brier_score,
    check_digits,
    confusion_matrix,
    count_correct,
    expected_calibration_error,
    logits_of,
    negative_log_likelihood,
)
from model.network import DigitNet


def mnist_report(net: DigitNet, test: Split) -> str:
    """A network's figures on labelled images, as text.

    Raises:
        ValueError: the network's classes are not the ten digits.
    """
    check_digits(net)
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
    """`pendigits_figures` as text."""
    return "\n".join(
        [
            f"accuracy {100 * values['accuracy']:.2f} % of {values['images']:,} drawings",
            f"mean over {values['writers']} writers {100 * values['mean_over_writers']:.2f} %",
            f"worst writer {values['worst_writer']} with {100 * values['worst_accuracy']:.2f} %",
            f"expected calibration error {100 * values['ece']:.2f} %",
            f"called unlike a digit {100 * values['unlike']:.2f} %",
        ]
    )
