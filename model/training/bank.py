"""A bank of distorted images, with what the teachers say of them, made once and drawn from in every epoch."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm

from model.data import augment
from model.network import DigitNet
from model.training.material import Material, order_of
from model.training.precision import narrow_arithmetic
from model.training.recipe import Recipe

STRENGTHS = (0.1, 0.2, 0.4, 0.5, 0.8, 0.8)  # of the augmentation, one variant of every image each
CHUNK = 2048  # images at a time


class Bank(NamedTuple):
    """Variants of all images: variant v of image i is at row v x `size` + i.

    Attributes:
        images: uint8 (V x size, 28, 28).
        labels: int64 (V x size,); `NO_DIGIT` for outliers.
        answers: the teachers' mean logits, each divided by its temperature and put right, (V x size, classes), of
            digits; None without teachers.
        strengths: of the augmentation of each variant, (V,), ascending.
        sizes: of each kind, as `Material.sizes`.
        made: what a checkpoint says of it: its teachers, and where its letters come from.
    """

    images: Tensor
    labels: Tensor
    answers: Tensor | None
    strengths: tuple[float, ...]
    sizes: tuple[int, int, int]
    made: dict[str, str]

    @property
    def size(self) -> int:
        """How many images there are, each with all its variants."""
        return sum(self.sizes)

    def to(self, device: torch.device) -> "Bank":
        """The same on another device."""
        answers = None if self.answers is None else self.answers.to(device)
        return self._replace(images=self.images.to(device), labels=self.labels.to(device), answers=answers)


@torch.no_grad()
def build_bank(
    material: Material,
    device: torch.device,
    teachers: Sequence[DigitNet] = (),
    hand_teachers: Sequence[DigitNet] = (),
    strengths: Sequence[float] = STRENGTHS,
    seed: int = 0,
    made: dict[str, str] | None = None,
) -> Bank:
    """Distort every image once with each strength, and ask the teachers about each variant.

    Where an answer is wrong, its largest logit and the label's change places (Wen et al., "Preparing Lessons: Improve
    Knowledge Distillation with Better Supervision", 2019, probability shift).

    Args:
        material: the images.
        device: where the bank lies.
        teachers: in eval mode; without `hand_teachers` they answer about drawn digits too.
        hand_teachers: who answer about drawn digits in their place.
        strengths: of the augmentation, ascending.
        seed: of the distortions.
        made: as `Bank.made`.

    Raises:
        ValueError: only drawn digits have teachers.
    """
    if hand_teachers and not teachers:
        raise ValueError("There are teachers for drawn digits only; expected some for MNIST's as well.")
    joined, sizes = material.joined(), material.sizes()
    classes = len(teachers[0].classes) if teachers else 0
    asked = [_ready(nets, device) for nets in (teachers, hand_teachers or teachers)]
    asked.append([])  # no answer about outliers is learned
    generator = torch.Generator(device).manual_seed(seed)
    distorted, answers = [], []
    for strength in tqdm(strengths, "bank", leave=False):
        how = Recipe(strength=strength).augmentation()
        kinds = zip(joined.images.split(sizes), joined.labels.split(sizes), asked, strict=True)
        for images, labels, nets in kinds:
            for part, right in zip(images.split(CHUNK), labels.split(CHUNK), strict=True):
                values = augment(part[:, None].to(device).float() / 255, how, generator)  # (N, 1, 28, 28)
                distorted.append((values[:, 0] * 255).round().byte())
                none = torch.zeros(len(part), classes, dtype=torch.half, device=device)
                answers.append(put_right(_answers(nets, values), right.to(device)) if nets else none)
    return Bank(
        torch.cat(distorted),
        joined.labels.to(device).repeat(len(strengths)),
        torch.cat(answers) if teachers else None,
        tuple(strengths),
        sizes,
        made or {},
    )


def _ready(nets: Sequence[DigitNet], device: torch.device) -> list[DigitNet]:
    return [net.to(device, memory_format=torch.channels_last) for net in nets]  # type: ignore[call-overload]


def _answers(teachers: Sequence[DigitNet], images: Tensor) -> Tensor:
    """The mean of their logits, float16 (N, classes)."""
    images = images.contiguous(memory_format=torch.channels_last)
    with narrow_arithmetic(images.device):
        said = [teacher(images).float() / teacher.temperature for teacher in teachers]
    return torch.stack(said).mean(0).half()


def put_right(answers: Tensor, labels: Tensor) -> Tensor:
    """Logits (N, classes) of which the label's is the largest: where it was not, the two have changed places."""
    rows = torch.arange(len(labels), device=labels.device)
    said = answers.argmax(1)
    right = answers.clone()
    right[rows, said], right[rows, labels] = answers[rows, labels], answers[rows, said]
    return right


def save_bank(bank: Bank, path: Path) -> None:
    """Keep a bank, so that several trainings can draw from it."""
    tensors = {"images": bank.images.cpu(), "labels": bank.labels.cpu()}
    if bank.answers is not None:
        tensors["answers"] = bank.answers.cpu()
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors["strengths"] = torch.tensor(bank.strengths, dtype=torch.float64)
    tensors["sizes"] = torch.tensor(bank.sizes)
    save_file(tensors, path, bank.made)


def load_bank(path: Path) -> Bank:
    """A bank that `save_bank` kept."""
    with safe_open(path, "pt") as file:
        made = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is no mapping)
    mnist, hands, outliers = tensors["sizes"].tolist()
    return Bank(
        tensors["images"],
        tensors["labels"],
        tensors.get("answers"),
        tuple(tensors["strengths"].tolist()),
        (mnist, hands, outliers),
        made,
    )


def rows_of(bank: Bank, recipe: Recipe, steps: int, generator: torch.Generator) -> Tensor:
    """Rows of the bank for every step of an epoch, (steps, batch), each image in a variant of its own.

    Variants that are distorted further than the recipe says are left out, but for the mildest.
    """
    order = order_of(bank.sizes, recipe.parts(), steps, generator)
    variants = max(1, sum(strength <= recipe.strength for strength in bank.strengths))
    return torch.randint(variants, order.shape, generator=generator, device=generator.device) * bank.size + order
