"""Depthwise convolution whose backward pass stays fast when it is dilated.

On a CPU, PyTorch's own backward pass of a dilated depthwise convolution takes several times as long as its forward pass
or as the backward pass of an undilated one. Both gradients are correlations: the input's is the fast forward kernel
with its taps reversed, and the weights' is the undilated gradient of the d x d phases, which the taps never mix.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight


class _DilatedDepthwise(torch.autograd.Function):
    """conv2d with groups = channels, stride 1 and "same" padding, whose gradients are correlations and sums."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        ctx.dilation, ctx.parameter_type = dilation, weight.dtype
        weight = weight.to(x.dtype)  # under autocast x may be narrower than the parameter
        ctx.save_for_backward(x, weight)
        return _same_depthwise(x, weight, dilation, bias if bias is None else bias.to(x.dtype))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        grad_x = _same_depthwise(grad, weight.flip(-2, -1), ctx.dilation)
        grad_weight = _weight_gradient(x, grad, weight.shape[-1], ctx.dilation)
        grad_bias = grad.sum((0, 2, 3)).to(ctx.parameter_type) if ctx.needs_input_grad[2] else None
        return grad_x, grad_weight.to(ctx.parameter_type), grad_bias, None


def _same_depthwise(x: Tensor, weight: Tensor, dilation: int, bias: Tensor | None = None) -> Tensor:
    padding = dilation * (weight.shape[-1] // 2)
    return F.conv2d(x, weight, bias, padding=padding, dilation=dilation, groups=len(weight))


def _weight_gradient(x: Tensor, grad: Tensor, kernel: int, dilation: int) -> Tensor:
    channels = x.shape[1]
    return conv2d_weight(  # (C, 1, k, k)
        _phases(x, dilation),
        (channels, 1, kernel, kernel),
        _phases(grad, dilation),
        padding=kernel // 2,
        groups=channels,
    )


def _phases(x: Tensor, dilation: int) -> Tensor:
    """Every d-th row and column, as an image of its own: (N, C, H, W) -> (d d N, C, H / d, W / d), rounded up."""
    height, width = x.shape[-2:]
    x = F.pad(x, (0, -width % dilation, 0, -height % dilation)).permute(0, 2, 3, 1)  # channels last, as in memory
    x = x.unflatten(2, (-1, dilation)).unflatten(1, (-1, dilation))  # (N, H / d, d, W / d, d, C)
    return x.permute(2, 4, 0, 1, 3, 5).flatten(0, 2).permute(0, 3, 1, 2)


class DepthwiseConv2d(nn.Conv2d):
    """One odd k x k filter for each channel, "same" padding, no bias (a norm follows).

    Args:
        channels: input and output channels C.
        kernel: k, odd, so that "same" padding keeps every receptive field centred.
        dilation: distance of neighbouring taps, in cells.
        stride: distance of neighbouring outputs, in cells.
    """

    def __init__(self, channels: int, kernel: int, dilation: int = 1, stride: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H / stride, W / stride), rounded up."""
        return self.filtered(x, self.weight, None)

    def filtered(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """As `forward`, with other filters (C, 1, k, k), and a bias (C,)."""
        dilated = self.dilation[0] > 1 and self.stride[0] == 1
        if self.training and dilated and x.device.type == "cpu":
            return _DilatedDepthwise.apply(x, weight, bias, self.dilation[0])
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)
