"""From noise to digits: the way that flow matching learned, gone in a few steps.

Between two times the network's answer x is nearly constant, and for a constant one the way is exact: z goes a share of
what is left towards x. The steps are those of DPM-Solver++(2M) (Lu et al. 2022, algorithm 2), which also extrapolates
from the answer before, so that each step costs one pass of the network and errs in the second order only.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.checks import check_whole
from model.drawing.strokes import IMAGE_SIZE
from model.generation.flow import to_images, to_values, with_known
from model.generation.network import DigitGenerator

STEPS = 10
GUIDANCE = 1.5  # how far the answer for the wanted digit is followed beyond that for any (Ho & Salimans 2021); 1: not
GUIDED = (0.05, 0.5)  # times at which it is: before, it costs variety, after, it changes nothing (Kynkäänniemi 2024)
EARLY = 1.5  # the i-th of n times is (i / n) to this power: most is decided at the beginning
BATCH = 100  # so many maps fit into the cache
MOST_IMAGES = 50_000
MOST_COMPLETIONS = 1_000
MOST_SEED = 2**63 - 1


class Step(NamedTuple):
    """Images on their way.

    Attributes:
        time: from 0, noise alone, to 1.
        noisy: (N, 1, 28, 28), ink 1 on paper -1.
        answer: what the network takes them to be, of the same shape; at the last step the same as `noisy`.
    """

    time: float
    noisy: Tensor
    answer: Tensor


def times_of(steps: int) -> list[float]:
    """The times between which the steps lie, from 0 to 1: one more than there are steps."""
    return [(index / steps) ** EARLY for index in range(steps + 1)]


@torch.inference_mode()
def way(
    generator: DigitGenerator,
    noise: Tensor,
    digits: Tensor,
    values: Tensor | None = None,
    keep: Tensor | None = None,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> Iterator[Step]:
    """Every step from noise to images, the finished images last.

    Args:
        generator: in eval mode.
        noise: (N, 1, 28, 28), of the normal distribution.
        digits: as `DigitGenerator.forward` takes them.
        values: (N, 1, 28, 28), ink 1 on paper -1: images of which a part is known.
        keep: float of the same shape, 1 where they are known.
        steps: how many passes of the network.
        guidance: 1 or more; more than 1 makes digits plainer, less various, and costs two passes in every other step.
    """
    values = torch.zeros_like(noise) if values is None else values
    keep = torch.zeros_like(noise) if keep is None else keep
    times, z, before, distance_before = times_of(steps), noise, noise, math.inf
    for time, after in pairwise(times):
        answer = _answer(generator, with_known(z, values, keep), time, digits, guidance)
        answer = torch.where(keep > 0, values, answer)
        yield Step(time, z, answer)
        # In the logarithm of signal over noise, in which the answer is extrapolated in a straight line.
        distance = _log_ratio(after) - _log_ratio(time)
        inner = math.isfinite(distance) and math.isfinite(distance_before)
        ahead = answer + (distance / (2 * distance_before)) * (answer - before) if inner else answer
        z = torch.lerp(z, ahead, (after - time) / (1 - time))
        before, distance_before = answer, distance
    yield Step(1.0, z, z)


def _log_ratio(time: float) -> float:
    """log(t / (1 - t)), of signal over noise."""
    if 0 < time < 1:
        return math.log(time / (1 - time))
    return -math.inf if time <= 0 else math.inf


def _answer(generator: DigitGenerator, inputs: Tensor, time: float, digits: Tensor, guidance: float) -> Tensor:
    times = torch.full((len(inputs),), time)
    wanted = generator(inputs, times, digits)
    if guidance == 1 or not GUIDED[0] <= time <= GUIDED[1]:
        return wanted
    anything = generator(inputs, times, torch.full((len(inputs),), len(generator.classes)))
    return torch.lerp(anything, wanted, guidance)


def draw_noise(count: int, random: torch.Generator) -> Tensor:
    """(N, 1, 28, 28), one image after the other: the first are the same however many there are."""
    return torch.stack([torch.randn(1, IMAGE_SIZE, IMAGE_SIZE, generator=random) for _ in range(count)])


def generate(
    generator: DigitGenerator,
    labels: Sequence[str | None],
    seed: int = 0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> np.ndarray:
    """Digits as people write them.

    Args:
        generator: of `load_generator`.
        labels: names of classes, one for each image, at most 50,000; None leaves the class to the generator.
        seed: of the noise; the same seed gives the same images.
        steps: passes of the network for each image, 1 to 100.
        guidance: 1 to 10; more makes digits plainer and less various, and anything but 1 takes half as long again.

    Returns:
        uint8 (N, 28, 28), ink 255 on 0.

    Raises:
        ValueError: a label is no class of the generator, there are too many, or a number is out of its range.
    """
    if isinstance(labels, str) or not isinstance(labels, Sequence):
        raise ValueError("The labels have to be a list of names of classes, one for each image.")
    if len(labels) > MOST_IMAGES:
        raise ValueError(f"{len(labels):,} images were asked for; at most {MOST_IMAGES:,} are drawn at once.")
    digits = torch.tensor([_index(generator, label) for label in labels], dtype=torch.long)
    check_seed(seed)
    check_effort(steps, guidance)
    random = torch.Generator().manual_seed(seed)
    images = [np.empty((0, IMAGE_SIZE, IMAGE_SIZE), np.uint8)]
    for some in digits.split(BATCH) if len(digits) else ():
        images.append(
            _finished(way(generator, draw_noise(len(some), random), some, steps=steps, guidance=guidance)).numpy()
        )
    return np.concatenate(images)


def complete(
    generator: DigitGenerator,
    image: np.ndarray | Tensor,
    keep: np.ndarray | Tensor,
    label: str | None = None,
    count: int = 6,
    seed: int = 0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> np.ndarray:
    """What an image could become where it is not kept.

    Args:
        generator: of `load_generator`.
        image: uint8 (28, 28), ink 255 on 0.
        keep: bool (28, 28), what stays as drawn: of a drawing that is not finished the ink, of an image with a hole
            everything but the hole.
        label: the class that it should become; None leaves it to the generator.
        count: how many ways, 1 to 1,000.
        seed: of the noise; the same seed gives the same ways.
        steps: as in `generate`.
        guidance: as in `generate`.

    Returns:
        uint8 (count, 28, 28), ink 255 on 0; where `keep` is true, the image as it is.

    Raises:
        ValueError: the image or the mask is of another type or shape, all or nothing is kept, the label is no class of
            the generator, or a number is out of its range.
    """
    image, keep = _checked("image", image, torch.uint8), _checked("mask", keep, torch.bool)
    check_kept(keep)
    digit = _index(generator, label)
    check_whole("count", count, 1, MOST_COMPLETIONS)
    check_seed(seed)
    check_effort(steps, guidance)
    noise, images = draw_noise(count, torch.Generator().manual_seed(seed)), []
    values = to_values(image[None])  # (1, 1, 28, 28)
    for some in noise.split(BATCH):
        same = (values.expand_as(some), keep.float().expand_as(some))
        digits = torch.full((len(some),), digit)
        images.append(_finished(way(generator, some, digits, *same, steps=steps, guidance=guidance)))
    return torch.where(keep, image, torch.cat(images)).numpy()


def _finished(steps: Iterator[Step]) -> Tensor:
    *_, last = steps
    return to_images(last.answer)


def _checked(what: str, value: np.ndarray | Tensor, dtype: torch.dtype) -> Tensor:
    expected = f"expected {str(dtype).removeprefix('torch.')} of shape ({IMAGE_SIZE}, {IMAGE_SIZE})."
    try:
        tensor = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"The {what} is not an array of numbers; {expected}") from error
    if tensor.dtype != dtype or tensor.shape != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"The {what} is {tensor.dtype} of shape {tuple(tensor.shape)}; {expected}")
    return tensor


def _index(generator: DigitGenerator, label: object) -> int:
    """The class's number as `DigitGenerator.forward` takes it."""
    if label is None:
        return len(generator.classes)
    if label not in generator.config.classes:
        known = ", ".join(generator.classes)
        raise ValueError(f"The generator does not draw {label!r}; expected one of {known}, or None for any.")
    return generator.classes.index(label)


def check_kept(keep: np.ndarray | Tensor) -> None:
    """Raises ValueError where nothing of an image is kept, or all of it."""
    if not keep.any():
        raise ValueError("Nothing of the image is kept, so there is nothing to complete; keep a part of it.")
    if keep.all():
        raise ValueError("All of the image is kept, so nothing is left to draw; leave a part of it open.")


def check_seed(seed: object) -> None:
    """Raises ValueError where this is no seed."""
    check_whole("seed", seed, 0, MOST_SEED)


def check_effort(steps: object, guidance: object) -> None:
    """Raises ValueError where these are no steps, or no guidance."""
    check_whole("steps", steps, 1, 100)
    if isinstance(guidance, bool) or not isinstance(guidance, (int, float)) or not 1 <= guidance <= 10:
        raise ValueError(f"guidance is {guidance!r}; expected a number from 1 to 10.")
