"""What the tests of lines share: a stand-in for MNIST, and a network that says what a test wants it to say."""

import numpy as np
import pytest
import torch

from model.data import Split
from model.line.network import ANSWERS, LineNet, LineOutput, line_config


@pytest.fixture(scope="session")
def bars() -> Split:
    """Forty images, four of each digit: an upright bar that is longer the larger the digit."""
    images = torch.zeros(40, 28, 28, dtype=torch.uint8)
    labels = torch.arange(40) % 10
    for image, label in zip(images, labels.tolist(), strict=True):
        image[4 : 10 + label, 10:14] = 255
    return Split(images, labels)


@pytest.fixture(scope="session")
def small_line() -> LineNet:
    """An untrained network with a multi-scale stage; in eval mode, not to be changed."""
    torch.manual_seed(0)
    net = LineNet(line_config("1 24", channels=6))
    for _ in range(3):
        net(torch.rand(4, 1, 28, 40))
    return net.eval()


def said(
    digits: list[tuple[int, int, str, tuple[float, float, float, float]]], width: int = 56, stride: int = 2
) -> LineOutput:
    """What a network would answer that sees these digits: (row, column of a cell, label, distances to the sides)."""
    height, across = 28 // stride, width // stride
    centre = torch.full((1, height, across), -8.0)
    box = torch.ones(1, 4, height, across)
    digit = torch.zeros(1, len(ANSWERS), height, across)
    for y, x, label, distances in digits:
        centre[0, y, x] = 4.0
        box[0, :, y, x] = torch.tensor(distances)
        digit[0, ANSWERS.index(label), y, x] = 6.0
    return LineOutput(centre, box, digit, torch.zeros(1, len(ANSWERS), 28, width))


def written(text: str, height: float = 0.7) -> list[list[list[float]]]:
    """A line of the digits 1, 7 and 0 as plain strokes, a digit every 0.5."""
    ring = np.linspace(0, 2 * np.pi, 30)
    shapes = {
        "1": [[[0.15, 0], [0.15, 1]]],
        "7": [[[0, 0], [0.4, 0], [0.1, 1]]],
        "0": [np.stack([0.2 + 0.2 * np.sin(ring), 0.5 - 0.5 * np.cos(ring)], axis=1).tolist()],
    }
    return [
        [[0.2 + 0.5 * index + x * height, 0.15 + y * height] for x, y in stroke]
        for index, digit in enumerate(text)
        for stroke in shapes[digit]
    ]
