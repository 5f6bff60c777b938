"""Readers of people's pen strokes: a wrong box or a flipped axis would spoil every figure on people."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from model.drawing.corpora import CorpusError, read_omniglot, read_pendigits

PENDIGITS = """.VERSION 1.0
.SEGMENT DIGIT 0-1 ? "7"
.COMMENT 7 12 224
.PEN_DOWN
 100 400
 400 400
.PEN_UP
.PEN_DOWN
 250 100
.PEN_UP
"""


def test_pendigits_are_upright_and_in_the_canvas(tmp_path: Path) -> None:
    """The tablet's y points up, the canvas's down."""
    (tmp_path / "some.tra").write_text(PENDIGITS)
    (sample,) = read_pendigits(tmp_path / "some.tra")
    assert (sample.label, sample.writer) == ("7", 12)
    (first, second), (dot,) = sample.drawing
    assert first == pytest.approx([0.2, 0.2])
    assert second == pytest.approx([0.8, 0.2])
    assert dot == pytest.approx([0.5, 0.8])


def test_all_thirty_writers_are_read(data_directory: Path) -> None:
    path = data_directory / "pendigits" / "pendigits-orig.tra"
    if not path.is_file():
        pytest.skip("needs pendigits-orig.tra beside MNIST")
    samples = read_pendigits(path)
    assert len(samples) == 7494
    assert len({sample.writer for sample in samples}) == 30
    assert {sample.label for sample in samples} == set("0123456789")


def test_omniglot_is_read_with_its_times(data_directory: Path) -> None:
    path = data_directory / "omniglot" / "strokes_background_small1.zip"
    if not path.is_file():
        pytest.skip("needs Omniglot's strokes beside MNIST")
    samples = read_omniglot(path, "Latin")
    assert len(samples) == 26 * 20
    assert all(len(point) == 3 for point in samples[0].drawing[0])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"hello", b'.SEGMENT DIGIT ? "x"'])
def test_other_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    for read in (read_pendigits, lambda path: read_omniglot(path, "Latin")):
        with pytest.raises(CorpusError, match=r"^[^\n]+\.$"):
            read(path)


def test_missing_files_and_alphabets_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        read_pendigits(tmp_path / "nowhere.tra")
    with ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(CorpusError):
        read_omniglot(tmp_path / "empty.zip", "Latin")
