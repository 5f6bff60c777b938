"""Mean effective fields: what is kept beside a checkpoint is what its network looks at, or it is not used."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import checkpoint_names, load_checkpoint, save_checkpoint
from model.fields.effective_field import effective_receptive_field
from model.fields.layer_fields import receptive_field, tap_lattice
from model.fields.mean_fields import (
    compute_mean_fields,
    load_mean_fields,
    mapped_layers,
    mean_fields_path,
    save_mean_fields,
)
from model.network import DigitNet


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (8, 28, 28), dtype=np.uint8)


@pytest.fixture
def kept(small_net: DigitNet, noise: np.ndarray, tmp_path: Path) -> Path:
    """A checkpoint with its fields beside it."""
    path = save_checkpoint(small_net, tmp_path / "some.safetensors")
    save_mean_fields(small_net, path, compute_mean_fields(small_net, noise))
    return path


def test_every_layer_with_a_map_has_a_field(small_net: DigitNet, noise: np.ndarray) -> None:
    fields = compute_mean_fields(small_net, noise)
    assert list(fields) == mapped_layers(small_net.config)
    assert {"stem", "stages.0.depthwise", "stages.3.pointwise", "stages.3"} <= fields.keys()


def test_a_field_is_the_mean_over_the_drawings(small_net: DigitNet, noise: np.ndarray) -> None:
    mean = compute_mean_fields(small_net, noise)["stages.1"]
    each = [effective_receptive_field(small_net, "stages.1", mean.cell, image) for image in noise]
    expected = np.mean(each, 0)
    np.testing.assert_allclose(mean.field, expected / expected.max(), atol=1e-5)


def test_influence_comes_from_pixels_that_are_read_only(small_net: DigitNet, noise: np.ndarray) -> None:
    for layer, mean in compute_mean_fields(small_net, noise).items():
        assert not mean.field[tap_lattice(small_net, layer, mean.cell) == 0].any()
        assert mean.region == receptive_field(small_net, layer).region(*mean.cell)
        assert mean.field[mean.box.slices].sum() >= 0.95 * mean.field.sum()
        assert 0 < mean.fraction <= 1


def test_saved_fields_are_loaded_again(small_net: DigitNet, noise: np.ndarray, kept: Path) -> None:
    computed, loaded = compute_mean_fields(small_net, noise), load_mean_fields(load_checkpoint(kept), kept)
    assert list(loaded) == list(computed)
    for layer, mean in loaded.items():
        np.testing.assert_allclose(mean.field, computed[layer].field, atol=1e-3)
    assert mean_fields_path(kept).stat().st_size < 64 * 1024


def test_the_saved_file_is_not_mistaken_for_a_checkpoint(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.checkpoint.CHECKPOINTS", kept.parent)
    assert checkpoint_names() == ["some"]


def test_fields_of_other_weights_are_not_used(kept: Path) -> None:
    """A checkpoint that is trained anew leaves the old file beside it."""
    net = load_checkpoint(kept)
    with torch.no_grad():
        net.stem.weight[0, 0, 0, 0] += 1
    assert load_mean_fields(net, kept) is None


def test_calibration_leaves_the_fields_valid(kept: Path) -> None:
    """Figures and temperature are recorded in a checkpoint after its training."""
    net = load_checkpoint(kept)
    net.temperature.fill_(2.0)
    assert load_mean_fields(net, kept) is not None


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 damaged", b"no archive at all"])
def test_a_missing_or_damaged_file_counts_as_none(kept: Path, content: bytes | None) -> None:
    path = mean_fields_path(kept)
    path.unlink() if content is None else path.write_bytes(content)
    assert load_mean_fields(load_checkpoint(kept), kept) is None


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_byte_does_not_raise(kept: Path, at: float) -> None:
    path = mean_fields_path(kept)
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 0xFF
    path.write_bytes(content)
    fields = load_mean_fields(load_checkpoint(kept), kept)
    assert fields is None or len(fields) == len(mapped_layers(load_checkpoint(kept).config))
