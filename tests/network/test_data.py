"""MNIST is split once and for all, missing data is one sentence, and distorted images are still images."""

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model import data
from model.data import Augmentation, DataError, Split, augment, import_mnist, load_mnist, load_training, thicken

ONE_SENTENCE = r"\A[^\n]+\.\Z"


@pytest.fixture
def numbered_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """60,000 images, each of which holds nothing but its own number."""
    numbers = torch.arange(60_000)
    monkeypatch.setattr(data, "load_mnist", lambda *_, **__: Split(numbers[:, None, None], numbers))


def test_split_is_disjoint_complete_and_of_the_stated_sizes(numbered_images: None) -> None:
    training, validation = load_training()
    assert (len(training.labels), len(validation.labels)) == (55_000, 5_000)
    assert len(set(training.labels.tolist()) | set(validation.labels.tolist())) == 60_000


def test_split_keeps_images_and_labels_together(numbered_images: None) -> None:
    for split in load_training():
        assert torch.equal(split.images[:, 0, 0], split.labels)


def test_split_is_the_same_on_every_machine_whatever_was_drawn_before(numbered_images: None) -> None:
    torch.manual_seed(1)
    first = load_training()[1].labels
    torch.manual_seed(2)
    assert torch.equal(first, load_training()[1].labels)
    assert first[:5].tolist() == [0, 16, 39, 53, 69], "the validation images are not those of the published figures"


def test_torchvision_provides_its_mnist() -> None:
    assert import_mnist().__name__ == "MNIST"
    assert import_mnist() is import_mnist()


def test_missing_data_is_one_sentence_and_not_downloaded_unless_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_mnist(), "download", lambda self: pytest.fail("tried to download"))
    with pytest.raises(DataError, match=ONE_SENTENCE) as error:
        load_mnist(tmp_path / "nothing", train=True, download=False)
    assert "--data" in str(error.value)


@pytest.mark.parametrize("failure", [RuntimeError("Error downloading"), OSError("no route to host")])
def test_missing_data_without_a_network_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def download(self: object) -> None:
        raise failure

    monkeypatch.setattr(import_mnist(), "download", download)
    with pytest.raises(DataError, match=ONE_SENTENCE) as error:
        load_mnist(tmp_path / "nothing", train=False)
    assert "--data" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no images at all", b"\0\0\x08\x03\0\0"])
def test_files_without_images_are_reported_as_damaged(stand_in_data: Path, tmp_path: Path, content: bytes) -> None:
    shutil.copytree(stand_in_data, tmp_path / "data")
    (tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_mnist(tmp_path / "data", train=True, download=False)


def test_damaged_data_is_one_sentence(tmp_path: Path, stand_in_data: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (stand_in_data / "MNIST" / "raw").iterdir():
        (raw / path.name).write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=ONE_SENTENCE):
        load_mnist(tmp_path, train=True)


def test_mnist_is_what_it_should_be(data_directory: Path) -> None:
    train, test = (load_mnist(data_directory, train=train, download=False) for train in (True, False))
    assert train.images.shape == (60_000, 28, 28)
    assert test.images.shape == (10_000, 28, 28)
    assert train.images.dtype == torch.uint8
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


amounts = st.builds(
    Augmentation,
    rotation=st.floats(0, 45),
    shear=st.floats(0, 1),
    scale=st.floats(0, 0.5),
    shift=st.floats(0, 6),
    elastic=st.floats(0, 3),
    thickness=st.floats(0, 1),
)


@given(how=amounts, count=st.integers(1, 5), seed=st.integers(0, 2**16))
def test_distorted_images_are_images_and_the_same_for_the_same_seed(how: Augmentation, count: int, seed: int) -> None:
    images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    bent = augment(images, how, torch.Generator().manual_seed(seed))
    assert bent.shape == images.shape
    assert bent.dtype == torch.float32
    assert bent.min() >= 0
    assert bent.max() <= 1 + 1e-6
    assert torch.equal(bent, augment(images, how, torch.Generator().manual_seed(seed)))


def test_no_distortion_leaves_the_image_unchanged() -> None:
    images = torch.rand(3, 1, 28, 28)
    still = augment(images, Augmentation(0, 0, 0, 0, 0, 0), torch.Generator())
    torch.testing.assert_close(still, images, rtol=0, atol=1e-5)


def test_every_image_of_a_batch_is_distorted_in_its_own_way() -> None:
    images = torch.rand(1, 1, 28, 28).expand(4, 1, 28, 28)
    bent = augment(images, Augmentation(), torch.Generator().manual_seed(0))
    assert all(not torch.equal(bent[0], other) for other in bent[1:])


def test_thickening_adds_ink_around_a_line_and_thinning_removes_it() -> None:
    line = torch.zeros(1, 1, 28, 28)
    line[..., 13:16, 5:20] = 1
    more = thicken(line, torch.ones(1, 1, 1, 1))
    less = thicken(line, -torch.ones(1, 1, 1, 1))
    assert more[0, 0, 12:17, 4:21].min() == 1
    assert more.sum() == 5 * 17
    assert less.sum() == 1 * 13
    assert torch.equal(thicken(line, torch.zeros(1, 1, 1, 1)), line)
