"""Coverage, density and distances: known values of sets that are alike, too narrow, or elsewhere."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.data import Split
from model.generation.likeness import coverage_and_density, features_of, likeness, nearest_distances
from model.network import DIGITS, DigitNet


def points(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))


def test_what_is_alike_covers_and_is_as_dense() -> None:
    coverage, density = coverage_and_density(points(1500, 0), points(1500, 1))
    assert coverage > 0.9
    assert density == pytest.approx(1, abs=0.1)


def test_what_is_all_alike_covers_little_and_is_dense() -> None:
    coverage, density = coverage_and_density(0.2 * points(1500, 0), points(1500, 1))
    assert coverage < 0.6
    assert density > 1.5


def test_what_lies_elsewhere_covers_nothing() -> None:
    assert coverage_and_density(points(50, 0) + 100, points(50, 1)) == (0, 0)


@given(st.integers(0, 1000))
def test_the_order_of_images_does_not_matter(seed: int) -> None:
    some, real = points(40, seed), points(30, seed + 1)
    assert coverage_and_density(some.flip(0), real.flip(0)) == coverage_and_density(some, real)


def test_a_copy_is_found_and_a_digit_of_its_own_is_not_taken_for_one() -> None:
    others = torch.randint(256, (20, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = torch.stack([others[7], 255 - others[7]])
    copied, own = nearest_distances(images, others).tolist()
    assert copied < 1e-3
    assert own > 0.3
    black, white = torch.full((1, 28, 28), 255, dtype=torch.uint8), torch.zeros(1, 28, 28, dtype=torch.uint8)
    assert nearest_distances(black, white).item() == pytest.approx(1)


def test_features_are_what_the_head_reads(small_net: DigitNet) -> None:
    images = torch.randint(256, (3, 28, 28), dtype=torch.uint8)
    with torch.no_grad():
        torch.testing.assert_close(small_net.head(features_of(small_net, images)), small_net(images[:, None]))


def test_the_class_that_is_read_worst_is_named(small_net: DigitNet) -> None:
    images = torch.randint(256, (40, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        labels = small_net(images[:, None]).argmax(1)
    labels[0] = (labels[0] + 1) % len(DIGITS)
    found = likeness(small_net, Split(images, labels), Split(images, labels))
    assert found.read_right == pytest.approx(39 / 40)
    assert found.coverage == 1
    assert found.worst in small_net.classes
    assert found.worst_read_right < 1
