"""Digits drawn and completed: what was drawn stays, the same seed draws the same, the impossible is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import complete, generate
from model.generation import sampling
from model.generation.network import DigitGenerator
from model.generation.sampling import draw_noise, times_of, way

ONE_SENTENCE = r"\A[^\n]+\.\Z"
HALF = np.arange(28)[:, None] < np.full(28, 14)  # the upper half is kept


class Knowing(torch.nn.Module):
    """Stands for a generator that always knows the image: half ink, half paper."""

    classes = ("0", "1")

    def forward(self, images: torch.Tensor, times: torch.Tensor, digits: torch.Tensor) -> torch.Tensor:
        return torch.linspace(-1, 1, 28).expand(len(images), 1, 28, 28)


class Gaussian(torch.nn.Module):
    """Knows the best answer for pixels of a normal distribution, of which the way is known in closed form."""

    classes = ("0",)
    deviation = 0.5

    def forward(self, images: torch.Tensor, times: torch.Tensor, digits: torch.Tensor) -> torch.Tensor:
        time = times[:, None, None, None]
        variance = self.deviation**2
        return images[:, :1] * time * variance / (time**2 * variance + (1 - time) ** 2)


def end_of(net: torch.nn.Module, noise: torch.Tensor, steps: int) -> torch.Tensor:
    *_, last = way(net, noise, torch.zeros(len(noise), dtype=torch.long), steps=steps)
    return last.noisy


@given(st.integers(1, 12))
def test_who_knows_the_image_arrives_there_in_any_number_of_steps(steps: int) -> None:
    noise = draw_noise(2, torch.Generator().manual_seed(1))
    torch.testing.assert_close(end_of(Knowing(), noise, steps), Knowing()(noise, noise, noise))


def test_the_error_falls_with_the_square_of_the_steps() -> None:
    """Of the known way of a normal distribution, which ends at the noise times the deviation."""
    noise = draw_noise(1, torch.Generator().manual_seed(1))
    errors = [(end_of(Gaussian(), noise, steps) - 0.5 * noise).abs().max().item() for steps in (100, 200)]
    assert errors[1] < errors[0] / 2.8
    assert errors[1] < 0.003


def test_every_step_is_shown_from_noise_to_image(generator: DigitGenerator) -> None:
    noise = draw_noise(1, torch.Generator().manual_seed(1))
    steps = list(way(generator, noise, torch.zeros(1, dtype=torch.long), steps=5))
    assert [step.time for step in steps] == times_of(5)
    assert torch.equal(steps[0].noisy, noise)
    assert torch.equal(steps[-1].answer, steps[-1].noisy)
    assert torch.equal(steps[-1].noisy, steps[-2].answer)


def test_the_first_images_are_the_same_however_many_are_drawn(
    generator: DigitGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "BATCH", 3)
    many = generate(generator, [str(n % 10) for n in range(8)], seed=5, steps=2)
    few = generate(generator, [str(n % 10) for n in range(4)], seed=5, steps=2)
    assert many.dtype == np.uint8
    assert many.shape == (8, 28, 28)
    assert np.abs(many[:4].astype(int) - few).max() <= 1
    assert not np.array_equal(many, generate(generator, [str(n % 10) for n in range(8)], seed=6, steps=2))
    assert generate(generator, []).shape == (0, 28, 28)


def test_guidance_of_one_is_none_and_more_leads_away_from_any(generator: DigitGenerator) -> None:
    plain = generate(generator, ["3", None], steps=3)
    guided = generate(generator, ["3", None], steps=3, guidance=3.0)
    assert not np.array_equal(plain[0], guided[0])
    assert np.abs(plain[1].astype(int) - guided[1]).max() <= 1, "for any digit there is nothing to be guided to"


@given(st.integers(0, 2**32 - 1))
def test_what_was_drawn_stays_as_drawn(generator: DigitGenerator, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (28, 28), dtype=np.uint8)
    keep = random.random((28, 28)) < random.uniform(0.05, 0.95)
    ways = complete(generator, image, keep, "7", count=3, seed=seed, steps=2)
    assert ways.dtype == np.uint8
    assert ways.shape == (3, 28, 28)
    assert (ways[:, keep] == image[keep]).all()
    assert not (ways[0] == ways[1]).all()


def test_what_is_not_kept_is_not_looked_at(generator: DigitGenerator) -> None:
    image = np.full((28, 28), 90, np.uint8)
    other = np.where(HALF, image, 200).astype(np.uint8)
    assert np.array_equal(*(complete(generator, one, HALF, steps=2, seed=3) for one in (image, other)))


def test_what_is_kept_is_looked_at(generator: DigitGenerator) -> None:
    paper, ink = (np.full((28, 28), value, np.uint8) for value in (0, 255))
    first, second = (complete(generator, one, HALF, steps=2, seed=3) for one in (paper, ink))
    assert not np.array_equal(first[:, 14:], second[:, 14:])


@pytest.mark.parametrize(
    "labels",
    ["123", 5, None, ["x"], ["10"], [3], [["1"]], [True], ["1"] * 1_000_000],
)
def test_labels_that_are_no_digits_are_one_sentence(generator: DigitGenerator, labels: object) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        generate(generator, labels)


GOOD = {"image": np.zeros((28, 28), np.uint8), "keep": HALF, "steps": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep": np.ones((28, 28), bool)},
        {"keep": np.zeros((28, 28), bool)},
        {"keep": np.ones((27, 28), bool)},
        {"keep": HALF.astype(np.uint8)},
        {"keep": "all"},
        {"keep": None},
        {"image": np.zeros((1, 28, 28), np.uint8)},
        {"image": np.zeros((28, 28))},
        {"image": [[0, 1], [2]]},
        {"label": "ten"},
        {"label": 7},
        {"label": ["1"]},
        {"count": 0},
        {"count": 1_000_000},
        {"count": 2.0},
        {"seed": -1},
        {"seed": 2**70},
        {"steps": 0},
        {"steps": 10**6},
        {"guidance": 0.5},
        {"guidance": float("nan")},
        {"guidance": "much"},
    ],
)
def test_what_cannot_be_completed_is_one_sentence(generator: DigitGenerator, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        complete(generator, **GOOD | wrong)
