"""What every ready-made network promises: no hole in any field, and its size."""

from itertools import product

import pytest

from model.fields.layer_fields import coverage, layer_chains, receptive_field
from model.network import PRESETS, DigitNet, count_parameters

LIMITS = {"nano": 600, "tiny": 2_000, "small": 8_000, "base": 25_000, "large": 100_000}

STAGES = [
    pytest.param(name, f"stages.{index}", id=f"{name}, stage {index}")
    for name, config in PRESETS.items()
    for index in range(len(config.stages))
]


@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_no_pixel_of_a_field_is_left_unread(name: str, stage: str) -> None:
    """Gridding would make a stage blind to some of a stroke's pixels; proved from the tap lattice.

    Once for a cell far from all borders with its whole field, and for cells at and near the borders, where padding
    takes paths away, with their fields inside the image.
    """
    net = DigitNet(PRESETS[name])
    for layer in (layer for layer in layer_chains(net.config) if layer == stage or layer.startswith(f"{stage}.")):
        assert not coverage(net, layer).unread.any()
        height, width = receptive_field(net, layer).map_size
        for cell in product((0, 1, height // 2, height - 1), (0, 1, width // 2, width - 1)):
            assert not coverage(net, layer, cell).unread.any(), (layer, cell)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_stay_small(name: str) -> None:
    assert count_parameters(DigitNet(PRESETS[name])) <= LIMITS[name]
