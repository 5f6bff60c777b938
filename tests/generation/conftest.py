"""Small generators, so that what holds for every generator is tried in no time."""

import pytest
import torch

from model.generation.network import DigitGenerator, GeneratorConfig

SMALL = GeneratorConfig(channels=6, middle_channels=8, condition=5, descending=(1, 2), middle=(1, 3), ascending=(2,))


def shaken(config: GeneratorConfig) -> DigitGenerator:
    """A generator none of whose weights is 0, as some are before a training; in eval mode."""
    torch.manual_seed(0)
    generator = DigitGenerator(config).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return generator


@pytest.fixture(scope="session")
def generator() -> DigitGenerator:
    """Small, in eval mode, not to be changed."""
    return shaken(SMALL)
