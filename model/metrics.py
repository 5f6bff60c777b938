"""Measures of a classifier's answers: accuracy, likelihood, Brier score, calibration."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from model.data import Split
from model.familiarity import set_by_energy, set_by_evidence
from model.network import DIGITS, DigitNet
from model.stages import folded_norms

CALIBRATION_BINS = 15  # Guo et al. 2017, section 2
BATCH = 100  # maps of this many images fit into the cache, and their memory is not returned to the system each time


@torch.inference_mode()
def logits_of(net: DigitNet, images: Tensor) -> Tensor:
    """Logits of many images, not divided by the temperature.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), on the network's device.

    Returns:
        float (N, classes).
    """
    with folded_norms():
        return torch.cat(
            [net(batch[:, None].contiguous(memory_format=torch.channels_last)) for batch in images.split(BATCH)]
        )


def check_digits(net: DigitNet) -> None:
    """Check that a network reads the ten digits and nothing else.

    Raises:
        ValueError: it has other classes.
    """
    if tuple(net.classes) != DIGITS:
        raise ValueError(f"The network's classes are {', '.join(net.classes)}; expected the ten digits in their order.")


def count_correct(logits: Tensor, labels: Tensor) -> int:
    """How many of the largest logits are the label's."""
    return int((logits.argmax(1) == labels).sum())


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> float:
    """Mean over the images, in nats."""
    return F.cross_entropy(logits, labels).item()


def brier_score(logits: Tensor, labels: Tensor) -> float:
    """Mean squared distance of the probabilities from the truth, 0..2 (Brier 1950)."""
    truth = F.one_hot(labels, logits.shape[1])
    return (logits.softmax(1) - truth).square().sum(1).mean().item()


def expected_calibration_error(logits: Tensor, labels: Tensor, bins: int = CALIBRATION_BINS) -> float:
    """Mean gap between confidence and accuracy over equally wide bins of confidence (Guo et al. 2017, equation 3)."""
    confidence, guess = logits.softmax(1).max(1)
    correct = (guess == labels).float()
    index = (confidence * bins).long().clamp(max=bins - 1)
    gaps = confidence.new_zeros(bins).index_add_(0, index, confidence - correct)  # count x (confidence - accuracy)
    return gaps.abs().sum().item() / len(labels)


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """int64 (classes, classes): row = label, column = answer."""
    classes = logits.shape[1]
    return torch.bincount(labels * classes + logits.argmax(1), minlength=classes**2).view(classes, classes)


def calibrate(net: DigitNet, validation: Split, hands: Split | None = None) -> None:
    """Set the temperature and the thresholds of what is familiar, from images that the network was not trained on.

    The temperature maximises the likelihood of the labels (Guo et al. 2017, section 4.2); `model.familiarity` explains
    the thresholds.

    Args:
        net: in eval mode; its buffers are changed.
        validation: MNIST's validation images.
        hands: drawn digits with a held-out seed, for a network that was trained on hands and outliers.
    """
    kinds = [logits_of(net, split.images).double() for split in (validation, hands) if split is not None]
    if hands is None:
        set_by_energy(net, kinds[0])
    else:
        set_by_evidence(net, *kinds)
    logits, labels = torch.cat(kinds), torch.cat([split.labels for split in (validation, hands) if split is not None])
    log_temperature = torch.zeros((), dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    net.temperature.fill_(log_temperature.exp().item())


def figures(net: DigitNet, data: Split) -> dict[str, Any]:
    """Accuracy (0..1) and count of images; likelihood, Brier score and calibration error after the temperature."""
    logits = logits_of(net, data.images)
    calibrated = logits / net.temperature
    return {
        "images": len(data.labels),
        "accuracy": count_correct(logits, data.labels) / len(data.labels),
        "nll": negative_log_likelihood(calibrated, data.labels),
        "brier": brier_score(calibrated, data.labels),
        "ece": expected_calibration_error(calibrated, data.labels),
    }


def test_figures(net: DigitNet, test: Split) -> dict[str, Any]:
    """`figures` on MNIST's test images, and `confusion`, counts by label and answer."""
    return figures(net, test) | {"confusion": confusion_matrix(logits_of(net, test.images), test.labels).tolist()}
