"""A network with more classes than before: how its head's new rows are initialised."""

from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor

from model.data import Split
from model.metrics import BATCH
from model.network import DigitNet
from model.stages import folded_norms


@torch.no_grad()
def features_of(net: DigitNet, images: Tensor) -> Tensor:
    """What the head reads of each image: uint8 (N, 28, 28) -> float (N, C)."""
    batches = (batch[:, None].contiguous(memory_format=torch.channels_last) for batch in images.split(BATCH))
    with folded_norms():
        return torch.cat([net.features(batch) for batch in batches])


@torch.no_grad()
def extended(net: DigitNet, names: list[str], images: Tensor, labels: Tensor, rehearsed: Split) -> DigitNet:
    """A copy of the network with a row of the head for every name.

    A new row begins as the direction from the mean feature of old digits to that of the class's samples (weight
    imprinting: Qi et al., "Low-Shot Learning with Imprinted Weights", CVPR 2018), as long as the other rows are on the
    average, and with its threshold half way.

    Args:
        net: in eval mode.
        names: its classes, then new ones.
        images: uint8 (N, 28, 28), samples.
        labels: int64 (N,), their classes, as indices into `names`.
        rehearsed: old digits.
    """
    old = deepcopy(net).eval()
    if len(names) == len(net.classes):
        return old
    new = DigitNet(replace(net.config, classes=tuple(names))).eval()
    new.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = {name: value for name, value in old.state_dict().items() if not name.startswith("head.")}
    new.load_state_dict(weights, strict=False)
    known = len(net.classes)
    new.head.weight[:known], new.head.bias[:known] = old.head.weight, old.head.bias
    length = old.head.weight.norm(dim=1).mean()
    common = features_of(old, rehearsed.images).mean(0) if len(rehearsed.labels) else old.head.weight.new_zeros(())
    features = features_of(old, images)
    for index in range(known, len(names)):
        own = features[labels == index]
        mean = own.mean(0) if len(own) else common.expand(old.head.in_features)
        direction = mean - common
        new.head.weight[index] = length * direction / direction.norm().clamp(min=1e-6)
        new.head.bias[index] = -(new.head.weight[index] @ (mean + common)) / 2
    return new
