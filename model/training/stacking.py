"""Several networks of one shape computed as one: their channels lie side by side, as groups of every convolution.

A GPU takes as long to start the many small steps of one tiny network as of several, so that three networks with other
seeds train in little more time than one. Groups never mix: each network gets exactly what it would get alone.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.network import DigitNet
from model.stages import Concatenation, SeparableStage

PARTS = 8  # of a batch, in a depthwise convolution


class StackedConcatenation(nn.Module):
    """`Concatenation` of several networks: (N, K C, H, W) each -> (N, K x sum of C, H, W)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, *maps: Tensor) -> Tensor:
        return torch.cat([each.unflatten(1, (self.count, -1)) for each in maps], 2).flatten(1, 2)


class StackedLinear(nn.Module):
    """The heads of several networks: (N, K C) -> (N, K, classes)."""

    def __init__(self, heads: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([head.weight.detach() for head in heads]))  # (K, classes, C)
        self.bias = nn.Parameter(torch.cat([head.bias.detach() for head in heads]))  # (K classes,)

    def forward(self, x: Tensor) -> Tensor:
        count, classes = self.weight.shape[:2]
        logits = torch.einsum("nkc,koc->nko", x.unflatten(1, (count, -1)), self.weight)
        return logits + self.bias.view(count, classes)


class StackedPointwise(nn.Module):
    """Pointwise convolutions of several networks as a batch of matrix products: (N, K C, H, W) -> (N, K C', H, W)."""

    def __init__(self, same: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.count = len(same)
        self.weight = nn.Parameter(torch.cat([each.weight.detach() for each in same]))  # (K C', C, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.view(self.count, -1, self.weight.shape[1])  # (K, C', C)
        maps = x.flatten(2).unflatten(1, (self.count, -1))  # (N, K, C, H W)
        return torch.matmul(weight, maps).flatten(1, 2).unflatten(2, x.shape[2:])


class StackedDepthwise(nn.Conv2d):
    """A convolution of every channel by itself; parts of the batch are taken for channels of their own.

    PyTorch's kernel for the gradient of the weights goes through the whole batch once for each weight: so few weights
    leave a GPU idle. With S parts there are S times as many, each of which goes through a part. Nothing is copied.
    """

    def forward(self, x: Tensor) -> Tensor:
        size, channels = x.shape[:2]
        parts = PARTS if size % PARTS == 0 else 1
        y = F.conv2d(
            x.reshape(size // parts, parts * channels, *x.shape[2:]),
            self.weight.repeat(parts, 1, 1, 1),
            None,
            self.stride,
            self.padding,
            self.dilation,
            parts * self.groups,
        )
        return y.view(size, -1, *y.shape[2:])


def stacked(nets: Sequence[DigitNet]) -> DigitNet:
    """One module that computes all of them: (N, K, 28, 28) -> logits (N, K, classes), or (N, classes) of one alone.

    Args:
        nets: K networks of one configuration; none of them is changed.
    """
    if len(nets) == 1:
        return deepcopy(nets[0])
    whole = deepcopy(nets[0])
    for path, of_one in list(nets[0].named_modules()):
        same = [net.get_submodule(path) for net in nets]
        if isinstance(of_one, nn.Conv2d):
            _replace(whole, path, _stacked_convolution(cast(list[nn.Conv2d], same)))
        elif isinstance(of_one, nn.BatchNorm2d):
            _replace(whole, path, _stacked_norm(cast(list[nn.BatchNorm2d], same)))
        elif isinstance(of_one, nn.Linear):
            _replace(whole, path, StackedLinear(cast(list[nn.Linear], same)))
        elif isinstance(of_one, Concatenation):
            _replace(whole, path, StackedConcatenation(len(nets)))
    for index, stage in enumerate(whole.config.stages):
        if stage.shares is not None:
            cast(SeparableStage, whole.stages[index]).share(whole.stages[stage.shares])
    return whole


def unstacked(whole: nn.Module, count: int) -> Iterator[dict[str, Tensor]]:
    """The weights and statistics of each of `count` networks, on the CPU, for `load_state_dict`."""
    state = {name: values.detach().float().cpu() for name, values in whole.state_dict().items()}
    for index in range(count):
        yield {name: _of_one(values, index, count, name) for name, values in state.items()}


def _of_one(values: Tensor, index: int, count: int, name: str) -> Tensor:
    if values.ndim == 0:  # temperature, thresholds, counters
        return values
    if values.ndim == 3:  # the stacked head
        return values[index].clone()
    return values.chunk(count)[index].clone()


def _replace(whole: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(whole.get_submodule(parent), name, module)


def _stacked_convolution(same: Sequence[nn.Conv2d]) -> nn.Module:
    one, count = same[0], len(same)
    if one.kernel_size == (1, 1) and one.groups == 1:
        return StackedPointwise(same)
    single = one.in_channels == one.groups  # every channel by itself, as in the stem of one grey image
    kind = StackedDepthwise if single else nn.Conv2d
    wide = kind(
        one.in_channels * count,
        one.out_channels * count,
        one.kernel_size,  # type: ignore[arg-type]
        one.stride,  # type: ignore[arg-type]
        one.padding,  # type: ignore[arg-type]
        one.dilation,  # type: ignore[arg-type]
        one.groups * count,
        bias=False,
    )
    wide.weight = nn.Parameter(torch.cat([each.weight.detach() for each in same]))
    return wide


def _stacked_norm(same: Sequence[nn.BatchNorm2d]) -> nn.BatchNorm2d:
    wide = nn.BatchNorm2d(same[0].num_features * len(same))
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(wide, name).copy_(torch.cat([getattr(each, name) for each in same]))
    return wide
