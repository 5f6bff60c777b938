"""Reports on a lesson: its progress, and what the taught network gained and lost."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from model.inference import predict
from model.network import DigitNet
from model.teaching.material import Material
from model.teaching.precedence import Contest
from model.teaching.proof import Proof
from model.teaching.styles import StyleChange


class Step(NamedTuple):
    """The progress of a lesson.

    Attributes:
        step: steps taken, 0 to `steps`.
        steps: steps of all weights, in total.
        loss: of the last batch.
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on a few old digits that are not trained on, 0 to 1.
    """

    step: int
    steps: int
    loss: float
    samples: float
    replay: float


class Report(NamedTuple):
    """A network's answers to the samples and to other people's digits.

    Attributes:
        probabilities: float32 (samples, classes).
        samples: accuracy on the samples, 0 to 1.
        replay: accuracy on held-out old digits, 0 to 1.
        per_class: the same for each class among them.
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
        before: the original network's answers; classes that it lacked have probability 0.
        after: the taught network's answers.
        replay: where the old digits came from, "MNIST", "generated digits" or "embedded drawings".
        interpolation: how far the weights went from the old to the new, 0 to 1.
        changes: by layer, the length of its weights' change relative to their length before.
        proof: what the held-out digits prove, and how surely.
        contests: for every new class, what it costs to keep the digits, or the class.
        styles: how every way of writing a digit is read before and after; empty where that was not asked for.
    """

    network: DigitNet
    history: list[Step]
    before: Report
    after: Report
    replay: str
    interpolation: float
    changes: dict[str, float]
    proof: Proof
    contests: list[Contest]
    styles: list[StyleChange]


OnStep = Callable[[Step], None]


def accuracy_of(logits: Tensor, labels: Tensor) -> float:
    """Share of images whose largest logit (N, classes) is the label's, 0 to 1; nan if there are none."""
    return (logits.argmax(1) == labels).double().mean().item()


def report_on(net: DigitNet, material: Material, logits: Tensor) -> Report:
    """A network's answers to the samples and to the held-out digits.

    Args:
        net: in eval mode; it may lack the last ones of the material's classes.
        material: what is taught.
        logits: its logits for the held-out digits (H, its classes).
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
    """For each layer with weights of its own, the length of their change relative to their length before."""
    changes = {}
    for (name, before), after in zip(old.named_parameters(), new.parameters(), strict=True):
        layer, _, kind = name.rpartition(".")
        if kind == "weight" and before.ndim > 1:
            changes[layer] = ((after - before).norm() / before.norm().clamp(min=1e-12)).item()
    return changes


def hands_right(result: FineTuned) -> tuple[float, float]:
    """Share of the drawings in all styles that is read correctly before and after; nan if there are none."""
    drawings = sum(change.drawings for change in result.styles)
    right = (sum(change.before for change in result.styles), sum(change.after for change in result.styles))
    return (right[0] / drawings, right[1] / drawings) if drawings else (float("nan"), float("nan"))


def origin_of(result: FineTuned) -> dict[str, Any]:
    """How a taught network was made, as plain JSON values for its checkpoint."""
    return {
        "replay": result.replay,
        "proof": result.proof._asdict(),
        "interpolation": result.interpolation,
        "figures": {
            "samples": {"before": result.before.samples, "after": result.after.samples},
            "held_out": {"before": result.before.replay, "after": result.after.replay},
            "hands": dict(zip(("before", "after"), hands_right(result), strict=True)),
        },
    }
