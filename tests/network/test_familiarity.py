"""What is called familiar follows from the logits and two thresholds, and what was just taught always is."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model.familiarity import UNFAMILIAR, accept, energy, evidence, is_familiar, set_by_energy, set_by_evidence
from model.network import DigitNet, NetworkConfig, StageConfig


@pytest.fixture
def net() -> DigitNet:
    return DigitNet(NetworkConfig(2, stages=(StageConfig(2),))).eval()


def logits(seed: int, count: int = 2_000, classes: int = 10) -> Tensor:
    return 3 * torch.randn(count, classes, generator=torch.Generator().manual_seed(seed))


def test_a_network_without_thresholds_finds_everything_familiar(net: DigitNet) -> None:
    assert is_familiar(net, logits(0)).all()


@given(st.integers(0, 1000), st.floats(-20, 20))
def test_evidence_does_not_change_with_what_all_logits_share_and_is_least_where_all_are_alike(
    seed: int, shared: float
) -> None:
    some = logits(seed, 10).double()
    torch.testing.assert_close(evidence(some), evidence(some + shared))
    assert evidence(some).min() >= math.log(10)
    torch.testing.assert_close(evidence(torch.full((1, 10), shared).double()), torch.tensor([math.log(10)]).double())


def test_evidence_is_the_cross_entropy_of_the_uniform_distribution() -> None:
    some = logits(1)
    torch.testing.assert_close(evidence(some), -some.log_softmax(1).mean(1))


def test_a_drawing_between_two_classes_has_more_evidence_than_one_between_all() -> None:
    between_two, between_all = torch.zeros(2, 10)
    between_two[:2] = 8
    assert evidence(between_two[None]) > evidence(between_all[None]) + 3


def test_few_of_no_kind_of_digits_are_called_unlike(net: DigitNet) -> None:
    easy, hard = 4 * logits(1), logits(2)
    set_by_evidence(net, easy, hard)
    shares = [1 - is_familiar(net, kind).double().mean().item() for kind in (easy, hard)]
    assert shares[1] == pytest.approx(UNFAMILIAR, abs=1e-3), "the harder kind sets the threshold"
    assert shares[0] <= UNFAMILIAR


def test_a_network_of_digits_alone_goes_by_energy(net: DigitNet) -> None:
    some = logits(3)
    set_by_energy(net, some)
    torch.testing.assert_close(is_familiar(net, some), energy(some) >= net.familiar_energy)
    assert 1 - is_familiar(net, some).double().mean().item() == pytest.approx(UNFAMILIAR, abs=1e-3)


@pytest.mark.parametrize("set_by", [set_by_energy, set_by_evidence])
def test_what_was_taught_is_familiar_afterwards(net: DigitNet, set_by: Callable[..., None]) -> None:
    set_by(net, 5 * logits(4))
    taught = 0.01 * logits(5, 20, classes=11)
    assert not is_familiar(net, taught).all()
    accept(net, taught)
    assert is_familiar(net, taught).all()
