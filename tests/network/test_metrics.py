"""Figures of merit equal what their definitions say, one image at a time."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model import metrics
from model.data import Split
from model.familiarity import UNFAMILIAR, is_familiar
from model.metrics import (
    CALIBRATION_BINS,
    brier_score,
    calibrate,
    confusion_matrix,
    count_correct,
    expected_calibration_error,
    figures,
    logits_of,
    negative_log_likelihood,
)
from model.network import DigitNet


@st.composite
def answers(draw: st.DrawFn) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (N, C) of all degrees of confidence, and labels (N,)."""
    count, classes = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    logits = torch.randn(count, classes, generator=generator, dtype=torch.double) * draw(st.floats(0.1, 8))
    return logits, torch.randint(classes, (count,), generator=generator)


def probabilities(logits: torch.Tensor) -> list[list[float]]:
    rows = [[math.exp(value) for value in row] for row in logits.tolist()]
    return [[value / sum(row) for value in row] for row in rows]


@given(answers())
def test_scores_equal_their_definitions(case: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = case
    p, y = probabilities(logits), labels.tolist()
    count = len(y)
    nll = sum(-math.log(row[label]) for row, label in zip(p, y, strict=True)) / count
    brier = sum(
        sum((value - (k == label)) ** 2 for k, value in enumerate(row)) for row, label in zip(p, y, strict=True)
    )
    ece = 0.0
    for b in range(CALIBRATION_BINS):
        low, high = b / CALIBRATION_BINS, (b + 1) / CALIBRATION_BINS
        last = b == CALIBRATION_BINS - 1
        members = [i for i in range(count) if low <= max(p[i]) < high or (last and max(p[i]) >= high)]
        if members:
            confidence = sum(max(p[i]) for i in members) / len(members)
            accuracy = sum(p[i].index(max(p[i])) == y[i] for i in members) / len(members)
            ece += len(members) / count * abs(confidence - accuracy)
    assert negative_log_likelihood(logits, labels) == pytest.approx(nll)
    assert brier_score(logits, labels) == pytest.approx(brier / count)
    assert expected_calibration_error(logits, labels) == pytest.approx(ece, abs=1e-6)


@given(answers())
def test_confusion_has_labels_in_rows_and_answers_in_columns(case: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, labels = case
    matrix = confusion_matrix(logits, labels)
    expected = torch.zeros_like(matrix)
    for row, label in zip(logits, labels, strict=True):
        expected[label, row.argmax()] += 1
    assert torch.equal(matrix, expected)
    assert count_correct(logits, labels) == matrix.trace()


class Answers(nn.Module):
    """A network that gives fixed logits: its images carry their own numbers."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("familiar_energy", torch.zeros(()))
        self.register_buffer("familiar_evidence", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits[x[:, 0, 0, 0].long() + 256 * x[:, 0, 0, 1].long()]


def numbered(labels: torch.Tensor) -> Split:
    numbers = torch.arange(len(labels))
    images = torch.zeros(len(labels), 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 0, 1] = numbers % 256, numbers // 256
    return Split(images, labels)


def calibrated_case(overconfidence: float) -> tuple[Answers, Split]:
    """Labels drawn from the softmax of logits that are then multiplied by `overconfidence`."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 10, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    return Answers(overconfidence * logits), numbered(labels)


@pytest.mark.parametrize("overconfidence", [0.4, 1.0, 2.5])
def test_calibration_finds_a_known_temperature(overconfidence: float) -> None:
    net, data = calibrated_case(overconfidence)
    calibrate(net, data)
    assert net.temperature.item() == pytest.approx(overconfidence, rel=0.03)


def test_calibration_makes_an_overconfident_network_likelier_and_better_calibrated() -> None:
    net, data = calibrated_case(3.0)
    before = figures(net, data)
    calibrate(net, data)
    after = figures(net, data)
    assert after["nll"] < before["nll"]
    assert after["ece"] < 0.02 < before["ece"]
    assert after["accuracy"] == before["accuracy"]


def test_a_network_without_a_mistake_keeps_a_usable_temperature() -> None:
    labels = torch.arange(100) % 10
    net = Answers(4 * torch.eye(10)[labels])
    calibrate(net, numbered(labels))
    assert 0 < net.temperature.item() < math.inf
    assert all(math.isfinite(value) for value in figures(net, numbered(labels)).values())


def test_all_but_a_few_of_the_images_that_it_is_set_by_are_familiar() -> None:
    net, data = calibrated_case(1.0)
    calibrate(net, data)
    familiar = is_familiar(net, logits_of(net, data.images)).double().mean().item()
    assert familiar == pytest.approx(1 - UNFAMILIAR, abs=1e-3)


def test_batches_give_the_logits_of_the_whole(
    small_net: DigitNet, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = torch.from_numpy(images)
    whole = logits_of(small_net, images)
    monkeypatch.setattr(metrics, "BATCH", 3)
    torch.testing.assert_close(logits_of(small_net, images), whole)
