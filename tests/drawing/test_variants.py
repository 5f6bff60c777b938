"""Variants of a drawing: images of the same digit, each different, and the same again from the same generator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.examples import load_examples
from model.drawing.strokes import DrawingError, rasterize
from model.drawing.variants import variants

SEVEN = next(example.drawing for example in load_examples() if example.label == "7")
points = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8)


@given(st.lists(points, min_size=1, max_size=3), st.integers(0, 9))
def test_whatever_is_drawn_stays_an_image_with_ink(drawing: list, seed: int) -> None:
    images = variants(drawing, 3, np.random.default_rng(seed))
    assert images.shape == (3, 28, 28)
    assert images.dtype == np.uint8
    assert (images.reshape(3, -1).max(1) > 0).all()


def test_no_two_variants_are_alike_and_the_same_seed_gives_the_same() -> None:
    images = variants(SEVEN, 12, np.random.default_rng(1))
    assert len({image.tobytes() for image in images}) == 12
    assert np.array_equal(images, variants(SEVEN, 12, np.random.default_rng(1)))


def test_a_variant_is_nearer_to_its_drawing_than_to_other_digits() -> None:
    """Changed further than that, a drawing would teach the wrong class."""
    hand = load_examples()[0].hand
    originals = {e.label: rasterize(e.drawing).astype(float) for e in load_examples() if e.hand == hand}
    for label, drawing in ((e.label, e.drawing) for e in load_examples() if e.hand == hand):
        mean = variants(drawing, 24, np.random.default_rng(0)).astype(float).mean(0)
        nearest = min(originals, key=lambda other: np.square(originals[other] - mean).sum())
        assert nearest == label


def test_the_pen_becomes_thinner_and_thicker() -> None:
    ink = variants(SEVEN, 40, np.random.default_rng(2)).reshape(40, -1).sum(1, dtype=float)
    own = rasterize(SEVEN).sum(dtype=float)
    assert ink.min() < 0.9 * own < 1.1 * own < ink.max()


def test_a_drawing_without_ink_is_refused_in_a_sentence() -> None:
    with pytest.raises(DrawingError, match="no ink"):
        variants([], 1, np.random.default_rng(0))
