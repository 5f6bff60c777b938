"""Whether an image is like those that a network learned from: a number of its logits against a threshold.

Two numbers, each with a threshold that the network carries as a buffer; an image is familiar that reaches both.

- The energy, logsumexp of the logits, against `familiar_energy`: for networks that were trained on digits alone (Liu et
  al., "Energy-based Out-of-distribution Detection", NeurIPS 2020, section 3.2, at temperature 1).
- The evidence, logsumexp of the logits less their mean, against `familiar_evidence`: for networks that were also shown
  what is no digit, with every class alike as its target (Hendrycks et al., ICLR 2019). It is the very loss that those
  drawings were learned with, the cross-entropy of the uniform distribution and the network's answer, and so at its
  least, log(classes), where the network leans to no class. A drawing between two digits is far from that.

A threshold that was never set lets everything pass.
"""

import torch
from torch import Tensor

from model.network import DigitNet

UNSET = -1e4  # less than any network's energy or evidence
# Share of the digits that the thresholds are set by that may count as unlike a digit: a quarter of the 2 % that are
# bearable, for people whom nobody asked stray further than drawings that were held out.
UNFAMILIAR = 0.005


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
    """Set the threshold of a network that saw digits alone, by its logits (N, classes) for digits it did not learn."""
    net.familiar_energy.fill_(energy(logits).quantile(UNFAMILIAR).item())
    net.familiar_evidence.fill_(UNSET)


def set_by_evidence(net: DigitNet, *logits: Tensor) -> None:
    """Set the threshold of a network that saw outliers, too, so that UNFAMILIAR of no kind of digits is called unlike.

    Args:
        net: the network; its thresholds are changed.
        logits: of digits that it did not learn, (N, classes) for each kind: MNIST's, hands'.
    """
    net.familiar_energy.fill_(UNSET)
    net.familiar_evidence.fill_(min(evidence(kind).quantile(UNFAMILIAR).item() for kind in logits))


def accept(net: DigitNet, logits: Tensor) -> None:
    """Lower the thresholds so that these images, which the network has just been taught, are familiar."""
    for threshold, reached in ((net.familiar_energy, energy(logits)), (net.familiar_evidence, evidence(logits))):
        threshold.fill_(torch.minimum(threshold, reached.min()).item())
