"""Flow matching: the straight way from noise to an image, and what the network has to learn of it.

At time t, from 0 to 1, there is z = t x + (1 - t) e, for an image x and noise e (Lipman et al., "Flow Matching for
Generative Modeling", ICLR 2023, equation 22 with the least deviation 0). The network says what x was; the velocity that
flow matching learns is then (x - z) / (1 - t), and the loss is that of the velocity (Li & He, "Back to Basics: Let
Denoising Generative Models Denoise", 2025, section 4): images lie on a surface of few dimensions, noise does not, so a
small network can say the one but not the other.
"""

import torch
from torch import Tensor

PAPER, INK = -1.0, 1.0
LEAST_LEFT = 0.05  # 1 - t in the loss is not taken smaller than this, so that no weight is endless
TIME_MEAN, TIME_DEVIATION = -0.8, 1.0  # of the logit of t: most is decided while there is still much noise


def to_values(images: Tensor) -> Tensor:
    """uint8 (N, 28, 28), ink 255 on 0 -> float (N, 1, 28, 28), ink 1 on paper -1."""
    return images[:, None].float() / (255 / (INK - PAPER)) + PAPER


def to_images(values: Tensor) -> Tensor:
    """The inverse of `to_values`, for values of any size: those outside are cut off."""
    return ((values[:, 0].clamp(PAPER, INK) - PAPER) * (255 / (INK - PAPER))).round().byte()


def draw_times(count: int, generator: torch.Generator) -> Tensor:
    """Times to learn at, (N,): the logistic normal of Esser et al. 2024, section 3.1."""
    device = generator.device
    return (TIME_MEAN + TIME_DEVIATION * torch.randn(count, generator=generator, device=device)).sigmoid()


def on_the_way(values: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """z at the times (N,): (N, 1, 28, 28)."""
    return torch.lerp(noise, values, times[:, None, None, None])


def with_known(noisy: Tensor, values: Tensor, keep: Tensor) -> Tensor:
    """What the network reads: noisy image, known image and mask, (N, 3, 28, 28).

    Args:
        noisy: (N, 1, 28, 28).
        values: (N, 1, 28, 28); only what is kept counts.
        keep: float (N, 1, 28, 28), 1 where the image is known.
    """
    return torch.cat([noisy, values * keep, keep], dim=1).contiguous(memory_format=torch.channels_last)


def velocity_loss(predicted: Tensor, values: Tensor, times: Tensor, keep: Tensor) -> Tensor:
    """Mean squared error of the velocity over all pixels that are not known anyway."""
    weight = (1 - times).clamp(min=LEAST_LEFT).square().reciprocal()[:, None, None, None]
    return ((predicted - values).square() * (1 - keep) * weight).mean()
