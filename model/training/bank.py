"""A bank of distorted images, with what the teachers say of them, made once and drawn from in every epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from model.data import Augmentation, augment
from model.network import DigitNet
from model.training.material import Material, order_of
from model.training.precision import narrow_arithmetic

VARIANTS = 16  # of each image
CHUNK = 4096  # images at a time


class Bank(NamedTuple):
    """Variants of all images: variant v of image i is at row v x `size` + i.

    Attributes:
        images: uint8 (V x size, 28, 28).
        labels: int64 (V x size,); `NO_DIGIT` for outliers.
        answers: the teachers' mean logits, each divided by its temperature, (V x size, classes), of digits;
            None without teachers.
        size: how many images there are.
        sizes: of each kind, as `Material.sizes`.
    """

    images: Tensor
    labels: Tensor
    answers: Tensor | None
    size: int
    sizes: tuple[int, int, int]


@torch.no_grad()
def build_bank(
    material: Material,
    how: Augmentation,
    device: torch.device,
    teachers: Sequence[DigitNet] = (),
    variants: int = VARIANTS,
    seed: int = 0,
) -> Bank:
    """Distort every image `variants` times and ask the teachers about each variant.

    Args:
        material: the images.
        how: how far they are distorted.
        device: where the bank lies.
        teachers: in eval mode.
        variants: of each image.
        seed: of the distortions.
    """
    joined = material.joined()
    images, labels = joined.images.to(device), joined.labels.to(device)
    digits = sum(material.sizes()[:2])  # outliers come last; no answer about them is learned
    teachers = [teacher.to(device, memory_format=torch.channels_last) for teacher in teachers]  # type: ignore[call-overload]
    generator = torch.Generator(device).manual_seed(seed)
    distorted, answers = [], []
    for _ in range(variants):
        for first in range(0, len(images), CHUNK):
            values = augment(images[first : first + CHUNK, None].float() / 255, how, generator)  # (N, 1, 28, 28)
            distorted.append((values[:, 0] * 255).round().byte())
            if teachers and first < digits:
                values = values.contiguous(memory_format=torch.channels_last)
                with narrow_arithmetic(device):
                    said = [teacher(values).float() / teacher.temperature for teacher in teachers]
                answers.append(torch.stack(said).mean(0).half())
                answers[-1][digits - first :] = 0
            elif teachers:
                answers.append(answers[-1].new_zeros(len(values), answers[-1].shape[1]))
    return Bank(
        torch.cat(distorted),
        labels.repeat(variants),
        torch.cat(answers) if answers else None,
        len(labels),
        material.sizes(),
    )


def rows_of(bank: Bank, parts: Sequence[int], steps: int, generator: torch.Generator) -> Tensor:
    """Rows of the bank for every step of an epoch, (steps, batch), each image in a variant of its own."""
    order = order_of(bank.sizes, parts, steps, generator)
    variants = len(bank.labels) // bank.size
    return torch.randint(variants, order.shape, generator=generator, device=generator.device) * bank.size + order
