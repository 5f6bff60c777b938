"""One pass of images through a network, layer by layer, which answers all questions about them.

Probabilities, maps and gradients of one drawing come from the same outputs: within `sharing` they are computed once.
Where no gradients are wanted, filters that have taken in the norms make probabilities and maps sooner. The layers are
run as `model.layers` describes them; hooks would fire for everybody who uses the network.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.drawing.strokes import IMAGE_SIZE
from model.layers import IMAGE, Layer, layers_of
from model.network import PIXEL_SCALE, DigitNet
from model.stages import filtered, folded

Filters = Mapping[str, tuple[Tensor, Tensor]]  # of convolutions with the norm after them folded in, by layer


class ForwardPass:
    """Images on their way through a network, which runs only as far as needed, and no layer twice.

    Args:
        net: in eval mode.
        images: uint8 (N, 28, 28), ink 255 on 0.
        filters: of `net`, which make maps sooner, in a pass that records no gradients; outputs then take another.

    Attributes:
        pixels: (N, 1, 28, 28) from 0 (paper) to 1 (ink); gradients of every output reach back to them.

    Raises:
        ValueError: the images are of another type or shape.
    """

    def __init__(self, net: DigitNet, images: np.ndarray | Tensor, filters: Filters | None = None) -> None:
        images = check_images(images)
        self.net, self.images = net, images
        self._filters = filters
        with torch.inference_mode(False):  # records gradients, whatever the caller has switched off
            self.pixels = (images.to(net.stem.weight) / 255).unsqueeze(1).requires_grad_()
        self._outputs: OrderedDict[str, Tensor] = OrderedDict()
        self._maps: OrderedDict[str, Tensor] = OrderedDict()
        self._ahead = self._run(self._maps if filters is None else {})

    def output(self, layer: str) -> Tensor:
        """The output of a layer of `net.named_modules()`: (N, C, H, W); vectors have H = W = 1."""
        with torch.inference_mode(False), torch.enable_grad():
            while layer not in self._outputs:
                name, output = next(self._ahead)
                self._outputs[name] = output
        return self._outputs[layer]

    def outputs(self) -> "OrderedDict[str, Tensor]":
        """The outputs of all layers, in the order in which they run."""
        with torch.inference_mode(False), torch.enable_grad():
            self._outputs.update(self._ahead)
        return self._outputs

    def maps(self) -> "OrderedDict[str, Tensor]":
        """The normalised image, then the map of every layer of `layers_of`, in order: (N, C, H, W)."""
        if self._filters is None:
            self.outputs()
        elif not self._maps:
            with torch.inference_mode():
                deque(self._run(self._maps, self._filters), maxlen=0)
        return self._maps

    def _run(self, maps: dict[str, Tensor], filters: Filters | None = None) -> Iterator[tuple[str, Tensor]]:
        """Every module's name and output, one after the other; the map of every layer is added."""
        maps[IMAGE] = self.pixels * PIXEL_SCALE
        yield from run_layers(self.net, layers_of(self.net.config), maps, filters)


def run_layers(
    net: nn.Module, layers: Iterable[Layer], maps: dict[str, Tensor], filters: Filters | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Run layers one after the other; yields every module's name and output, (N, C, H, W), as they come.

    Args:
        net: whose modules have the layers' names.
        layers: in an order in which each comes after what it reads.
        maps: the image under `IMAGE`; the map of every layer is added.
        filters: convolutions that they are given for have no output of their own, but only that of the norm after them.
    """
    filters = filters or {}
    for layer in layers:
        if layer.name in filters:
            y = filtered(_module(net, layer.name, nn.Conv2d), maps[layer.reads[0]], *filters[layer.name])
        else:
            y = _compute(net, layer, maps)
            yield layer.name, y
            if layer.norm_name:
                y = net.get_submodule(layer.norm_name)(y)
        if layer.norm_name:
            yield layer.norm_name, y
        if layer.residual:
            y = y + maps[layer.residual]
        maps[layer.name] = y = F.relu(y) if layer.rectified else y
        if layer.output != layer.name:
            yield layer.output, y


Kind = TypeVar("Kind", bound=nn.Module)


def _module(net: nn.Module, name: str, kind: type[Kind]) -> Kind:
    module = net.get_submodule(name)
    assert isinstance(module, kind)
    return module


def _compute(net: nn.Module, layer: Layer, maps: dict[str, Tensor]) -> Tensor:
    """What a layer makes of the maps that it reads, before its norm."""
    x, *others = (maps[name] for name in layer.reads)
    if layer.kind == "sum":
        return sum(others, start=x)
    if layer.kind == "concatenation":
        return torch.cat([x, *others], dim=1)
    module = net.get_submodule(layer.name)
    return module(x.flatten(1))[:, :, None, None] if layer.kind == "linear" else module(x)


_shared: ContextVar[ForwardPass | None] = ContextVar("shared", default=None)
_filters: WeakKeyDictionary[DigitNet, Filters] = WeakKeyDictionary()


@contextmanager
def sharing(net: DigitNet, image: np.ndarray, filters: Filters | None = None) -> Iterator[None]:
    """Within this context, all that this thread asks the network about this image comes from one pass.

    Args:
        net: in eval mode; it must not change meanwhile.
        image: uint8 (28, 28), ink 255 on 0.
        filters: as for `ForwardPass`.
    """
    token = _shared.set(ForwardPass(net, image[None], filters))
    try:
        yield
    finally:
        _shared.reset(token)


@torch.no_grad()
def filters_of(net: DigitNet) -> Filters:
    """The filters of a network in eval mode that never changes: they are kept for as long as it is."""
    if net not in _filters:
        pairs = [(layer.name, layer.norm_name) for layer in layers_of(net.config) if layer.norm_name]
        _filters[net] = {
            name: folded(_module(net, name, nn.Conv2d), _module(net, norm, nn.BatchNorm2d)) for name, norm in pairs
        }
    return _filters[net]


def shared_pass(net: DigitNet, images: np.ndarray | Tensor) -> ForwardPass | None:
    """The shared pass, if it is of this network and these images."""
    shared = _shared.get()
    if shared is None or shared.net is not net or not torch.equal(shared.images, torch.as_tensor(images)):
        return None
    return shared


def forward_pass(net: DigitNet, images: np.ndarray | Tensor) -> ForwardPass:
    """The shared pass, or else a new one.

    Raises:
        ValueError: the images are of another type or shape.
    """
    return shared_pass(net, images) or ForwardPass(net, images)


def check_images(images: np.ndarray | Tensor) -> Tensor:
    """Images as a tensor, checked.

    Raises:
        ValueError: they are not uint8 (N, 28, 28).
    """
    images = torch.as_tensor(images)
    if images.dtype != torch.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"The images are {images.dtype} of shape {tuple(images.shape)}; "
            f"expected uint8 of shape (N, {IMAGE_SIZE}, {IMAGE_SIZE})."
        )
    return images
