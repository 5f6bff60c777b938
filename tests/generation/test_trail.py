"""The way from noise to digits, kept to be looked at: it must be the way that `generate` and `complete` go."""

import numpy as np
import pytest
import torch

from model.generation.flow import with_known
from model.generation.network import DigitGenerator
from model.generation.sampling import complete, draw_noise, generate
from model.generation.trail import Wish, shapes_of, stage_maps, trail

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[4:14, 10:13] = 200
ANY = [0.0] * 10 + [1.0]
THREE = [float(index == 3) for index in range(11)]
WISH = Wish(np.array([THREE, ANY], np.float32), IMAGE, IMAGE > 0, seed=4, steps=3)


def test_a_trail_ends_with_what_complete_and_generate_draw(generator: DigitGenerator) -> None:
    drawn = trail(generator, WISH)
    assert drawn.noisy.shape == drawn.answers.shape == (4, 2, 28, 28)
    assert (drawn.times[0], drawn.times[-1]) == (0, 1)
    np.testing.assert_array_equal(drawn.images[:1], complete(generator, IMAGE, IMAGE > 0, "3", 1, seed=4, steps=3))
    invented = trail(generator, WISH._replace(image=None, keep=None))
    np.testing.assert_array_equal(invented.images, generate(generator, ["3", None], seed=4, steps=3))


def test_maps_are_those_of_the_step_and_the_image_that_are_asked_for(generator: DigitGenerator) -> None:
    """Computed for one image alone, and read off at the right pass."""
    maps = stage_maps(generator, WISH, 1, 1)
    assert [(name, *values.shape) for name, values in maps.items()] == [
        (shape.name, shape.channels, shape.side, shape.side) for shape in shapes_of(generator)
    ]
    stage = generator.stages[0]
    first = stage_maps(generator, WISH, 0, 1)["stages.0"]
    keep = torch.as_tensor(WISH.keep)[None, None].float()
    values = torch.as_tensor(IMAGE)[None, None].float() / 127.5 - 1
    with torch.inference_mode():
        x = generator.stem(with_known(draw_noise(2, torch.Generator().manual_seed(4))[1:], values, keep))
        expected = stage(x, generator.condition(torch.zeros(1), torch.tensor([ANY])))
    np.testing.assert_allclose(first, expected[0], atol=1e-5)
    assert not np.allclose(maps["stages.0"], first)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shares": np.zeros((1, 4))}, "11 numbers from 0 to 1"),
        ({"shares": np.full((1, 11), np.nan)}, "11 numbers from 0 to 1"),
        ({"keep": None}, "needs a mask"),
        ({"keep": np.zeros((28, 28), bool)}, "Nothing of the image is kept"),
        ({"keep": np.ones((28, 28), bool)}, "All of the image is kept"),
        ({"seed": -1}, "seed is -1"),
        ({"steps": 0}, "steps is 0"),
        ({"guidance": 0}, "guidance is 0"),
    ],
)
def test_a_wish_that_cannot_be_drawn_is_refused(generator: DigitGenerator, change: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        trail(generator, WISH._replace(**change))
