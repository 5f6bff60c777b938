"""What is said of a lesson: how far it is, and what the taught network gained and lost."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from model.inference import predict
from model.network import DigitNet
from model.teaching.material import Material


class Step(NamedTuple):
    """How far the teaching is.

    Attributes:
        step: steps taken, 0 to `steps`.
        steps: of all weights, in all.
        loss: of the last batch.
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on held-out old digits, 0 to 1.
    """

    step: int
    steps: int
    loss: float
    samples: float
    replay: float


class Report(NamedTuple):
    """What a network says of the samples, and of other people's digits.

    Attributes:
        probabilities: float32 (samples, classes).
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on held-out old digits, 0 to 1.
        per_class: the same for every class that they have.
    """

    probabilities: np.ndarray
    samples: float
    replay: float
    per_class: dict[str, float]


class FineTuned(NamedTuple):
    """A taught network and the proof of what it gained and lost.

    Attributes:
        network: in eval mode.
        history: from before the first step to after the last.
        before: what the network before said; classes that it lacked have the probability 0.
        after: what the taught one says.
        replay: where the old digits came from, "MNIST" or "embedded drawings".
        interpolation: how far the weights went from the old to the new, 0 to 1.
        changes: by layer, the length of the change against the length of its weights before.
    """

    network: DigitNet
    history: list[Step]
    before: Report
    after: Report
    replay: str
    interpolation: float
    changes: dict[str, float]


OnStep = Callable[[Step], None]


def accuracy_of(logits: Tensor, labels: Tensor) -> float:
    """Share of the largest logits (N, classes) that are the label's, 0 to 1; of nothing, nan."""
    return (logits.argmax(1) == labels).double().mean().item()


def report_on(net: DigitNet, material: Material, logits: Tensor) -> Report:
    """What a network says of the samples, and of the held-out digits.

    Args:
        net: in eval mode; it may lack the last ones of the material's classes.
        material: what is taught.
        logits: what it says of the held-out digits (H, its classes).
    """
    names, held_out = material.names, material.held_out.labels
    probabilities = np.zeros((len(material.images), len(names)), np.float32)
    probabilities[:, : len(net.classes)] = predict(net, material.images)
    correct = logits.argmax(1) == held_out
    return Report(
        probabilities,
        float(np.mean(probabilities.argmax(1) == material.labels.numpy())),
        correct.double().mean().item(),
        {names[index]: correct[held_out == index].double().mean().item() for index in held_out.unique().tolist()},
    )


def weight_changes(old: nn.Module, new: nn.Module) -> dict[str, float]:
    """By layer with weights of its own, the length of the change against their length before."""
    changes = {}
    for (name, before), after in zip(old.named_parameters(), new.parameters(), strict=True):
        layer, _, kind = name.rpartition(".")
        if kind == "weight" and before.ndim > 1:
            changes[layer] = ((after - before).norm() / before.norm().clamp(min=1e-12)).item()
    return changes


def origin_of(result: FineTuned) -> dict[str, Any]:
    """What a taught network's checkpoint says of how it was made, as plain JSON values."""
    return {
        "replay": result.replay,
        "interpolation": result.interpolation,
        "figures": {
            "samples": {"before": result.before.samples, "after": result.after.samples},
            "held_out": {"before": result.before.replay, "after": result.after.replay},
        },
    }
