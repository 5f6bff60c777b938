"""Which ink a decision depends on, for classifiers whose reasons are known."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.explain.occlusion import BATCH, occlusion
from model.inference import predict
from model.network import DigitNet


def looks_at(y: int, x: int) -> Callable[[np.ndarray], np.ndarray]:
    """Says class 1 with the ink of one pixel as its probability; looks at nothing else."""

    def ask(images: np.ndarray) -> np.ndarray:
        ink = images[:, y, x] / 255
        return np.stack([1 - ink, ink], 1).astype(np.float32)

    return ask


@given(st.integers(0, 27), st.integers(0, 27), st.sampled_from([1, 3, 5, 9]))
def test_the_drop_is_where_the_window_covers_what_is_looked_at(y: int, x: int, window: int) -> None:
    """A shifted or transposed map would blame the wrong ink."""
    found = occlusion(looks_at(y, x), np.full((28, 28), 255, np.uint8), window)
    rows, columns = np.mgrid[:28, :28]
    near = (abs(rows - y) <= window // 2) & (abs(columns - x) <= window // 2)
    np.testing.assert_array_equal(found.drop, near.astype(np.float32))
    np.testing.assert_array_equal(found.reading, np.where(near, 0, 1))
    assert near[found.strongest]


def test_only_windows_over_ink_are_read() -> None:
    """Blank paper over blank paper changes nothing; reading it would only take time."""
    image = np.zeros((28, 28), np.uint8)
    image[10, 10] = 255
    asked = []

    def ask(images: np.ndarray) -> np.ndarray:
        asked.append(len(images))
        return looks_at(10, 10)(images)

    occlusion(ask, image, 5)
    assert sum(asked) == 1 + 25
    assert max(asked) <= BATCH


def test_drops_are_the_networks_answers_without_that_ink(small_net: DigitNet, images: np.ndarray) -> None:
    found = occlusion(lambda some: predict(small_net, some), images[0], 5)
    without = images[0].copy()
    without[7:12, 18:23] = 0
    before, after = predict(small_net, np.stack([images[0], without]))
    assert found.top == before.argmax()
    assert found.probability == pytest.approx(before.max(), abs=1e-5)
    assert found.drop[9, 20] == pytest.approx(before[found.top] - after[found.top], abs=1e-5)
    assert found.reading[9, 20] == after.argmax()


def test_an_image_is_left_as_it_was(images: np.ndarray) -> None:
    before = images[0].copy()
    occlusion(looks_at(3, 3), images[0])
    np.testing.assert_array_equal(images[0], before)


@pytest.mark.parametrize("window", [0, 2, 29, -1, 3.0])
def test_a_window_without_a_middle_is_refused(window: object) -> None:
    with pytest.raises(ValueError, match="odd number from 1 to 27"):
        occlusion(looks_at(0, 0), np.zeros((28, 28), np.uint8), window)


def test_what_changes_the_reading_comes_before_what_only_weakens_it() -> None:
    """Otherwise the page says that no patch decides on its own, while another one does."""

    def ask(images: np.ndarray) -> np.ndarray:
        weak, decides = images[:, 5, 5] == 0, images[:, 20, 20] == 0
        answers = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (len(images), 1))
        answers[weak] = [0.36, 0.32, 0.32]
        answers[decides] = [0.45, 0.55, 0.0]
        return answers

    found = occlusion(ask, np.full((28, 28), 255, np.uint8), 5)
    assert found.drop.max() == pytest.approx(0.54)
    assert found.reading[found.strongest] == 1
