"""MNIST through torchvision, its fixed split, and augmentation of whole batches on tensors.

The 60,000 training images are split once, by a fixed seed, into 55,000 to train on and 5,000 to choose by. The 10,000
test images are for final figures only.
"""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

DEFAULT_DATA = Path("data")
SPLIT_SEED = 2026
VALIDATION_SIZE = 5_000


class DataError(ValueError):
    """MNIST is missing and cannot be downloaded. The message is one sentence for people."""


class Split(NamedTuple):
    """Images uint8 (N, 28, 28), ink 255 on 0, and labels int64 (N,)."""

    images: Tensor
    labels: Tensor


def import_mnist() -> type:
    """torchvision's MNIST class, imported when it is needed.

    The registry's torchvision beside a CPU-only torch cannot load its compiled part, which needs CUDA's libraries,
    and then fails for lack of two operator schemas. We use none of its operators, so declaring the two is enough.
    """
    try:
        from torchvision.datasets import MNIST
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        from torchvision.datasets import MNIST
    return MNIST


def load_mnist(root: str | Path = DEFAULT_DATA, *, train: bool, download: bool = True) -> Split:
    """All training or all test images, downloaded into `root` if they are missing.

    Raises:
        DataError: MNIST is not under `root` and could not be downloaded, or what is there is damaged.
    """
    mnist = import_mnist()
    try:
        dataset = mnist(root, train=train, download=False)
    except Exception as error:  # torchvision asserts, unpacks and reshapes whatever the files hold
        if "not found" not in str(error):
            raise DataError(
                f"MNIST's files under {root} are damaged; delete {root}/MNIST to download them again."
            ) from error
        if not download:
            raise DataError(f"MNIST is not under {root}; give a directory that holds MNIST/raw with --data.") from None
        try:
            dataset = mnist(root, train=train, download=True)
        except (RuntimeError, OSError) as error:
            raise DataError(
                f"MNIST is not under {root} and could not be downloaded; "
                "give a directory that holds MNIST/raw with --data, or connect to the internet once."
            ) from error
    return Split(dataset.data, dataset.targets)


def load_training(root: str | Path = DEFAULT_DATA, *, download: bool = True) -> tuple[Split, Split]:
    """(55,000 to train on, 5,000 to choose by), the same on every machine."""
    full = load_mnist(root, train=True, download=download)
    order = torch.randperm(len(full.labels), generator=torch.Generator().manual_seed(SPLIT_SEED))
    train, validation = order[VALIDATION_SIZE:].sort().values, order[:VALIDATION_SIZE].sort().values
    return Split(full.images[train], full.labels[train]), Split(full.images[validation], full.labels[validation])


class Augmentation(NamedTuple):
    """How far a batch is distorted: the largest amounts. Every image draws its own from -amount..amount.

    Attributes:
        rotation: degrees.
        shear: horizontal slant, as a ratio.
        scale: relative change of size, as a logarithm, independently in x and y.
        shift: pixels.
        elastic: pixels, the standard deviation of a smooth random displacement.
        thickness: 0..1, how much of a 3 x 3 dilation or erosion is mixed in.
    """

    rotation: float = 15
    shear: float = 0.25
    scale: float = 0.18
    shift: float = 2.0
    elastic: float = 0.7
    thickness: float = 0.6


ELASTIC_GRID = 5  # control points per side; fewer bend the whole digit, more crumple it


def augment(images: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Distort every image of a batch in its own way, in a single resampling.

    Args:
        images: float (N, 1, 28, 28) from 0 to 1.
        how: the strength.
        generator: on the images' device.

    Returns:
        float (N, 1, 28, 28) from 0 to 1.
    """

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, device=images.device, generator=generator) * 2 - 1

    n, _, height, width = images.shape
    angle = uniform(n) * math.radians(how.rotation)
    cos, sin = angle.cos(), angle.sin()
    scale_x, scale_y = (uniform(n) * how.scale).exp(), (uniform(n) * how.scale).exp()
    slant = uniform(n) * how.shear
    shift = uniform(n, 2) * (2 * how.shift / width)
    # Rows map output places to input places: rotation after slant after scale.
    theta = torch.stack(
        [
            torch.stack([cos * scale_x, (cos * slant - sin) * scale_y, shift[:, 0]], dim=1),
            torch.stack([sin * scale_x, (sin * slant + cos) * scale_y, shift[:, 1]], dim=1),
        ],
        dim=1,
    )  # (N, 2, 3)
    places = F.affine_grid(theta, [n, 1, height, width], align_corners=False)  # (N, H, W, 2)
    if how.elastic:
        noise = torch.randn(n, 2, ELASTIC_GRID, ELASTIC_GRID, device=images.device, generator=generator)
        rows, columns = _smooth(height).to(images.device), _smooth(width).to(images.device)
        bend = rows @ noise @ columns.T  # (N, 2, H, W)
        places = places + bend.permute(0, 2, 3, 1) * (2 * how.elastic / width)
    images = F.grid_sample(images, places, mode="bilinear", padding_mode="zeros", align_corners=False)
    return thicken(images, uniform(n, 1, 1, 1) * how.thickness) if how.thickness else images


@cache
def _smooth(size: int) -> Tensor:
    """Bicubic interpolation from ELASTIC_GRID control points to `size` pixels, as a matrix (size, ELASTIC_GRID)."""
    points = torch.eye(ELASTIC_GRID)[None, None]  # (1, 1, G, G)
    return F.interpolate(points, (size, ELASTIC_GRID), mode="bicubic", align_corners=True)[0, 0]


def thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Make strokes thicker (amount > 0) or thinner (amount < 0) by mixing in a 3 x 3 dilation or erosion.

    Args:
        images: float (N, 1, H, W) from 0 to 1.
        amount: (N, 1, 1, 1) from -1 to 1.
    """
    thicker = _widest(images)
    thinner = 1 - _widest(1 - images)
    return torch.where(amount > 0, torch.lerp(images, thicker, amount), torch.lerp(images, thinner, -amount))


def _widest(images: Tensor) -> Tensor:
    """Largest value of each 3 x 3 neighbourhood, rows then columns: several times as quick as max pooling here."""
    for axis in (-2, -1):
        size = images.shape[axis]
        wide = images.clone()
        wide.narrow(axis, 1, size - 1).copy_(
            torch.maximum(wide.narrow(axis, 1, size - 1), images.narrow(axis, 0, size - 1))
        )
        wide.narrow(axis, 0, size - 1).copy_(
            torch.maximum(wide.narrow(axis, 0, size - 1), images.narrow(axis, 1, size - 1))
        )
        images = wide
    return images
