"""How strongly each pixel of a drawing changes one cell: the effective receptive field.

Luo, Li, Urtasun, Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks" (NeurIPS
2016): a gradient of 1 at one cell, propagated back to the image. The theoretical field says what a cell can see, the
effective one what it does see, for these weights and this drawing.
"""

import numpy as np
import torch
from torch import Tensor

from model.drawing.strokes import IMAGE_SIZE
from model.fields.layer_fields import receptive_field
from model.fields.receptive_field import Cell, Region
from model.forward_pass import ForwardPass, forward_pass
from model.network import DigitNet

# Drawings whose gradients are computed together: enough to keep the processor busy, few enough to stay small.
CHUNK = 256


def effective_receptive_field(
    net: DigitNet, layer: str, cell: Cell, image: np.ndarray, channel: int | None = None
) -> np.ndarray:
    """|d cell / d pixel| for one drawing, pixels measured from 0 (paper) to 1 (ink).

    The gradient is that of the layer's own output, before the norm and the activation that follow it. It runs through
    the layers up to this one only, and leaves the network as it is.

    Args:
        net: a DigitNet in eval mode.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map.
        image: uint8 (28, 28), ink 255 on 0.
        channel: the cell's channel; None takes the sum over all, as Luo et al. do. For the head, the class.

    Returns:
        float32 (28, 28), at least 0; 0 outside the theoretical field.

    Raises:
        ValueError: there is no such layer or channel, the cell lies outside the map, the image has another shape or
            type, or the network is in training mode, where a norm would mix drawings.
    """
    return mean_effective_field(net, layer, cell, np.asarray(image)[None], channel)


def mean_effective_field(
    net: DigitNet, layer: str, cell: Cell, images: np.ndarray, channel: int | None = None
) -> np.ndarray:
    """The mean of `effective_receptive_field` over many drawings.

    Args:
        net: a DigitNet in eval mode.
        layer: a name of `net.named_modules()`.
        cell: (y, x) in that layer's map.
        images: uint8 (N, 28, 28), ink 255 on 0, N at least 1.
        channel: as for `effective_receptive_field`.

    Returns:
        float32 (28, 28), at least 0.

    Raises:
        ValueError: as `effective_receptive_field`.
    """
    cell = receptive_field(net, layer).checked(cell)
    if net.training:
        raise ValueError("The network is in training mode; expected eval mode; call net.eval() first.")
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE) or len(images) == 0:
        raise ValueError(
            f"The drawings are {images.dtype} {images.shape}; expected uint8 (N, {IMAGE_SIZE}, {IMAGE_SIZE})."
        )
    chunks = np.array_split(images, -(-len(images) // CHUNK))
    totals = [_gradients(forward_pass(net, chunk), layer, cell, channel).abs().sum(0) for chunk in chunks]  # (28, 28)
    return (torch.stack(totals).sum(0) / len(images)).float().cpu().numpy()


def carrying_box(field: np.ndarray, center: tuple[float, float], share: float = 0.95) -> Region:
    """The smallest square around a centre that contains a share of an effective field, clipped to the image.

    Its area divided by that of the theoretical field's region is the fraction of the field that does the work.

    Args:
        field: (H, W), at least 0.
        center: (y, x) in pixels, as `ReceptiveField.center_of` gives it; half-integers lie between two pixels.
        share: of the field's sum, above 0 and at most 1.

    Returns:
        The box; empty if the field is 0 everywhere, as for a dead unit.

    Raises:
        ValueError: the share lies outside its range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; expected a number above 0 and at most 1.")
    distances = [np.abs(np.arange(n) - middle) for n, middle in zip(field.shape, center, strict=True)]
    ring = np.maximum.outer(*distances)  # (H, W), distance from the centre
    order = np.argsort(ring, axis=None)
    carried = np.cumsum(field.ravel()[order], dtype=np.float64)
    if carried[-1] == 0:
        return Region((0, 0), (0, 0))
    radius = ring.ravel()[order[np.searchsorted(carried, share * carried[-1])]]
    inside = [np.flatnonzero(distance <= radius) for distance in distances]
    return Region(*((int(axis[0]), int(axis[-1]) + 1) for axis in inside))


def _gradients(through: ForwardPass, layer: str, cell: Cell, channel: int | None) -> Tensor:
    """Signed d cell / d pixel of each drawing: (N, 28, 28)."""
    output = through.output(layer)
    channels = output.shape[1]
    if channel is not None and not 0 <= channel < channels:
        raise ValueError(f"Layer {layer} has no channel {channel}; expected one from 0 to {channels - 1}.")
    with torch.inference_mode(False), torch.enable_grad():
        cells = output[:, :, *cell]  # (N, C)
        chosen = cells if channel is None else cells[:, channel]
        (gradients,) = torch.autograd.grad(chosen.sum(), through.pixels, retain_graph=True)
    return gradients.squeeze(1)
