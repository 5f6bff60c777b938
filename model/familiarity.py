"""Whether an image is like those that a network learned from: two functions of its logits, each against a threshold.

The network carries the thresholds as buffers; an image that reaches both is familiar.

- The energy, logsumexp of the logits, against `familiar_energy`: for networks that were trained on digits alone (Liu et
  al., "Energy-based Out-of-distribution Detection", NeurIPS 2020, section 3.2, at temperature 1).
- The evidence, logsumexp of the logits less their mean, against `familiar_evidence`: for networks that were also
  trained on outliers, with the uniform distribution as their target (Hendrycks et al., ICLR 2019). It is the loss of
  that training, the cross-entropy of the uniform distribution and the network's answer. It is smallest, log(classes),
  where the network prefers no class; for a drawing between two digits it is far larger.

A threshold that was never set lets everything pass.
"""

import torch
from torch import Tensor

from model.network import DigitNet

UNSET = -1e4  # below any network's energy or evidence
# The thresholds call this share of the digits they are set by unlike a digit. It is less than half of the 2 % that
# would be tolerable, because drawings by new people differ more than held-out drawings do.
UNFAMILIAR = 0.0075
ROUNDING = 1e-3  # by which the logits of one image may differ, in another batch or in the browser


def energy(logits: Tensor) -> Tensor:
    """(N, classes) -> (N,)."""
    return logits.logsumexp(1)


def evidence(logits: Tensor) -> Tensor:
    """(N, classes) -> (N,), log(classes) or more."""
    return logits.logsumexp(1) - logits.mean(1)


def is_familiar(net: DigitNet, logits: Tensor) -> Tensor:
    """bool (N,) for logits (N, classes), not divided by the temperature."""
    return (energy(logits) >= net.familiar_energy) & (evidence(logits) >= net.familiar_evidence)


def set_by_energy(net: DigitNet, logits: Tensor) -> None:
    """Set the threshold of a network that saw only digits, from its logits (N, classes) for digits not trained on."""
    net.familiar_energy.fill_(energy(logits).quantile(UNFAMILIAR).item())
    net.familiar_evidence.fill_(UNSET)


def set_by_evidence(net: DigitNet, *logits: Tensor) -> None:
    """Set the threshold of a network that also saw outliers: it calls at most UNFAMILIAR of each kind of digits unlike.

    Args:
        net: the network; its thresholds are changed.
        logits: for digits that it was not trained on, (N, classes) for each kind, such as MNIST's and hands'.
    """
    net.familiar_energy.fill_(UNSET)
    net.familiar_evidence.fill_(min(evidence(kind).quantile(UNFAMILIAR).item() for kind in logits))


def accept(net: DigitNet, logits: Tensor) -> None:
    """Lower the thresholds so that images that the network has just been taught are familiar."""
    for threshold, reached in ((net.familiar_energy, energy(logits)), (net.familiar_evidence, evidence(logits))):
        threshold.fill_(torch.minimum(threshold, reached.min() - ROUNDING).item())
