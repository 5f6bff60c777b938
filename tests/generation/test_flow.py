"""The way from noise to an image: its ends, its inverse, and what a loss of nothing means."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from model.generation.flow import draw_times, on_the_way, to_images, to_values, velocity_loss, with_known
from model.generation.masks import draw_masks, draw_regions


def test_images_come_back_from_values() -> None:
    images = torch.arange(256, dtype=torch.uint8).repeat(4)[:784].view(1, 28, 28)
    assert torch.equal(to_images(to_values(images)), images)
    assert torch.equal(to_images(torch.tensor([[[[-9.0, 9.0]]]])), torch.tensor([[[0, 255]]], dtype=torch.uint8))


@given(st.floats(0, 1))
def test_the_way_is_straight(time: float) -> None:
    torch.manual_seed(0)
    values, noise = torch.randn(2, 1, 28, 28), torch.randn(2, 1, 28, 28)
    there = on_the_way(values, noise, torch.full((2,), time))
    torch.testing.assert_close(there, time * values + (1 - time) * noise)


def test_times_lie_between_noise_and_image_and_mostly_near_the_noise() -> None:
    times = draw_times(4000, torch.Generator().manual_seed(0))
    assert 0 < times.min() < times.max() < 1
    assert times.median() < 0.5


def test_what_is_known_is_not_learned() -> None:
    values, times = torch.randn(2, 1, 28, 28), torch.tensor([0.2, 0.9])
    keep = torch.zeros_like(values)
    keep[..., :14] = 1
    wrong = values + keep
    assert velocity_loss(wrong, values, times, keep) == 0
    assert velocity_loss(wrong, values, times, 1 - keep) > 0


def test_the_network_is_shown_nothing_that_is_not_known() -> None:
    values, keep = torch.randn(1, 1, 28, 28), torch.zeros(1, 1, 28, 28)
    noisy = torch.randn_like(values)
    assert torch.equal(with_known(noisy, values, keep), torch.cat([noisy, keep, keep], dim=1))


def test_regions_are_of_every_size() -> None:
    shares = draw_regions(400, torch.Generator().manual_seed(0)).mean((1, 2, 3))
    counts = torch.histc(shares, 5, 0, 1)
    assert counts.min() > 0.5 * 400 / 5


def test_of_half_of_the_images_the_ink_alone_is_known() -> None:
    values = torch.full((400, 1, 28, 28), -1.0)
    values[..., 10:18] = 1
    masks = draw_masks(values, torch.Generator().manual_seed(0))
    assert masks.unique().tolist() == [0, 1]
    paper = (masks * (values < 0)).flatten(1).any(1).float().mean()
    assert 0.35 < paper < 0.6
