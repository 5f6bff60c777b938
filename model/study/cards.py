"""checkpoints/README.md from what the checkpoint files say of themselves: one row a network, one card a file."""

from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

from model import checkpoint
from model.checkpoint import checkpoint_names, checkpoint_path, default_name, load_checkpoint, read_metadata
from model.cost.complexity import complexity
from model.familiarity import UNSET
from model.fields.layer_fields import receptive_field
from model.network import PRESETS, DigitNet
from model.study.networks import STUDY

HEADER = """\
# Trained networks

Written by `python -m model.evaluate --table` from the files' own metadata: to change it, change the files.

Test: MNIST's 10,000 test images, read once, after the last epoch. Pendigits: people's pen strokes, by 30 writers, none
of which was ever trained on. ECE: expected calibration error on the test images, after the temperature. Where there are
several seeds, figures are their mean ± standard deviation. Field: pixels that a cell of the last stage sees, before
the image's borders cut it.

Hands: drawings by `model.drawing.hands` of a seed that was not trained on. Unlike: the share of drawings that a network
calls unlike anything it has learned (`model.familiarity`), of digits first, where it should not, then of everything
else, where it should; "*" marks kinds of drawings that are never trained on.
"""
STUDY_HEADER = """\
# The study

One network shape, separable or standard, dilated or not; everything else is the same. Made by
`python -m model.train --study`, which skips what is finished.
"""
COLUMNS = (
    "network",
    "parameters",
    "multiply-accumulates",
    "field",
    "test accuracy",
    "pendigits",
    "ECE",
    "seeds",
    "epochs",
    "teacher",
    "file",
)
NONE = "-"


class Entry(NamedTuple):
    """One checkpoint file: its name, what it says of itself, and the network in it."""

    name: str
    metadata: dict[str, Any]
    net: DigitNet

    @property
    def preset(self) -> str:
        """The preset it was trained as; its own name where it does not say."""
        return self.metadata.get("preset", self.name)

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.metadata.get("seed", 0)

    @property
    def row(self) -> str:
        """Seeds of one preset stand in one row; a file of any other name in its own."""
        return self.preset if self.name == default_name(self.preset, self.seed) else self.name

    def figure(self, data: str, name: str) -> float | None:
        """One of its figures, or None where it was not measured."""
        return self.metadata.get("figures", {}).get(data, {}).get(name)


def write_cards() -> Path:
    """Rewrite checkpoints/README.md from the files beside it.

    Raises:
        CheckpointError: one of the files is damaged.
    """
    entries = [Entry(name, read_metadata(name), load_checkpoint(name)) for name in checkpoint_names()]
    order = [*PRESETS, *STUDY]
    entries.sort(key=lambda e: (order.index(e.row) if e.row in order else len(order), e.row, e.seed))
    study = [entry for entry in entries if entry.row in STUDY]
    others = [entry for entry in entries if entry.row not in STUDY]
    page = _section(HEADER, others) + (f"\n{_section(STUDY_HEADER, study)}" if study else "")
    path = checkpoint.CHECKPOINTS / "README.md"
    path.write_text(page, encoding="utf-8")
    return path


def _section(header: str, entries: list[Entry]) -> str:
    """A table of these entries and a card for each."""
    names = list(dict.fromkeys(entry.row for entry in entries))
    rows = [_row([entry for entry in entries if entry.row == name]) for name in names]
    table = "\n".join(_line(row) for row in (COLUMNS, ["---", *["---:"] * 7, "---:", "---", "---:"], *rows))
    return "\n".join([header, table, "", *map(_card, entries)])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(entries: list[Entry]) -> list[str]:
    first = entries[0]
    cost = complexity(first.net)
    height, width = receptive_field(first.net, f"stages.{len(first.net.stages) - 1}").size
    return [
        f"**{first.row}**",
        f"{cost.parameters:,}",
        f"{cost.multiply_accumulates:,}",
        f"{height} x {width}",
        _spread([entry.figure("test", "accuracy") for entry in entries], 100, 2, " %"),
        _spread([entry.figure("pendigits", "accuracy") for entry in entries], 100, 2, " %"),
        _spread([entry.figure("test", "ece") for entry in entries], 100, 2, " %"),
        ", ".join(str(entry.seed) for entry in entries),
        _epochs(first.metadata),
        first.metadata.get("teacher") or NONE,
        f"{checkpoint_path(first.name).stat().st_size / 1000:,.0f} kB",
    ]


def _epochs(metadata: dict[str, Any]) -> str:
    """Of the training, after those of the training that it went on from."""
    stages = [metadata.get("start", {}), metadata]
    return " + ".join(str(said["recipe"]["epochs"]) for said in stages if "epochs" in said.get("recipe", {})) or NONE


def _spread(values: list[float | None], scale: float, digits: int, unit: str) -> str:
    """Mean, and standard deviation where there is one, of what was measured."""
    known = [scale * value for value in values if value is not None]
    if not known:
        return NONE
    deviation = f" ± {stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{mean(known):.{digits}f}{deviation}{unit}"


def _card(entry: Entry) -> str:
    lines = [f"## {entry.name}", ""]
    recipe = entry.metadata.get("recipe")
    if recipe:
        settings = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in recipe.items())
        lines += [f"- Made by `{_command(entry)}`", f"- Recipe: {settings}"]
    if start := entry.metadata.get("start"):
        settings = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in start.get("recipe", {}).items())
        lines.append(f"- Went on from {start['name']}, which was trained with: {settings}")
    lines += [f"- Temperature: {entry.net.temperature:.3f}", f"- Familiar: {_thresholds(entry.net)}"]
    for data, title in (("test", "Test"), ("validation", "Validation")):
        if entry.figure(data, "accuracy") is not None:
            lines.append(
                f"- {title}: {100 * entry.figure(data, 'accuracy'):.2f} % of {entry.figure(data, 'images'):,} images,"
                f" NLL {entry.figure(data, 'nll'):.4f}, Brier {entry.figure(data, 'brier'):.4f},"
                f" ECE {100 * entry.figure(data, 'ece'):.2f} %"
            )
    if entry.figure("pendigits", "accuracy") is not None:
        lines.append(
            f"- Pendigits: {100 * entry.figure('pendigits', 'accuracy'):.2f} % of"
            f" {entry.figure('pendigits', 'images'):,} drawings,"
            f" {100 * entry.figure('pendigits', 'mean_over_writers'):.2f} % on the average over"
            f" {entry.figure('pendigits', 'writers')} writers, worst writer {entry.figure('pendigits', 'worst_writer')}"
            f" with {100 * entry.figure('pendigits', 'worst_accuracy'):.2f} %"
        )
    if entry.figure("pendigits", "ece") is not None:
        lines[-1] += f", ECE {100 * entry.figure('pendigits', 'ece'):.2f} %"
    if entry.figure("styles", "accuracy") is not None:
        by_style = entry.figure("styles", "by_style")
        worst = min(by_style, key=by_style.__getitem__)
        lines.append(
            f"- Hands: {100 * entry.figure('styles', 'accuracy'):.2f} % of {entry.figure('styles', 'drawings'):,}"
            f" drawings in {len(by_style)} styles, worst {worst} with {100 * by_style[worst]:.1f} %"
        )
    if unlike := entry.metadata.get("figures", {}).get("unlike"):
        lines.append("- Unlike: " + ", ".join(f"{kind} {100 * rate:.1f} %" for kind, rate in unlike.items()))
    return "\n".join([*lines, ""])


def _thresholds(net: DigitNet) -> str:
    """What an image has to reach, for networks that learned what is no digit and for those that did not."""
    if net.familiar_evidence > UNSET:
        return f"evidence of at least {net.familiar_evidence:.3f}"
    return f"energy of at least {net.familiar_energy:.3f}" if net.familiar_energy > UNSET else "no threshold"


def _command(entry: Entry) -> str:
    metadata = entry.metadata
    command = (
        f"python -m model.train --preset {entry.preset} --seed {entry.seed} --epochs {metadata['recipe']['epochs']}"
    )
    if metadata.get("teacher"):
        command += f" --teacher {metadata['teacher']}"
    if start := metadata.get("start"):
        command += f" --from {start['name']}"
    if metadata.get("letters"):
        command += f" --outliers {metadata['letters']}"
    return command if entry.row == entry.preset else f"{command} --out {entry.name}"
