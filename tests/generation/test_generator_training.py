"""Training the generator: it learns, the same seed gives the same, whether it was stopped on the way or not."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model import checkpoint, data
from model.data import Split
from model.generation import train
from model.generation.checkpoint import load_generator, read_generator_history
from model.generation.training import GeneratorRecipe, GeneratorTraining

from .conftest import SMALL

RECIPE = GeneratorRecipe(epochs=3, batch=20, hands=0.2, learning_rate=3e-2, average=0.8)


def bars(count: int) -> Split:
    """Upright bars and lying ones."""
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    images[::2, :, 12:16] = 255
    images[1::2, 12:16] = 255
    return Split(images, torch.arange(count) % 2)


def training(recipe: GeneratorRecipe = RECIPE, seed: int = 0) -> GeneratorTraining:
    return GeneratorTraining(SMALL, seed, recipe, bars(80), bars(20))


def weights(one: GeneratorTraining) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in one.result().parameters()])


def run(one: GeneratorTraining, until: int) -> GeneratorTraining:
    while one.epoch < until:
        one.run_epoch()
    return one


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    whole = run(training(), 2)
    run(training(), 1).save(tmp_path / "state.pt")
    resumed = training()
    resumed.load(tmp_path / "state.pt")
    assert torch.equal(weights(run(resumed, 2)), weights(whole))
    assert not torch.equal(weights(run(training(seed=1), 1)), weights(whole))


def test_it_learns() -> None:
    one = training(replace(RECIPE, epochs=10))
    before = one.loss_of(bars(40))
    run(one, 10)
    assert one.loss_of(bars(40)) < before / 2


def test_the_loss_to_watch_is_the_same_each_time() -> None:
    one = training()
    assert one.loss_of(bars(40)) == one.loss_of(bars(40))


def test_the_learning_rate_ends_at_zero() -> None:
    one = training(replace(RECIPE, epochs=300))
    rates = [one._learning_rate(number) for number in range(300 * one.steps + 1)]
    assert rates[0] < max(rates) == RECIPE.learning_rate
    assert rates[-1] == 0


def test_its_length_may_be_changed_on_the_way_and_nothing_else(tmp_path: Path) -> None:
    training().save(tmp_path / "state.pt")
    training(replace(RECIPE, epochs=5)).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"\A[^\n]+ does not have the recipe of this training; [^\n]+\.\Z"):
        training(replace(RECIPE, batch=40)).load(tmp_path / "state.pt")


def test_hands_that_are_not_there_are_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"\AThe recipe trains on hands, and there are none\.\Z"):
        GeneratorTraining(SMALL, 0, RECIPE, bars(40))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch": 0}, {"hands": 1.0}, {"known": -0.1}, {"falling": 2.0}])
def test_a_recipe_out_of_range_is_one_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z"):
        GeneratorRecipe(**wrong)


def test_the_command_writes_a_generator_and_goes_on_where_it_was_stopped(
    stand_in_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(train, "GeneratorConfig", lambda: SMALL)
    monkeypatch.setattr(train, "load_hands", lambda cache: bars(20))
    arguments = ["train", "--data", str(stand_in_data), "--epochs", "1", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert train.main() == 0
    assert load_generator().config == SMALL
    first = read_generator_history()
    assert first["recipe"]["epochs"] == 1
    monkeypatch.setattr(sys, "argv", [*arguments, "--resume"])
    monkeypatch.setattr(GeneratorTraining, "run_epoch", lambda self: pytest.fail("trained again"))
    assert train.main() == 0
    assert read_generator_history() == first
