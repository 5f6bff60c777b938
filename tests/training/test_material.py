"""What is trained on: every kind in its share, digits with their labels, rendered once."""

from pathlib import Path

import pytest
import torch

from model.data import Split
from model.drawing.hands import written
from model.drawing.strokes import rasterize
from model.network import PRESETS
from model.training import material
from model.training.material import NO_DIGIT, Material, load_hands, load_outliers
from model.training.recipe import RECIPES, Recipe
from model.training.training import Training
from model.training.workers import Workers


def some(count: int, label: int) -> Split:
    return Split(torch.full((count, 28, 28), label, dtype=torch.uint8), torch.full((count,), label))


def test_hands_are_labelled_as_they_are_written() -> None:
    split = load_hands(40, seed=9)
    for image, label, one in zip(split.images, split.labels, written(40, 9), strict=True):
        assert str(int(label)) == one.label
        assert (image.numpy() == rasterize(one.drawing)).all()


def test_what_was_rendered_is_taken_from_the_cache_until_the_drawings_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_outliers(30, 9, cache=tmp_path)
    monkeypatch.setattr(material, "_rendered", lambda drawings: pytest.fail("rendered again"))
    assert torch.equal(load_outliers(30, 9, cache=tmp_path), first)
    monkeypatch.setattr(material, "SOME", 3)  # stands for another way of drawing
    with pytest.raises(pytest.fail.Exception):
        load_outliers(30, 9, cache=tmp_path)


def test_every_step_has_each_kind_in_its_share() -> None:
    recipe = Recipe(epochs=1, batch=20, hands=0.2, outliers=0.3)
    data = Material(some(200, 1), some(30, 2), torch.zeros(7, 28, 28, dtype=torch.uint8))
    training = Training(PRESETS["nano"], 0, recipe, data, Workers("cpu"))
    order = material.order_of(training.sizes, training.parts, training.steps, torch.Generator().manual_seed(0))
    labels = training.data.labels[order]
    assert order.shape == (20, 20)
    assert ((labels == 1).sum(1) == 10).all()
    assert ((labels == 2).sum(1) == 4).all()
    assert ((labels == NO_DIGIT).sum(1) == 6).all()
    mnist = order[labels == 1]
    assert len(mnist.unique()) == 200, "every image of MNIST once an epoch"


def test_outliers_are_taught_to_lean_to_no_class() -> None:
    torch.manual_seed(0)
    recipe = Recipe(epochs=6, batch=64, hands=0.0, outliers=0.5, outlier_weight=1.0, strength=0.0)
    digits = Split(torch.randint(128, 256, (640, 28, 28), dtype=torch.uint8), torch.zeros(640, dtype=torch.long))
    blank = torch.zeros(64, 28, 28, dtype=torch.uint8)
    training = Training(PRESETS["nano"], 0, recipe, Material(digits, None, blank), Workers("cpu"))
    for _ in range(recipe.epochs):
        training.run_epoch()
    with torch.inference_mode():
        answers = training.result()(torch.cat([digits.images[:8], blank[:8]])[:, None]).softmax(1).max(1).values
    assert answers[:8].min() > answers[8:].max() + 0.2


@pytest.mark.parametrize("share", [{"hands": 0.2}, {"outliers": 0.2}])
def test_a_share_of_what_is_not_there_is_one_sentence(share: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^The recipe trains on (hands|outliers), and there are none\.$"):
        Training(PRESETS["nano"], 0, Recipe(epochs=1, batch=20, **share), some(40, 1), Workers("cpu"))


def test_every_recipe_leaves_most_of_a_batch_to_mnist() -> None:
    for name, recipe in RECIPES.items():
        assert recipe.parts()[0] > recipe.batch / 2, name
