"""What a checkpoint says of its training: where it began, and what came of it with temperature and thresholds set."""

from typing import Any

from model.checkpoint import checkpoint_path, read_metadata
from model.data import Split
from model.metrics import calibrate, figures, test_figures
from model.network import DigitNet
from model.training.recipe import Recipe


def finish(net: DigitNet, recipe: Recipe, validation: Split, hands: Split | None, test: Split) -> dict[str, Any]:
    """Calibrate a trained network, then read the test images, once.

    Args:
        net: in eval mode; its temperature and thresholds are set.
        recipe: how it was trained.
        validation: MNIST's validation images.
        hands: drawn digits with a held-out seed, where the recipe has hands.
        test: MNIST's test images.

    Returns:
        The figures for the checkpoint, by kind of image.
    """
    calibrate(net, validation, hands if recipe.outliers else None)
    return {
        "validation": figures(net, validation),
        "test": test_figures(net, test),
        **({"hands": figures(net, hands)} if hands else {}),
    }


def origin_of(name: str) -> dict[str, Any]:
    """What the metadata says of the checkpoint that a training started from: its name, seed and recipe.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    said = read_metadata(name)
    return {"name": checkpoint_path(name).stem} | {key: said[key] for key in ("seed", "recipe") if key in said}
