"""Networks that show what they read: all weights positive, no activation in the way, one image for each pixel.

Such a network answers to an image of one pixel with the sum, over all paths from that pixel to the cell, of the
products of the weights along them: positive where a path exists, and the number of paths where all weights are one.
"""

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from model.drawing.strokes import IMAGE_SIZE
from model.fields.receptive_field import Chain, Conv, GlobalPool, Parallel, receptive_field_of
from model.network import PIXEL_SCALE, DigitNet, NetworkConfig, StageConfig
from model.stages import MultiScaleStage

torch.set_num_threads(1)  # work this small takes longer to hand out than to do


class Sum(nn.Module):
    """Adds what its branches make of the same map."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return sum(branch(x) for branch in self.branches)


class GlobalSum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum((-2, -1), keepdim=True)


def network_of(chain: Chain, pooling: bool = False) -> nn.Sequential:
    """A chain in torch, one channel, all weights one; with `pooling`, undilated windows become pooling layers."""
    return nn.Sequential(*(_module_of(layer, pooling) for layer in chain)).double().requires_grad_(False)


def _module_of(layer: Conv | GlobalPool | Parallel, pooling: bool) -> nn.Module:
    if isinstance(layer, Parallel):
        return Sum([network_of(branch, pooling) for branch in layer.branches])
    if isinstance(layer, GlobalPool):
        return GlobalSum()
    small_padding = all(2 * p <= k for p, k in zip(layer.padding, layer.kernel, strict=True))
    if pooling and layer.dilation == (1, 1) and small_padding:
        return nn.AvgPool2d(layer.kernel, layer.stride, layer.padding, divisor_override=1)
    conv = nn.Conv2d(1, 1, layer.kernel, layer.stride, layer.padding, layer.dilation, bias=False)
    nn.init.ones_(conv.weight)
    return conv


def one_pixel_images(height: int, width: int) -> Tensor:
    """(H * W, 1, H, W): one image for each pixel."""
    return torch.eye(height * width, dtype=torch.float64).view(-1, 1, height, width)


def paths_of(network: nn.Module, size: tuple[int, int]) -> np.ndarray:
    """What each cell answers to each pixel: (H, W, H', W')."""
    answers = network(one_pixel_images(*size))[:, 0]
    return answers.view(*size, *answers.shape[-2:]).numpy()


def make_positive(net: DigitNet, seed: int | None) -> DigitNet:
    """Norms become the identity; weights one, shared among input channels, or with a seed positive at random."""
    net = net.double().eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(seed or 0)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()  # mean 0, variance 1, scale 1, shift 0
            module.eps = 0.0
        elif isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.fill_(1 / module.weight.shape[1])
            if seed is not None:
                module.weight.mul_(0.5 + torch.rand(module.weight.shape, generator=generator))
    for stage in net.stages:  # what several branches saw is added
        if isinstance(stage, MultiScaleStage) and stage.config.shares is None:
            stage.pointwise.weight.mul_(len(stage.branches))
    net.stem.weight.div_(PIXEL_SCALE)
    net.head.bias.zero_()
    return net


def responses(net: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """What every module puts out, by name: (N, C, H, W), heads (N, C, 1, 1). For a network that nobody else uses."""
    outputs = {}

    def keep(name: str) -> object:
        return lambda module, inputs, output: outputs.update({name: output.view(*output.shape[:2], *_map(output))})

    hooks = [module.register_forward_hook(keep(name)) for name, module in net.named_modules() if name]
    net(images)
    for hook in hooks:
        hook.remove()
    return outputs


def _map(output: Tensor) -> tuple[int, ...]:
    return tuple(output.shape[2:]) or (1, 1)


def pixels_of(answers: Tensor) -> np.ndarray:
    """Answers of one cell to all one-pixel images as a picture: (28, 28)."""
    return answers.view(IMAGE_SIZE, IMAGE_SIZE).numpy()


@st.composite
def windows(draw: st.DrawFn, size: tuple[int, int], kernels: int = 7, dilations: int = 8) -> Conv:
    """Any window that fits into a map of this size: non-square, even, strided, dilated."""
    kernel = draw(st.tuples(*[st.integers(1, kernels)] * 2))
    dilation = draw(st.tuples(*[st.integers(1, dilations)] * 2))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    least = [max(0, (r - n + 1) // 2) for r, n in zip(reach, size, strict=True)]
    padding = draw(st.tuples(*(st.integers(low, low + 3) for low in least)))
    return Conv(kernel, draw(st.tuples(*[st.integers(1, 2)] * 2)), padding, dilation)


@st.composite
def residuals(draw: st.DrawFn) -> Parallel:
    """A block of one or two odd windows beside a shortcut of the same stride."""
    stride = draw(st.tuples(*[st.integers(1, 2)] * 2))
    block = [_same(draw, stride)] + [_same(draw, (1, 1)) for _ in range(draw(st.integers(0, 1)))]
    shortcut = () if stride == (1, 1) else (Conv((1, 1), stride),)
    return Parallel((tuple(block), shortcut))


def _same(draw: st.DrawFn, stride: tuple[int, int]) -> Conv:
    kernel = draw(st.tuples(*[st.sampled_from((1, 3, 5))] * 2))
    dilation = draw(st.tuples(*[st.integers(1, 4)] * 2))
    padding = tuple(d * (k // 2) for k, d in zip(kernel, dilation, strict=True))
    return Conv(kernel, stride, padding, dilation)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Chain, tuple[int, int]]:
    """Up to four layers, and the size of the image they read."""
    size = draw(st.tuples(*[st.integers(6, 16)] * 2))
    chain: Chain = ()
    for _ in range(draw(st.integers(1, 4))):
        read = receptive_field_of(chain, size).map_size
        chain += (draw(st.one_of(windows(read), windows(read, dilations=1), residuals())),)
    if draw(st.booleans()):
        chain += (GlobalPool(),)
    return chain, size


@st.composite
def configurations(
    draw: st.DrawFn,
    channels: int = 2,
    dilations: int = 8,
    stages: int = 3,
    strides: tuple[int, ...] = (1, 1, 2),
    stem_strides: tuple[int, ...] = (2, 2, 1),
    classes: tuple[int, ...] = (10,),
    branches: int = 0,
) -> NetworkConfig:
    """DigitNets of all kinds with kernels 1 to 7, with and without residual.

    Args:
        draw: hypothesis' own.
        channels: at most, of the stem and of each stage.
        dilations: likewise.
        stages: likewise.
        strides: of the stages, one of these each.
        stem_strides: likewise.
        classes: how many there are, one of these.
        branches: at most, of a multi-scale stage; 0 for none.
    """
    kernels, width = st.sampled_from((1, 3, 5, 7)), st.integers(1, channels)
    separable = draw(st.booleans())
    dilation = st.integers(1, dilations)
    beside = st.lists(dilation, max_size=branches if separable else 0).map(tuple)
    stage = st.builds(
        StageConfig,
        width,
        kernel=kernels,
        dilation=dilation,
        stride=st.sampled_from(strides),
        branches=beside,
    )
    return NetworkConfig(
        draw(width),
        stem_kernel=draw(kernels),
        stem_stride=draw(st.sampled_from(stem_strides)),
        stages=tuple(draw(st.lists(stage, min_size=1, max_size=stages))),
        classes=tuple(map(str, range(draw(st.sampled_from(classes))))),
        separable=separable,
    )
