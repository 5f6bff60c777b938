"""Depthwise-separable dilated convolution, spelled out: the reference that the fast ones are compared with.

    x (N, C_in, H, W) -> depthwise: a window for each channel -> pointwise: a sum over channels -> y (N, C_out, H', W')

Nothing here calls torch's convolutions: each step is written as the sum that it is (Chollet 2017, "Xception", section
2; Yu and Koltun 2016, "Multi-Scale Context Aggregation by Dilated Convolutions", section 2).
"""

import torch
from torch import Tensor

from model.checks import check_whole, is_whole


def depthwise_separable_conv2d(
    x: Tensor,
    depthwise_weight: Tensor,
    pointwise_weight: Tensor,
    *,
    stride: int = 1,
    padding: int | str = "same",
    dilation: int = 1,
    bias: Tensor | None = None,
) -> Tensor:
    """A depthwise convolution, then a pointwise one, with nothing in between.

    Args:
        x: (N, C_in, H, W).
        depthwise_weight: (C_in, 1, K_h, K_w), one kernel for each channel.
        pointwise_weight: (C_out, C_in, 1, 1), one weight for each pair of channels.
        stride: distance of neighbouring outputs, in cells of x.
        padding: cells of zeros around x; "same" keeps H and W at stride 1, "valid" adds none.
        dilation: distance of neighbouring taps, in cells of x.
        bias: (C_out,), added at the end.

    Returns:
        (N, C_out, H', W') with H' = floor((H + 2 padding - dilation (K_h - 1) - 1) / stride) + 1, W' likewise.

    Raises:
        ValueError: the shapes do not match, a number is out of its range, or an even kernel is combined with "same".
    """
    y = depthwise_conv2d(x, depthwise_weight, stride=stride, padding=padding, dilation=dilation)  # (N, C_in, H', W')
    return pointwise_conv2d(y, pointwise_weight, bias=bias)  # (N, C_out, H', W')


def depthwise_conv2d(
    x: Tensor, weight: Tensor, *, stride: int = 1, padding: int | str = "same", dilation: int = 1
) -> Tensor:
    """Every channel by itself, at stride s and dilation d, with x already padded:

    y[n, c, i, j] = sum over the taps (u, v) of weight[c, 0, u, v] x[n, c, i s + u d, j s + v d].

    Arguments and errors are those of `depthwise_separable_conv2d`.

    Returns:
        (N, C, H', W').
    """
    _check_depthwise(x, weight, stride, dilation)
    (rows, columns), (batch, channels) = weight.shape[2:], x.shape[:2]
    x = _padded(x, _cells_around(rows, padding, dilation), _cells_around(columns, padding, dilation))
    high, wide = effective_kernel(rows, dilation), effective_kernel(columns, dilation)
    height = (x.shape[2] - high) // stride + 1
    width = (x.shape[3] - wide) // stride + 1
    if height < 1 or width < 1:
        raise ValueError(
            f"The kernel reaches over {high} x {wide} cells and "
            f"the padded input has {x.shape[2]} x {x.shape[3]}; expected a kernel that fits into it."
        )
    y = x.new_zeros(batch, channels, height, width)
    for u in range(rows):
        for v in range(columns):
            down, right = u * dilation, v * dilation  # where this tap lies in the window
            rows_read = slice(down, down + stride * (height - 1) + 1, stride)
            columns_read = slice(right, right + stride * (width - 1) + 1, stride)
            read = x[:, :, rows_read, columns_read]  # (N, C, H', W'): what this tap reads for every output cell
            y = y + weight[:, 0, u, v].view(1, channels, 1, 1) * read
    return y


def pointwise_conv2d(x: Tensor, weight: Tensor, *, bias: Tensor | None = None) -> Tensor:
    """Every place by itself: y[n, o, i, j] = sum over the channels c of weight[o, c, 0, 0] x[n, c, i, j], plus bias[o].

    Args:
        x: (N, C_in, H, W).
        weight: (C_out, C_in, 1, 1).
        bias: (C_out,), or None.

    Returns:
        (N, C_out, H, W).

    Raises:
        ValueError: the shapes do not match.
    """
    _check_pointwise(x, weight, bias)
    y = torch.einsum("oc,nchw->nohw", weight[:, :, 0, 0], x)
    return y if bias is None else y + bias.view(1, -1, 1, 1)


def effective_kernel(kernel: int, dilation: int) -> int:
    """Cells that a kernel spans along one axis: d (K - 1) + 1."""
    return dilation * (kernel - 1) + 1


def _padded(x: Tensor, vertical: int, horizontal: int) -> Tensor:
    batch, channels, height, width = x.shape
    around = x.new_zeros(batch, channels, height + 2 * vertical, width + 2 * horizontal)
    around[:, :, vertical : vertical + height, horizontal : horizontal + width] = x
    return around


def _cells_around(kernel: int, padding: int | str, dilation: int) -> int:
    """Zeros before the first cell of an axis, and after its last one."""
    if padding == "valid":
        return 0
    if padding == "same":
        if kernel % 2 == 0:
            raise ValueError(
                f'padding is "same" and the kernel is {kernel} wide; expected an odd kernel, which has a middle.'
            )
        return dilation * (kernel - 1) // 2
    if not is_whole(padding, 0):
        raise ValueError(f'padding is {padding!r}; expected "same", "valid" or a whole number of at least 0.')
    return padding


def _check_depthwise(x: Tensor, weight: Tensor, stride: int, dilation: int) -> None:
    if x.dim() != 4:
        raise ValueError(f"The input has shape {tuple(x.shape)}; expected (N, C_in, H, W).")
    if weight.dim() != 4 or weight.shape[:2] != (x.shape[1], 1) or 0 in weight.shape:
        raise ValueError(
            f"The depthwise weight has shape {tuple(weight.shape)}; expected ({x.shape[1]}, 1, K_h, K_w), "
            "one kernel for each channel of the input."
        )
    for name, value in (("stride", stride), ("dilation", dilation)):
        check_whole(name, value, 1)


def _check_pointwise(x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if x.dim() != 4:
        raise ValueError(f"The input has shape {tuple(x.shape)}; expected (N, C_in, H, W).")
    if weight.dim() != 4 or weight.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"The pointwise weight has shape {tuple(weight.shape)}; expected (C_out, {x.shape[1]}, 1, 1).")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(
            f"The bias has shape {tuple(bias.shape)}; expected ({len(weight)},), one for each output channel."
        )
