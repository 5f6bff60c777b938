"""What lies behind a count of a confusion matrix is what was counted there."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model.data import DataError, load_mnist
from model.drawing.strokes import rasterize
from model.evaluation.confusion import MOST_BEHIND, behind_cell, look_behind
from model.evaluation.pen_strokes import load_pendigits
from model.metrics import confusion_matrix, logits_of
from model.network import DigitNet

PEN_DIGIT = """.SEGMENT DIGIT {number}-{number} ? "{label}"
.COMMENT  {label}  {writer}  1
.PEN_DOWN
 {x} 400
 250 {y}
 120 100
.PEN_UP
"""


@pytest.fixture
def directory(stand_in_data: Path, tmp_path: Path) -> Path:
    """MNIST's stand-in, and pen strokes beside it."""
    (tmp_path / "MNIST").symlink_to(stand_in_data / "MNIST")
    (tmp_path / "pendigits").mkdir()
    drawn = [(label, 40 * label + 30 + each, 100 + 30 * each) for label in range(10) for each in range(9)]
    text = "".join(PEN_DIGIT.format(number=n, label=label, writer=1, x=x, y=y) for n, (label, x, y) in enumerate(drawn))
    (tmp_path / "pendigits" / "pendigits-orig.tra").write_text(text)
    return tmp_path


def test_every_cell_holds_as_many_images_as_were_counted(small_net: DigitNet, directory: Path) -> None:
    images, labels = load_mnist(directory, train=False)
    for label, row in enumerate(confusion_matrix(logits_of(small_net, images), labels).tolist()):
        for answer, count in enumerate(row):
            found = look_behind(small_net, "test", directory, label, answer)
            assert found.total == count
            assert found.images.shape == (min(count, MOST_BEHIND), 28, 28)
            assert found.drawings is None, "MNIST has no strokes"


def test_pen_strokes_come_as_drawings_of_the_label(small_net: DigitNet, directory: Path) -> None:
    images, labels, _ = load_pendigits(directory / "pendigits" / "pendigits-orig.tra")
    counts = confusion_matrix(logits_of(small_net, images), labels)
    label, answer = divmod(int(counts.argmax()), 10)
    found = look_behind(small_net, "pendigits", directory, label, answer)
    assert found.total == counts[label, answer] > 0
    for image, drawing in zip(found.images, found.drawings, strict=True):
        np.testing.assert_array_equal(image, rasterize(drawing))
    of_label = behind_cell(small_net, images, labels, label, answer)
    assert torch.equal(found.images, images[of_label[:MOST_BEHIND]])


@pytest.mark.parametrize("data", ["test", "pendigits"])
def test_what_is_not_on_the_machine_is_told_in_a_sentence_and_not_fetched(
    data: str, small_net: DigitNet, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"^The (images|drawings) are not on this machine, only their counts; start"):
        look_behind(small_net, data, tmp_path, 3, 5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("label", "answer"), [(10, 0), (0, -1), (None, 1), (True, 1), ("3", 5)])
def test_what_is_no_cell_is_refused(label: object, answer: object, small_net: DigitNet, directory: Path) -> None:
    for data in ("test", "pendigits"):
        with pytest.raises(ValueError, match=r"There is no class .*; expected 0 to 9"):
            look_behind(small_net, data, directory, label, answer)
    with pytest.raises(ValueError, match="expected one of test, pendigits"):
        look_behind(small_net, "train", directory, 0, 1)
