"""Networks trained side by side get what each would get alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor

from model import data
from model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from model.data import Split
from model.network import PRESETS, DigitNet, NetworkConfig
from model.stages import StageConfig
from model.training import side_by_side
from model.training.bank import build_bank, load_bank, put_right, rows_of, save_bank
from model.training.material import NO_DIGIT, Material
from model.training.recipe import Recipe
from model.training.stacked_training import SideBySide
from model.training.stacking import stacked, unstacked

CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch=16, hands=0.25, outliers=0.25, strength=0.3)
MULTI_SCALE = NetworkConfig(6, stages=(StageConfig(6, branches=(2,)), StageConfig(6, branches=(3,), shares=0)))
STANDARD = NetworkConfig(4, stages=(StageConfig(6), StageConfig(6, dilation=2)), separable=False)


def images(count: int, seed: int) -> Tensor:
    return torch.randint(0, 256, (count, 28, 28), generator=torch.Generator().manual_seed(seed)).byte()


@pytest.fixture(scope="module")
def material() -> Material:
    """24 images of MNIST's kind, 16 of hands, 12 outliers."""
    return Material(
        Split(images(24, 0), torch.arange(24) % 10), Split(images(16, 1), torch.arange(16) % 10), images(12, 2)
    )


def seeded(config: NetworkConfig, seed: int) -> DigitNet:
    torch.manual_seed(seed)
    return DigitNet(config)


@pytest.mark.parametrize("config", [PRESETS["tiny"], MULTI_SCALE, STANDARD], ids=["shared", "multi-scale", "standard"])
@pytest.mark.parametrize("size", [3, 16])
def test_a_stack_computes_each_of_its_networks(config: NetworkConfig, size: int) -> None:
    """Groups that mix networks, or parts of a batch that are put together in another order, would show here."""
    nets = [seeded(config, seed) for seed in range(3)]
    whole, x = stacked(nets).train(), torch.rand(size, 3, 28, 28)
    together = whole(x)
    alone = torch.stack([net.train()(x[:, index : index + 1]) for index, net in enumerate(nets)], 1)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    for state, net in zip(unstacked(whole, 3), nets, strict=True):
        for name, values in net.state_dict().items():
            torch.testing.assert_close(state[name], values.float(), rtol=1e-4, atol=1e-5)


def finished(training: SideBySide) -> list[DigitNet]:
    while training.epoch < training.recipe.epochs:
        training.run_epoch()
    return training.results()


@pytest.mark.parametrize("taught", [False, True], ids=["labels alone", "with a teacher"])
def test_a_network_learns_the_same_beside_another_as_alone(material: Material, taught: bool) -> None:
    """The first gradient is what it is alone, which the mean of the losses would halve, and so is the end."""
    teachers = [seeded(STANDARD, 9).eval()] if taught else []
    bank = build_bank(material, CPU, teachers, strengths=(0.1, 0.3))

    def started(*seeds: int) -> SideBySide:
        return SideBySide(MULTI_SCALE, seeds, RECIPE, bank, CPU)  # rounding grows with depth

    def gradients(training: SideBySide) -> Sequence[Tensor]:
        training.index.copy_(training._order(0)[0])
        training._step()
        return cast(Tensor, training.net.stem.weight.grad).chunk(len(training.seeds))

    for beside, (alone,) in zip(gradients(started(3, 4)), map(gradients, (started(3), started(4))), strict=True):
        torch.testing.assert_close(beside, alone, rtol=1e-2, atol=1e-4)
    for net, (single,) in zip(finished(started(3, 4)), map(finished, (started(3), started(4))), strict=True):
        for name, values in single.state_dict().items():
            torch.testing.assert_close(net.state_dict()[name], values, rtol=1e-2, atol=1e-3)


def test_a_training_that_is_stopped_goes_on_as_if_it_had_not_been(material: Material, tmp_path: Path) -> None:
    bank = build_bank(material, CPU, strengths=(0.1,))
    (whole,) = finished(SideBySide(PRESETS["nano"], [3], RECIPE, bank, CPU))
    stopped = SideBySide(PRESETS["nano"], [3], RECIPE, bank, CPU)
    stopped.run_epoch()
    stopped.save(tmp_path / "state.pt")
    resumed = SideBySide(PRESETS["nano"], [3], RECIPE, bank, CPU)
    resumed.load(tmp_path / "state.pt")
    (net,) = finished(resumed)
    for name, values in whole.state_dict().items():
        assert torch.equal(net.state_dict()[name], values), name
    with pytest.raises(ValueError, match=r"the seeds of this training; expected \(4,\)"):
        SideBySide(PRESETS["nano"], [4], RECIPE, bank, CPU).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"the start of this training; expected \{'name': 'other'\}"):
        SideBySide(PRESETS["nano"], [3], RECIPE, bank, CPU, origin={"name": "other"}).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"the bank of this training; expected \{'teacher': 'wide'\}"):
        SideBySide(PRESETS["nano"], [3], RECIPE, bank._replace(made={"teacher": "wide"}), CPU).load(
            tmp_path / "state.pt"
        )


def test_the_bank_keeps_labels_and_only_digits_have_answers(material: Material, tmp_path: Path) -> None:
    """Each kind of digit is answered by its own teachers; an answer about outliers would teach that they are digits."""
    teachers = [seeded(STANDARD, seed).eval() for seed in (8, 9)]
    bank = build_bank(material, CPU, teachers[:1], teachers[1:], strengths=(0.1, 0.2, 0.3))
    assert bank.images.shape == (3 * 52, 28, 28)
    assert torch.equal(bank.labels[52:104], material.joined().labels)
    assert bank.answers is not None
    for teacher, rows in zip(teachers, (slice(52, 76), slice(76, 92)), strict=True):
        with torch.inference_mode():
            said = put_right(teacher(bank.images[rows, None]) / teacher.temperature, bank.labels[rows])
        assert torch.equal(said.argmax(1), bank.labels[rows]), "a wrong answer is taught"
        torch.testing.assert_close(bank.answers[rows].float(), said, rtol=0, atol=2e-2)  # both are rounded
    assert not bank.answers[92:104].any(), "an answer about outliers"
    bank = bank._replace(made={"teacher": "wide"})
    save_bank(bank, tmp_path / "bank.safetensors")
    kept = load_bank(tmp_path / "bank.safetensors")
    assert (kept.strengths, kept.sizes, kept.made) == (bank.strengths, bank.sizes, bank.made)
    assert torch.equal(kept.images, bank.images)
    assert kept.answers is not None
    assert torch.equal(kept.answers, bank.answers)
    with pytest.raises(ValueError, match="some for MNIST's as well"):
        build_bank(material, CPU, [], teachers, strengths=(0.1,))


def test_an_epoch_shows_each_image_of_mnist_once_and_none_distorted_too_far(material: Material) -> None:
    bank = build_bank(material, CPU, strengths=(0.1, 0.3, 0.5))
    order = rows_of(bank, RECIPE, 3, torch.Generator().manual_seed(0))
    assert order.shape == (3, 16)
    assert sorted((order[:, :8] % bank.size).flatten().tolist()) == list(range(24))
    assert (bank.labels[order[:, 12:]] == NO_DIGIT).all(), "outliers stand at the end of every batch"
    assert (bank.labels[order[:, :12]] != NO_DIGIT).all()
    assert set((order // bank.size).flatten().tolist()) == {0, 1}, (
        "the third is distorted by more than the recipe's 0.3"
    )


def test_the_command_writes_calibrated_networks(
    stand_in_data: Path, few_drawings: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)
    monkeypatch.setitem(side_by_side.RECIPES, "nano", Recipe(epochs=1, batch=64, hands=0.2, outliers=0.2))
    save_checkpoint(DigitNet(PRESETS["nano"]), tmp_path / "old.safetensors")
    said = [
        "--networks",
        "nano",
        "--seeds",
        "0",
        "5",
        "--teachers",
        str(tmp_path / "old.safetensors"),
        "--bank",
        str(tmp_path / "bank"),
        "--data",
        str(stand_in_data),
    ]
    said += ["--runs", str(tmp_path), "--out", str(tmp_path), "--device", "cpu"]
    assert side_by_side.main(said) == 0
    first, second = (tmp_path / f"{name}.safetensors" for name in ("nano", "nano-seed5"))
    assert not torch.equal(load_checkpoint(first).stem.weight, load_checkpoint(second).stem.weight)
    again = [*said, "--teachers", "--from", str(first), "--seeds", "7"]
    assert side_by_side.main(again) == 0
    third = read_metadata(tmp_path / "nano-seed7.safetensors")
    assert third["start"]["name"] == "nano"
    assert third["teacher"] == "old", "the bank that was kept has its answers"
    metadata = read_metadata(second)
    assert metadata["side_by_side"]
    assert metadata["seed"] == 5
    assert metadata["figures"]["test"]["images"] == 100
