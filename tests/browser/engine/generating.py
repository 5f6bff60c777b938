"""The network that draws, in a browser by itself and in PyTorch: the same noise, image and mask."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Page, Route
from torch import Tensor

from model.drawing.strokes import IMAGE_SIZE
from model.generation.flow import to_images, to_values, with_known
from model.generation.network import DigitGenerator
from model.generation.sampling import Step, draw_noise, way
from tests.browser.engine.parity import TELLING
from ui.engine_files import generator_file

STEPS, GUIDANCE = 10, 1.5
GENERATORS = "**/checkpoints/generators/*"

# What a generator answers to a request, and its maps in one step of one image.
COMPLETE = (
    """async ({ name, request: { image, keep, noise, shares, ...others }, step, index }) => {"""
    + TELLING
    + """
    const { openGenerator } = await import("/engine/generator/client.js");
    const generator = await openGenerator(name);
    const asked = {
        ...others, image: bytes(image), keep: bytes(keep), noise: new Float32Array(bytes(noise).buffer),
        shares: shares.map((own) => Float32Array.from(own)),
    };
    const { images, trail } = await generator.complete(asked, {});
    const maps = await generator.maps(asked, step, index);
    return {
        classes: generator.classes, stages: generator.stages, images: told(images),
        trail: trail.map(({ time, noisy, answer }) => ({ time, noisy: told(noisy), answer: told(answer) })),
        maps: maps.map(({ name, channels, height, width, values }) => [name, [channels, height, width], told(values)]),
    };
}"""
)


@dataclass
class Asked:
    """One request, as PyTorch takes it and as the browser does."""

    noise: Tensor  # (N, 1, 28, 28)
    image: Tensor  # uint8 (28, 28)
    keep: Tensor  # bool (28, 28)
    shares: Tensor  # (N, classes + 1)
    step: int = 3  # whose maps are compared
    index: int = 0

    def told(self, name: str) -> dict[str, Any]:
        """What `COMPLETE` takes."""
        request = {
            "image": packed(self.image),
            "keep": packed(self.keep.byte()),
            "noise": packed(self.noise),
            "shares": self.shares.tolist(),
            "seed": 0,
            "steps": STEPS,
            "guidance": GUIDANCE,
        }
        return {"name": name, "request": request, "step": self.step, "index": self.index}


def asked_of(generator: DigitGenerator, image: np.ndarray, count: int = 2, seed: int = 0) -> Asked:
    """To complete the upper half of an image: to a class, to something between two, to any."""
    keep = torch.zeros(IMAGE_SIZE, IMAGE_SIZE, dtype=torch.bool)
    keep[: IMAGE_SIZE // 2] = True
    shares = torch.zeros(count, len(generator.classes) + 1)
    shares[:, -1] = 1.0
    shares[0] = 0
    shares[0, [0, len(generator.classes) // 2]] += 0.5
    noise = draw_noise(count, torch.Generator().manual_seed(seed))
    return Asked(noise, torch.from_numpy(image), keep, shares)


@dataclass(frozen=True)
class Likeness:
    """How far the browser is from PyTorch: the largest differences over all steps."""

    unequal: float  # share of pixels that are off by more than a grey level
    times: float
    maps: dict[str, float]  # by module, relative to its largest value
    kept: bool  # whether what is kept is as it was


def likeness(generator: DigitGenerator, asked: Asked, found: dict[str, Any]) -> Likeness:
    """Compare what `COMPLETE` found with PyTorch's own."""
    values = to_values(asked.image[None]).expand_as(asked.noise)
    keep = asked.keep.float().expand_as(asked.noise)
    steps = list(way(generator, asked.noise, asked.shares, values, keep, STEPS, GUIDANCE))
    shape = (len(asked.noise), IMAGE_SIZE, IMAGE_SIZE)
    pairs = [(found["images"], steps[-1].answer)]
    for step, told in zip(steps, found["trail"], strict=True):
        pairs += [(told["noisy"], step.noisy), (told["answer"], step.answer)]
    off = [np.abs(unpacked(text, np.uint8, shape).astype(int) - to_images(own).numpy()) for text, own in pairs]
    own_maps = _maps(generator, asked, steps[asked.step], values, keep)
    assert [name for name, _, _ in found["maps"]] == list(own_maps)
    maps = {
        name: float(
            np.abs(unpacked(text, np.float32, tuple(size)) - own_maps[name]).max() / np.abs(own_maps[name]).max()
        )
        for name, size, text in found["maps"]
    }
    images = unpacked(found["images"], np.uint8, shape)
    return Likeness(
        unequal=float((np.stack(off) > 1).mean()),
        times=max(abs(step.time - told["time"]) for step, told in zip(steps, found["trail"], strict=True)),
        maps=maps,
        kept=bool((images[:, asked.keep.numpy()] == asked.image.numpy()[asked.keep.numpy()]).all()),
    )


def assert_alike(found: Likeness) -> None:
    """That the browser draws what PyTorch draws.

    Raises:
        AssertionError: names what differs.
    """
    assert found.unequal <= 0.001, "too many pixels are off by more than a grey level"
    assert found.times < 1e-12, "the times of the steps"
    assert not [name for name, apart in found.maps.items() if apart > 1e-4], "the maps of these modules"
    assert found.kept, "what was drawn"


def _maps(generator: DigitGenerator, asked: Asked, step: Step, values: Tensor, keep: Tensor) -> dict[str, np.ndarray]:
    """What its convolutions and stages answer to one image of a step, in the order in which they do."""
    maps: dict[str, np.ndarray] = {}
    told = [
        module.register_forward_hook(lambda _, __, output, name=name: maps.update({name: output[0].numpy()}))
        for name, module in generator.named_modules()
        if name in ("stem", "down", "up", "head")
        or (name.startswith("stages.") and name.split(".")[2:] in ([], ["depthwise"], ["pointwise"]))
    ]
    one = slice(asked.index, asked.index + 1)
    with torch.inference_mode():
        inputs = with_known(step.noisy[one], values[one], keep[one])
        generator(inputs, torch.full((1,), step.time), asked.shares[one])
    for hook in told:
        hook.remove()
    return maps


def serve_generators(page: Page) -> None:
    """Have the page's requests for generators answered as the app answers them."""

    def answer(route: Route) -> None:
        route.fulfill(json=generator_file(route.request.url.rpartition("/")[2]))

    page.route(GENERATORS, answer)


def packed(numbers: Tensor) -> str:
    """The bytes of a tensor in base64."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def unpacked(text: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    """The inverse of `packed`."""
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)
