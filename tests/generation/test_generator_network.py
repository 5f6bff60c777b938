"""What the generator computes: shapes, what a cell can know, and how time and class reach it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model.generation.network import DigitGenerator, GeneratorConfig, blank_input
from model.network import count_parameters

from .conftest import SMALL, shaken

dilations = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def answer(generator: DigitGenerator, images: Tensor, digit: int = 0, time: float = 0.5) -> Tensor:
    with torch.no_grad():
        return generator(images, torch.full((len(images),), time), torch.full((len(images),), digit))


@given(dilations, dilations, dilations, st.sampled_from([1, 3, 5]))
def test_every_shape_answers_with_an_image(
    descending: tuple[int, ...], middle: tuple[int, ...], ascending: tuple[int, ...], kernel: int
) -> None:
    config = GeneratorConfig(4, 6, kernel, descending, middle, ascending, 3)
    net = DigitGenerator(config)
    assert answer(net, torch.randn(2, 3, 28, 28)).shape == (2, 1, 28, 28)
    assert GeneratorConfig.from_dict(config.to_dict()) == config
    assert [stage.dilation for stage in net.stages] == [*descending, *middle, *ascending]


def test_the_undilated_one_is_of_the_same_size_and_sees_less() -> None:
    narrow = SMALL.undilated()
    assert {*narrow.descending, *narrow.middle, *narrow.ascending} == {1}
    assert count_parameters(DigitGenerator(narrow)) == count_parameters(DigitGenerator(SMALL))
    assert reach(narrow) < reach(SMALL)


def reach(config: GeneratorConfig) -> int:
    """How many pixels of the first row reach the last: all weights positive, no norm in the way."""
    net = shaken(config)
    images = blank_input(1).requires_grad_()
    net(images, torch.ones(1), torch.zeros(1, dtype=torch.long))[0, 0, 0, 0].backward()
    return int((images.grad.abs().sum(1) > 0).sum())


def test_a_cell_knows_nothing_beyond_its_field() -> None:
    """A norm over places would tell every cell of every other."""
    net = shaken(GeneratorConfig(6, 8, 3, (1,), (1,), (1,), 5))
    images = torch.randn(1, 3, 28, 28)
    changed = images.clone()
    changed[..., 24:] += 3
    assert torch.equal(answer(net, images)[..., :4], answer(net, changed)[..., :4])
    assert not torch.equal(answer(net, images)[..., 24:], answer(net, changed)[..., 24:])


def test_time_and_class_are_heard(generator: DigitGenerator) -> None:
    images = torch.randn(1, 3, 28, 28)
    first = answer(generator, images)
    assert not torch.allclose(first, answer(generator, images, digit=1))
    assert not torch.allclose(first, answer(generator, images, digit=10))
    assert not torch.allclose(first, answer(generator, images, time=0.6))


def test_all_of_one_class_is_that_class_and_between_two_lies_another(generator: DigitGenerator) -> None:
    images, time = torch.randn(1, 3, 28, 28), torch.full((1,), 0.5)
    shares = torch.zeros(1, 11)
    shares[0, 4] = 1
    with torch.no_grad():
        torch.testing.assert_close(generator(images, time, shares), answer(generator, images, digit=4))
        shares[0, 4], shares[0, 9] = 0.5, 0.5
        assert not torch.allclose(generator(images, time, shares), answer(generator, images, digit=4))


def test_an_untrained_generator_says_the_same_of_every_image() -> None:
    assert not answer(DigitGenerator(SMALL), torch.randn(2, 3, 28, 28)).diff(dim=0).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": 0},
        {"middle_channels": 10**6},
        {"condition": 1.5},
        {"kernel": 4},
        {"middle": (0,)},
        {"ascending": (1,) * 100},
        {"classes": ()},
        {"classes": ("1", "1")},
        {"classes": ("", "1")},
    ],
)
def test_a_shape_that_cannot_be_built_is_one_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z") as refusal:
        GeneratorConfig(**wrong)
    assert next(iter(wrong)).split("_")[0] in str(refusal.value)


@pytest.mark.parametrize("values", [{}, {"dilations": [1]}, {**SMALL.to_dict(), "middle": 3}])
def test_what_describes_no_generator_is_one_sentence(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\ANot a valid generator configuration: [^\n]+\.\Z"):
        GeneratorConfig.from_dict(values)
