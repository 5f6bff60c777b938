"""The part of checkpoints/README.md about networks that read lines, written from the files' own metadata."""

from typing import Any

from model.line.checkpoint import line_names, load_line, read_line_metadata
from model.line.layout import SPACINGS
from model.network import count_parameters

HEADER = """\
# Networks that read lines

In checkpoints/lines/, made by `python -m model.line.train`. Held out: lines composed like those of the training, from
MNIST's validation images and from hands of another seed. Pendigits: lines of 2 to 6 digits, each by one of 30 writers,
none of which any network was trained on (`python -m model.evaluate --line --pendigits FILE --record`). Right: lines
whose whole number is right. F1: digits with the right label and a box whose IoU with their own is at least 0.5. IoU:
of the pixels of ink, mean of the ten digits.
"""
TITLES = ("lines", "right", "F1", "IoU")


def line_cards() -> str:
    """A card for each network; empty if there are none.

    Raises:
        CheckpointError: one of the files is damaged.
    """
    names = line_names()
    return "\n".join([HEADER, *map(_card, names)]) if names else ""


def _card(name: str) -> str:
    metadata = read_line_metadata(name)
    lines = [f"## {name}", "", f"- {count_parameters(load_line(name)):,} parameters"]
    if recipe := metadata.get("recipe"):
        lines += [f"- Made by `{_command(metadata)}`", f"- Recipe: {_settings(recipe)}"]
    figures = metadata.get("figures", {})
    measured = {"held out": figures.get("validation")}
    measured |= {f"pendigits, {spacing}": figures.get("pendigits", {}).get(spacing) for spacing in SPACINGS}
    rows = [
        f"| {title} | {values['lines']:,} | {100 * values['right']:.1f} % | {values['f1']:.3f} | {values['iou']:.3f} |"
        for title, values in measured.items()
        if values
    ]
    if rows:
        lines += ["", f"| | {' | '.join(TITLES)} |", f"| --- {'| ---: ' * len(TITLES)}|", *rows]
    return "\n".join([*lines, ""])


def _settings(recipe: dict[str, Any]) -> str:
    plain = {name: value for name, value in recipe.items() if not isinstance(value, dict)}
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in plain.items())


def _command(metadata: dict[str, Any]) -> str:
    recipe = metadata["recipe"]
    command = (
        f"python -m model.line.train --network {metadata['network']} --seed {metadata['seed']}"
        f" --epochs {recipe['epochs']} --decay {recipe['decay']}"
    )
    return f"{command} --letters {metadata['letters']}" if metadata.get("letters") else command
