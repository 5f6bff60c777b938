"""The generators' part of checkpoints/README.md, from what their files say of themselves."""

from typing import Any

import torch
from torch import Tensor, nn

from model.generation.checkpoint import generator_names, generator_path, load_generator, read_generator_history
from model.generation.network import DigitGenerator, blank_input
from model.network import count_parameters

HEADER = """\
# The generators

Networks that draw digits (`model/generation/`), trained by `python -m model.generation.train` and measured by
`python -m model.generation.measure --record`, after the last epoch, beside MNIST's 10,000 test images. Read right: the
share of generated digits that base reads as the digit asked for. Coverage and density: of base's pooled features (Naeem
et al. 2020). Score: test images that `small` reads right, trained on 50,000 generated digits alone (Ravuri & Vinyals
2019). Completed: digits redrawn from the ink of their upper half that are read as the same digit.
"""
COLUMNS = (
    "generator",
    "parameters",
    "multiply-accumulates a step",
    "read right",
    "coverage",
    "density",
    "score",
    "completed",
    "file",
)
NONE = "-"


def multiply_accumulates(generator: DigitGenerator) -> int:
    """Of one pass of one image, norms, activations and sums aside."""
    counted: list[int] = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        counted.append(output[0].numel() * layer.weight[0].numel())  # type: ignore[index]

    layers = [module for module in generator.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        generator(blank_input(1), torch.zeros(1), torch.zeros(1, dtype=torch.long))
    for hook in hooks:
        hook.remove()
    return sum(counted)


def generator_section() -> str:
    """A table of the shipped generators and a card for each; nothing where there are none.

    Raises:
        CheckpointError: one of the files is damaged.
    """
    if not generator_names():
        return ""
    rows = [COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1))]
    cards = []
    for name in generator_names():
        generator, history = load_generator(name), read_generator_history(name)
        rows.append(_row(name, generator, history.get("figures", {}).get("test", {})))
        cards.append(_card(name, generator, history))
    return "\n".join([HEADER, *(f"| {' | '.join(row)} |" for row in rows), "", *cards])


def _row(name: str, generator: DigitGenerator, found: dict[str, Any]) -> tuple[str, ...]:
    drawn = found.get("generated", {})
    return (
        f"**{name}**",
        f"{count_parameters(generator):,}",
        f"{multiply_accumulates(generator):,}",
        _share(drawn.get("read_right")),
        f"{drawn['coverage']:.3f}" if drawn else NONE,
        f"{drawn['density']:.3f}" if drawn else NONE,
        _share(found.get("score")),
        _share(found.get("completed as told")),
        f"{generator_path(name).stat().st_size / 1000:,.0f} kB",
    )


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.2f} %"


def _card(name: str, generator: DigitGenerator, history: dict[str, Any]) -> str:
    config, found = generator.config, history.get("figures", {}).get("test", {})
    dilations = " | ".join(", ".join(map(str, part)) for part in (config.descending, config.middle, config.ascending))
    lines = [
        f"## {name}",
        "",
        f"- Stages: kernel {config.kernel}, dilations {dilations} (before, in and after the middle)",
    ]
    if recipe := history.get("recipe"):
        undilated = " --undilated" if config == config.undilated() else ""
        settings = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in recipe.items())
        made = f"python -m model.generation.train{undilated} --seed {history['seed']} --epochs {recipe['epochs']}"
        lines += [f"- Made by `{made}`", f"- Recipe: {settings}"]
    if drawn := found.get("generated"):
        lines += [
            f"- Drawn with {found['steps']} steps and guidance {found['guidance']:g}; worst read: {drawn['worst']}, "
            f"{_share(drawn['worst_read_right'])}",
            f"- Nearest of MNIST's training images, root mean square of the difference, median: generated digits "
            f"{found['distances']['generated']:.4f}, test images {found['distances']['held out']:.4f}",
        ]
    if "score" in found:
        lines.append(f"- Score: {_share(found['score'])} after {found['score epochs']} epochs")
    return "\n".join([*lines, ""])
