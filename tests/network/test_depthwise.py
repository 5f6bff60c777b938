"""The depthwise convolution with its own backward pass is the same operation as torch's."""

import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from model.depthwise import DepthwiseConv2d


@given(
    kernel=st.sampled_from([1, 3, 5, 7]),
    dilation=st.integers(1, 5),
    channels=st.integers(1, 4),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    seed=st.integers(0, 2**16),
)
def test_values_and_gradients_equal_those_of_conv2d(
    kernel: int, dilation: int, channels: int, size: tuple[int, int], seed: int
) -> None:
    torch.manual_seed(seed)
    layer = DepthwiseConv2d(channels, kernel, dilation).double().train()
    x = torch.randn(2, channels, *size, dtype=torch.double, requires_grad=True)
    y = layer(x)
    expected = F.conv2d(x, layer.weight, padding=dilation * (kernel // 2), dilation=dilation, groups=channels)
    assert (y.grad_fn.name() != expected.grad_fn.name()) == (dilation > 1), "the backward pass under test is not in use"
    assert y.dtype == torch.double
    torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)
    grad = torch.randn_like(y)
    gradients = torch.autograd.grad(y, (x, layer.weight), grad)
    expected_gradients = torch.autograd.grad(expected, (x, layer.weight), grad)
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-12, atol=1e-12)


def test_training_and_evaluation_compute_the_same() -> None:
    torch.manual_seed(0)
    layer = DepthwiseConv2d(3, 3, dilation=2)
    x = torch.randn(2, 3, 9, 9)
    torch.testing.assert_close(layer.train()(x), layer.eval()(x))


def test_under_autocast_the_weights_keep_a_gradient_of_their_own_width() -> None:
    torch.manual_seed(0)
    layer = DepthwiseConv2d(3, 3, dilation=2).train()
    x = torch.randn(4, 3, 9, 9)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x.bfloat16())
    y.float().square().sum().backward()
    narrow = layer.weight.grad.clone()
    layer.weight.grad = None
    layer(x).square().sum().backward()
    assert narrow.dtype == torch.float32
    torch.testing.assert_close(narrow, layer.weight.grad, rtol=0.05, atol=0.05 * layer.weight.grad.abs().max().item())
