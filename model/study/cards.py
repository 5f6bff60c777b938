"""checkpoints/README.md, written from the files' own metadata: one row per network, one card per file."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

from model import checkpoint
from model.checkpoint import checkpoint_names, checkpoint_path, default_name, load_checkpoint, read_metadata
from model.cost.complexity import complexity
from model.familiarity import UNSET
from model.fields.layer_fields import receptive_field
from model.layers import milestones
from model.network import PRESETS, DigitNet
from model.study.networks import STUDY

HEADER = """\
# Trained networks

Written by `python -m model.evaluate --table` from the files' own metadata: to change it, change the files.

Test: MNIST's 10,000 test images, read after each training's last epoch. Pendigits: pen strokes of 30 people, whose
writing no network was trained on. ECE: expected calibration error on the test images, after the temperature. Figures
of several seeds are given as mean ± standard deviation. Field: pixels that a cell of the last stage sees, before the
image's borders cut it.

Hands: drawings by `model.drawing.hands`, with a seed that was not used in training. Unlike: the share of drawings that
a network calls unlike anything it has learned (`model.familiarity`); it should be small for digits and large for
everything else. "*" marks kinds of drawings that no network is trained on.
"""
STUDY_HEADER = """\
# The study

One network shape, separable or standard, dilated or not; everything else is the same. Trained side by side on a GPU;
`python -m model.train --study --outliers PATH` trains with the same recipe whichever of them are missing.
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
    """One checkpoint file: its name, its metadata, and the network in it."""

    name: str
    metadata: dict[str, Any]
    net: DigitNet

    @property
    def preset(self) -> str:
        """The preset it was trained as, or the file's name if the metadata names none."""
        return self.metadata.get("preset", self.name)

    @property
    def seed(self) -> int:
        """The seed of the training."""
        return self.metadata.get("seed", 0)

    @property
    def row(self) -> str:
        """The table row it belongs to: all seeds of a preset share one, a file of any other name has its own."""
        return self.preset if self.name == default_name(self.preset, self.seed) else self.name

    def figures(self, data: str) -> dict[str, Any]:
        """Its figures on these data, empty if there are none."""
        figures: dict[str, Any] = self.metadata.get("figures", {}).get(data, {})
        return figures


def write_cards(more: str = "") -> Path:
    """Rewrite checkpoints/README.md from the files beside it.

    Args:
        more: what comes after the networks that read.

    Raises:
        CheckpointError: one of the files is damaged.
    """
    entries = [Entry(name, read_metadata(name), load_checkpoint(name)) for name in checkpoint_names()]
    order = [*PRESETS, *STUDY]
    entries.sort(key=lambda e: (order.index(e.row) if e.row in order else len(order), e.row, e.seed))
    study = [entry for entry in entries if entry.row in STUDY]
    others = [entry for entry in entries if entry.row not in STUDY]
    page = (
        _section(HEADER, others)
        + (f"\n{_section(STUDY_HEADER, study)}" if study else "")
        + (f"\n{more}" if more else "")
    )
    path = checkpoint.CHECKPOINTS / "README.md"
    path.write_text(page, encoding="utf-8")
    return path


def _section(header: str, entries: list[Entry]) -> str:
    """A table of these entries and a card for each."""
    names = list(dict.fromkeys(entry.row for entry in entries))
    rows = [_row([entry for entry in entries if entry.row == name]) for name in names]
    table = "\n".join(_line(row) for row in (COLUMNS, ["---", *["---:"] * 7, "---:", "---", "---:"], *rows))
    return "\n".join([header, table, "", *map(_card, entries)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(entries: list[Entry]) -> list[str]:
    first = entries[0]
    cost = complexity(first.net)
    height, width = receptive_field(first.net, milestones(first.net.config)[-1].output).size
    return [
        f"**{first.row}**",
        f"{cost.parameters:,}",
        f"{cost.multiply_accumulates:,}",
        f"{height} x {width}",
        _spread(entries, "test", "accuracy"),
        _spread(entries, "pendigits", "accuracy"),
        _spread(entries, "test", "ece"),
        ", ".join(str(entry.seed) for entry in entries),
        _epochs(first.metadata),
        first.metadata.get("teacher") or NONE,
        f"{checkpoint_path(first.name).stat().st_size / 1000:,.0f} kB",
    ]


def _epochs(metadata: dict[str, Any]) -> str:
    """Epochs of the training, after those of the training that it continued."""
    trainings = [metadata.get("start", {}), metadata]
    return " + ".join(str(one["recipe"]["epochs"]) for one in trainings if "epochs" in one.get("recipe", {})) or NONE


def _spread(entries: list[Entry], data: str, figure: str) -> str:
    """A share in percent: its mean over the entries that have it, and its standard deviation if there are several."""
    measured = [100 * entry.figures(data)[figure] for entry in entries if figure in entry.figures(data)]
    if not measured:
        return NONE
    deviation = f" ± {stdev(measured):.2f}" if len(measured) > 1 else ""
    return f"{mean(measured):.2f}{deviation} %"


def _card(entry: Entry) -> str:
    """What one checkpoint says of itself, as a list."""
    lines = [
        *_origin(entry),
        f"Temperature: {entry.net.temperature:.3f}",
        f"Familiar: {_thresholds(entry.net)}",
        *(_mnist(title, entry.figures(data)) for data, title in (("test", "Test"), ("validation", "Validation"))),
        _pendigits(entry.figures("pendigits")),
        _hands(entry.figures("styles")),
        _unlike(entry.figures("unlike")),
    ]
    return "\n".join([f"## {entry.name}", "", *(f"- {line}" for line in lines if line), ""])


def _origin(entry: Entry) -> list[str]:
    """The command and the recipe it was made with, and those of the training that it continued."""
    lines = []
    if recipe := entry.metadata.get("recipe"):
        lines += [f"Made by `{_command(entry)}`", f"Recipe: {_settings(recipe)}"]
    if start := entry.metadata.get("start"):
        lines.append(f"Continues {start['name']}, which was trained with: {_settings(start.get('recipe', {}))}")
    return lines


def _settings(recipe: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in recipe.items())


def _mnist(title: str, figures: dict[str, Any]) -> str:
    if "accuracy" not in figures:
        return ""
    return (
        f"{title}: {100 * figures['accuracy']:.2f} % of {figures['images']:,} images, NLL {figures['nll']:.4f}, "
        f"Brier {figures['brier']:.4f}, ECE {100 * figures['ece']:.2f} %"
    )


def _pendigits(figures: dict[str, Any]) -> str:
    if "accuracy" not in figures:
        return ""
    return (
        f"Pendigits: {100 * figures['accuracy']:.2f} % of {figures['images']:,} drawings, "
        f"{100 * figures['mean_over_writers']:.2f} % on average over {figures['writers']} writers, "
        f"worst writer {figures['worst_writer']} with {100 * figures['worst_accuracy']:.2f} %"
    ) + (f", ECE {100 * figures['ece']:.2f} %" if "ece" in figures else "")


def _hands(figures: dict[str, Any]) -> str:
    if "accuracy" not in figures:
        return ""
    by_style = figures["by_style"]
    worst = min(by_style, key=by_style.__getitem__)
    return (
        f"Hands: {100 * figures['accuracy']:.2f} % of {figures['drawings']:,} drawings in {len(by_style)} styles, "
        f"worst {worst} with {100 * by_style[worst]:.1f} %"
    )


def _unlike(rates: dict[str, float]) -> str:
    return "Unlike: " + ", ".join(f"{kind} {100 * rate:.1f} %" for kind, rate in rates.items()) if rates else ""


def _thresholds(net: DigitNet) -> str:
    """What an image has to reach to be familiar, as `model.familiarity` measures it for this network."""
    if net.familiar_evidence > UNSET:
        return f"evidence of at least {net.familiar_evidence:.3f}"
    return f"energy of at least {net.familiar_energy:.3f}" if net.familiar_energy > UNSET else "no threshold"


def _command(entry: Entry) -> str:
    said = entry.metadata
    if said.get("side_by_side"):
        module, network, seed, teacher = "training.side_by_side", "--networks", "--seeds", "--teachers"
    else:
        module, network, seed, teacher = "train", "--preset", "--seed", "--teacher"
    command = (
        f"python -m model.{module} {network} {entry.preset} {seed} {entry.seed} --epochs {said['recipe']['epochs']}"
    )
    if said.get("teacher"):
        command += f" {teacher} {said['teacher']}"
    if said.get("hand_teacher"):
        command += f" --hand-teachers {said['hand_teacher']}"
    if start := said.get("start"):
        command += f" --from {start['name']}"
    if start and said.get("side_by_side"):  # the other command halves the recipe's by itself
        command += f" --learning-rate {said['recipe']['learning_rate']:g}"
    if said.get("letters"):
        command += f" --outliers {said['letters']}"
    return command if said.get("side_by_side") or entry.row == entry.preset else f"{command} --out {entry.name}"
