"""The reference against torch's own convolution, against a naive loop, and against what it must refuse."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import conv2d

import model.cost.separable
from model import depthwise_separable_conv2d
from model.cost.separable import depthwise_conv2d, effective_kernel

Call = tuple[tuple[Tensor, Tensor, Tensor], dict[str, Any]]  # tensors and options


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Inputs, weights and options that fit together."""
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    reach = [effective_kernel(k, dilation) for k in kernel]
    choices = [st.integers(0, 3), st.just("valid"), *([st.just("same")] if all(k % 2 for k in kernel) else [])]
    size = [r + draw(st.integers(0, 5)) for r in reach]
    batch, channels, outputs = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    torch.manual_seed(draw(st.integers(0, 999)))
    tensors = (
        torch.randn(batch, channels, *size, dtype=torch.float64),
        torch.randn(channels, 1, *kernel, dtype=torch.float64),
        torch.randn(outputs, channels, 1, 1, dtype=torch.float64),
    )
    bias = torch.randn(outputs, dtype=torch.float64) if draw(st.booleans()) else None
    return tensors, {"stride": stride, "padding": draw(st.one_of(choices)), "dilation": dilation, "bias": bias}


def around(kernel: int, padding: int | str, dilation: int) -> int:
    return {"valid": 0, "same": dilation * (kernel // 2)}.get(padding, padding)


def by_torch(
    x: Tensor,
    depthwise: Tensor,
    pointwise: Tensor,
    *,
    stride: int,
    padding: int | str,
    dilation: int,
    bias: Tensor | None,
) -> Tensor:
    cells = [around(kernel, padding, dilation) for kernel in depthwise.shape[2:]]
    y = conv2d(x, depthwise, None, stride, cells, dilation, groups=len(depthwise))
    return conv2d(y, pointwise, bias)


def by_loops(
    x: Tensor,
    depthwise: Tensor,
    pointwise: Tensor,
    *,
    stride: int,
    padding: int | str,
    dilation: int,
    bias: Tensor | None,
) -> Tensor:
    """The two formulas, number by number."""
    (batch, channels, height, width), (rows, columns) = x.shape, depthwise.shape[2:]
    top, left = around(rows, padding, dilation), around(columns, padding, dilation)
    out_height = (height + 2 * top - dilation * (rows - 1) - 1) // stride + 1
    out_width = (width + 2 * left - dilation * (columns - 1) - 1) // stride + 1
    y = torch.zeros(batch, len(pointwise), out_height, out_width, dtype=x.dtype)
    for n in range(batch):
        for i in range(out_height):
            for j in range(out_width):
                filtered = [0.0] * channels
                for c in range(channels):
                    for u in range(rows):
                        for v in range(columns):
                            p, q = i * stride + u * dilation - top, j * stride + v * dilation - left
                            if 0 <= p < height and 0 <= q < width:
                                filtered[c] += float(depthwise[c, 0, u, v] * x[n, c, p, q])
                for o in range(len(pointwise)):
                    total = sum(float(pointwise[o, c, 0, 0]) * filtered[c] for c in range(channels))
                    y[n, o, i, j] = total + (float(bias[o]) if bias is not None else 0)
    return y


@given(calls())
def test_it_is_torchs_grouped_convolution_and_then_a_pointwise_one(call: Call) -> None:
    tensors, options = call
    torch.testing.assert_close(depthwise_separable_conv2d(*tensors, **options), by_torch(*tensors, **options))


@settings(max_examples=15)
@given(calls())
def test_it_is_what_the_formulas_say_number_by_number(call: Call) -> None:
    tensors, options = call
    torch.testing.assert_close(depthwise_separable_conv2d(*tensors, **options), by_loops(*tensors, **options))


@settings(max_examples=20)
@given(calls())
def test_gradients_are_those_of_torch(call: Call) -> None:
    """Somebody may train with it."""
    tensors, options = call

    def gradients(function: Callable[..., Tensor]) -> tuple[Tensor, ...]:
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        return torch.autograd.grad(function(*leaves, **options).square().sum(), leaves)

    torch.testing.assert_close(gradients(depthwise_separable_conv2d), gradients(by_torch))


def test_channels_do_not_mix_before_the_pointwise_step() -> None:
    """What makes it depthwise: ink in one channel leaves every other channel blank."""
    x = torch.zeros(1, 3, 7, 7)
    x[:, 1] = 1
    y = depthwise_conv2d(x, torch.ones(3, 1, 3, 3), dilation=2)
    assert y[:, 1].abs().min() > 0
    assert y[:, [0, 2]].abs().max() == 0


def test_it_is_a_sum_and_calls_no_convolution() -> None:
    called = re.findall(r"([\w.]*conv\w*)\(", inspect.getsource(model.cost.separable), re.IGNORECASE)
    assert set(called) == {"depthwise_separable_conv2d", "depthwise_conv2d", "pointwise_conv2d"}


X, DEPTHWISE, POINTWISE = torch.zeros(1, 2, 5, 5), torch.zeros(2, 1, 3, 3), torch.zeros(4, 2, 1, 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"depthwise_weight": torch.zeros(2, 1, 2, 2)},
            'padding is "same" and the kernel is 2 wide; expected an odd kernel',
        ),
        ({"dilation": 0}, "dilation is 0; expected a whole number of at least 1."),
        ({"dilation": True}, "dilation is True"),
        ({"stride": 0}, "stride is 0; expected a whole number of at least 1."),
        ({"stride": 1.5}, "stride is 1.5"),
        ({"padding": -1}, 'padding is -1; expected "same", "valid" or a whole number of at least 0.'),
        ({"padding": "half"}, "padding is 'half'"),
        ({"padding": "valid", "dilation": 3}, "reaches over 7 x 7 cells and the padded input has 5 x 5"),
        ({"x": torch.zeros(2, 5, 5)}, "The input has shape (2, 5, 5); expected (N, C_in, H, W)."),
        ({"depthwise_weight": torch.zeros(3, 1, 3, 3)}, "expected (2, 1, K_h, K_w)"),
        ({"depthwise_weight": torch.zeros(2, 1, 0, 3)}, "expected (2, 1, K_h, K_w)"),
        ({"depthwise_weight": torch.zeros(4, 2, 3, 3)}, "one kernel for each channel of the input"),
        ({"pointwise_weight": torch.zeros(4, 3, 1, 1)}, "expected (C_out, 2, 1, 1)"),
        ({"bias": torch.zeros(2)}, "The bias has shape (2,); expected (4,)"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_one_sentence(changed: dict[str, object], sentence: str) -> None:
    call = {"x": X, "depthwise_weight": DEPTHWISE, "pointwise_weight": POINTWISE} | changed
    positional = [call.pop(name) for name in ("x", "depthwise_weight", "pointwise_weight")]
    with pytest.raises(ValueError, match=re.escape(sentence)) as error:
        depthwise_separable_conv2d(*positional, **call)
    assert "\n" not in str(error.value)
