"""The way from noise to digits, to be looked at: the images of every step, and what the stages make of them."""

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from model.checks import check_whole
from model.drawing.strokes import IMAGE_SIZE
from model.generation.flow import to_images, to_values, with_known
from model.generation.network import PATCH, DigitGenerator
from model.generation.sampling import GUIDANCE, STEPS, check_effort, check_kept, check_seed, draw_noise, way


class Wish(NamedTuple):
    """What is to be drawn.

    Attributes:
        shares: float (N, classes + 1), for each image how much of each class it should be; the last stands for any.
        image: uint8 (28, 28), ink 255 on 0, of which a part is known; None where nothing is.
        keep: bool (28, 28), what of the image is known and stays; None where nothing is.
        seed: of the noise, whole number from 0.
        steps: passes of the network, 1 to 100.
        guidance: 1 to 10, as in `model.generation.sampling.generate`.
    """

    shares: np.ndarray
    image: np.ndarray | None = None
    keep: np.ndarray | None = None
    seed: int = 0
    steps: int = STEPS
    guidance: float = GUIDANCE


class Trail(NamedTuple):
    """What there was on the way.

    Attributes:
        times: from 0, noise alone, to 1: one more than there are steps.
        noisy: uint8 (steps + 1, N, 28, 28), the images on their way; values beyond ink and paper are cut off.
        answers: uint8 of the same shape, what the network took each of them to be.
        images: uint8 (N, 28, 28), the finished images; what is kept is as it was.
    """

    times: list[float]
    noisy: np.ndarray
    answers: np.ndarray
    images: np.ndarray


class StageShape(NamedTuple):
    """A stage, as whoever shows its maps needs to know it.

    Attributes:
        name: of `generator.named_modules()`.
        dilation: distance of its taps, in cells.
        kernel: side of its kernels, in taps.
        channels: of its maps.
        side: of its maps, in cells.
    """

    name: str
    dilation: int
    kernel: int
    channels: int
    side: int


def shapes_of(generator: DigitGenerator) -> list[StageShape]:
    """The stages, first to last."""
    config, outer = generator.config, IMAGE_SIZE // PATCH
    dilations = config.descending + config.middle + config.ascending
    middle = range(len(config.descending), len(config.descending) + len(config.middle))
    shapes = []
    for index, dilation in enumerate(dilations):
        channels = config.middle_channels if index in middle else config.channels
        side = outer // PATCH if index in middle else outer
        shapes.append(StageShape(f"stages.{index}", dilation, config.kernel, channels, side))
    return shapes


def trail(generator: DigitGenerator, wish: Wish, heed: Callable[[], object] = lambda: None) -> Trail:
    """Draw what is wished for, and keep every step.

    Args:
        generator: in eval mode.
        wish: what is to be drawn.
        heed: called at every step; what it raises ends the drawing.

    Raises:
        ValueError: as `check_wish`.
    """
    check_wish(generator, wish)
    times, noisy, answers = [], [], []
    for step in way(generator, draw_noise(len(wish.shares), _random(wish)), *_inputs(wish)):
        heed()
        times.append(step.time)
        noisy.append(to_images(step.noisy))
        answers.append(to_images(step.answer))
    images = answers[-1].numpy()
    if wish.image is not None and wish.keep is not None:
        images = np.where(wish.keep, wish.image, images)
    return Trail(times, torch.stack(noisy).numpy(), torch.stack(answers).numpy(), images)


def stage_maps(generator: DigitGenerator, wish: Wish, step: int, index: int) -> dict[str, np.ndarray]:
    """What the stages make of one of the images at one of the steps.

    Args:
        generator: in eval mode.
        wish: what is drawn.
        step: from 0; each step is one pass of the network.
        index: of the image, from 0.

    Returns:
        The output of each stage, float32 (C, H, W), by its name and in their order.

    Raises:
        ValueError: as `check_wish`, or there is no such step or image.
    """
    check_wish(generator, wish)
    check_whole("step", step, 0, wish.steps - 1)
    check_whole("index", index, 0, len(wish.shares) - 1)
    noise = draw_noise(index + 1, _random(wish))[index:]
    alone = wish._replace(shares=wish.shares[index : index + 1])
    shares, values, keep, steps, guidance = _inputs(alone)
    found = next(islice(way(generator, noise, shares, values, keep, steps, guidance), step, None))
    known = (torch.zeros_like(noise),) * 2 if values is None or keep is None else (values, keep)
    maps: dict[str, np.ndarray] = {}
    hooks = [stage.register_forward_hook(_keeping(maps, index)) for index, stage in enumerate(generator.stages)]
    try:
        with torch.inference_mode():
            generator(with_known(found.noisy, *known), torch.full((1,), found.time), shares)
    finally:
        for hook in hooks:
            hook.remove()
    return maps


def check_wish(generator: DigitGenerator, wish: Wish) -> None:
    """Whether this can be drawn.

    Raises:
        ValueError: the shares are of another shape, a number is out of its range, or all or nothing is kept.
    """
    classes = len(generator.classes)
    shares = wish.shares
    if shares.ndim != 2 or shares.shape[1] != classes + 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(
            f"The shares of an image have to be {classes + 1} numbers from 0 to 1: of {classes} classes, and of any."
        )
    check_seed(wish.seed)
    check_effort(wish.steps, wish.guidance)
    if (wish.image is None) != (wish.keep is None):
        raise ValueError("An image needs a mask of what is kept of it, and a mask needs an image.")
    if wish.keep is not None:
        check_kept(wish.keep)


def _random(wish: Wish) -> torch.Generator:
    return torch.Generator().manual_seed(wish.seed)


def _inputs(wish: Wish) -> tuple[Tensor, Tensor | None, Tensor | None, int, float]:
    """What `way` takes after the noise."""
    shares = torch.as_tensor(wish.shares, dtype=torch.float32)
    if wish.image is None or wish.keep is None:
        return shares, None, None, wish.steps, wish.guidance
    count = len(shares)
    values = to_values(torch.as_tensor(wish.image)[None]).expand(count, -1, -1, -1)
    keep = torch.as_tensor(wish.keep)[None, None].float().expand(count, -1, -1, -1)
    return shares, values, keep, wish.steps, wish.guidance


def _keeping(maps: dict[str, np.ndarray], index: int) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def keep(_stage: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        maps[f"stages.{index}"] = np.ascontiguousarray(output[0].numpy())

    return keep
