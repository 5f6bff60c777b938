"""A generator comes back as it was saved; whatever else lies there is refused in one sentence."""

from pathlib import Path

import pytest
import torch

from model import CheckpointError, checkpoint, load_checkpoint, load_generator, save_checkpoint
from model.generation.checkpoint import (
    check_generator_place,
    generator_names,
    generator_path,
    read_generator_history,
    save_generator,
)
from model.generation.network import DigitGenerator
from model.network import DigitNet
from tests.rewriting import rewrite

ONE_SENTENCE = r"\A[^\n]+\.\Z"
MOST_BYTES = 800_000


@pytest.fixture
def saved(generator: DigitGenerator, tmp_path: Path) -> Path:
    return save_generator(generator, tmp_path / "drawing.safetensors", seed=3, figures={"test": {"coverage": 0.5}})


def refused(path: str | Path) -> str:
    """The sentence with which a generator is refused."""
    with pytest.raises(CheckpointError, match=ONE_SENTENCE) as refusal:
        load_generator(path)
    return str(refusal.value)


def test_a_generator_comes_back_as_it_was(saved: Path, generator: DigitGenerator) -> None:
    back = load_generator(saved)
    assert back.config == generator.config
    assert not back.training
    for name, tensor in generator.state_dict().items():
        assert back.state_dict()[name].dtype == torch.float32, name
        torch.testing.assert_close(back.state_dict()[name], tensor, rtol=1e-3, atol=1e-6)
    assert read_generator_history(saved) == {"seed": 3, "figures": {"test": {"coverage": 0.5}}}


def test_saving_leaves_the_network_as_it_is(saved: Path, generator: DigitGenerator) -> None:
    assert {parameter.dtype for parameter in generator.parameters()} == {torch.float32}


def test_names_are_files_in_checkpoints(
    generator: DigitGenerator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    save_generator(generator, "mine")
    assert generator_names() == ["mine"]
    assert generator_path("mine") == tmp_path / "generators" / "mine.safetensors"
    assert checkpoint.checkpoint_names() == [], "a generator is no network that reads"
    assert load_generator("mine").config == generator.config


def test_one_byte_changed_anywhere_is_noticed(saved: Path) -> None:
    content = saved.read_bytes()
    for place in range(0, len(content), 97):
        saved.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        refused(saved)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"not a checkpoint"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    refused(tmp_path / "x.safetensors")
    refused("none-of-this-name")


def test_a_file_cut_short_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-1])
    refused(saved)


def test_networks_that_read_and_networks_that_draw_are_not_taken_for_each_other(
    saved: Path, small_net: DigitNet, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match=ONE_SENTENCE):
        load_checkpoint(saved)
    assert "generator" in refused(save_checkpoint(small_net, tmp_path / "reading.safetensors"))


def test_weights_of_another_shape_kind_or_size_are_refused(saved: Path, generator: DigitGenerator) -> None:
    content = saved.read_bytes()
    for weights in (
        {"stem.weight": None},
        {"stem.weight": torch.zeros(1, dtype=torch.half)},
        {"stem.weight": generator.stem.weight.detach()},
        {"stem.bias": torch.full_like(generator.stem.bias, torch.nan).half().detach()},
        {"head.bias": torch.full_like(generator.head.bias, 6e4).half().detach(), "extra": torch.zeros(1)},
    ):
        rewrite(saved, weights)
        refused(saved)
        saved.write_bytes(content)


@pytest.mark.parametrize("config", [None, [], {}, {"channels": 10**9}, {"middle": [1] * 10**3}])
def test_a_configuration_that_cannot_be_built_is_refused(
    saved: Path, generator: DigitGenerator, config: object
) -> None:
    rewrite(saved, config={**generator.config.to_dict(), **config} if config else config)
    refused(saved)


def test_a_place_that_cannot_be_written_is_found_before_the_training(tmp_path: Path) -> None:
    for name in (tmp_path / "x.pt", tmp_path, ""):
        with pytest.raises(CheckpointError, match=ONE_SENTENCE):
            check_generator_place(name)


@pytest.mark.parametrize("name", generator_names())
def test_what_is_shipped_loads_and_is_small_enough_for_a_browser(name: str) -> None:
    assert generator_path(name).stat().st_size <= MOST_BYTES
    assert load_generator(name).classes == list("0123456789")
