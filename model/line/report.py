"""The table of what networks for lines are worth on people's own digits, beside the usual way to read a line."""

from collections.abc import Sequence

from tqdm import tqdm

from model.drawing.corpora import PenDigit
from model.line.checkpoint import load_line, read_line_history, save_line
from model.line.layout import SPACINGS
from model.line.measure import LineFigures, line_figures
from model.line.splitting import read_split
from model.line.writers import WrittenLine, written_lines
from model.network import DigitNet, count_parameters

PER_WRITER = 50  # lines of each writer and spacing


def writers_lines(samples: Sequence[PenDigit], per_writer: int = PER_WRITER) -> dict[str, list[WrittenLine]]:
    """The lines that are measured on, by spacing."""
    return {spacing: written_lines(samples, spacing, per_writer) for spacing in SPACINGS}


def network_figures(name: str, lines: dict[str, list[WrittenLine]]) -> dict[str, LineFigures]:
    """What a network of checkpoints/lines/ scores, by spacing."""
    net = load_line(name)
    return {
        spacing: line_figures(net, [one.truth for one in tqdm(written, name, leave=False)])
        for spacing, written in lines.items()
    }


def split_figures(net: DigitNet, lines: dict[str, list[WrittenLine]]) -> dict[str, float]:
    """Share of lines that are read right stroke by stroke, by spacing."""
    return {
        spacing: sum(read_split(net, one.drawing) == one.number for one in tqdm(written, leave=False)) / len(written)
        for spacing, written in lines.items()
    }


def record_figures(name: str, figures: dict[str, LineFigures]) -> None:
    """Put figures into a checkpoint's metadata and keep everything else of it."""
    history = read_line_history(name)
    said = {spacing: values._asdict() for spacing, values in figures.items()}
    history["figures"] = history.get("figures", {}) | {"pendigits": said}
    save_line(load_line(name), name, **history)


def line_report(found: dict[str, dict[str, LineFigures]], split: dict[str, dict[str, float]]) -> str:
    """The table, one row a network; beside them the networks for one digit that read piece by piece."""
    spacings = list(SPACINGS)
    head = f"{'':28}" + "".join(f"{title:^30}" for title in ("whole line right, %", "F1 at IoU 0.5", "mean IoU of ink"))
    rows = [head, f"{'':28}" + "".join(f"{spacing:>10}" for spacing in spacings) * 3]
    for name, values in found.items():
        parameters = f"{name} ({count_parameters(load_line(name)):,})"
        cells = [f"{100 * values[spacing].right:10.1f}" for spacing in spacings]
        cells += [f"{values[spacing].f1:10.3f}" for spacing in spacings]
        cells += [f"{values[spacing].iou:10.3f}" for spacing in spacings]
        rows.append(f"{parameters:28}" + "".join(cells))
    for name, shares in split.items():
        cells = [f"{100 * shares[spacing]:10.1f}" for spacing in spacings] + [f"{'-':>10}"] * 2 * len(spacings)
        rows.append(f"{f'strokes, each by {name}':28}" + "".join(cells))
    return "\n".join(rows)
