"""Drawings of no digit are drawings, differ by seed, and letters that look like digits are left out."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.corpora import CorpusError
from model.drawing.hands import vary
from model.drawing.outliers import KINDS, LIKE_DIGITS, MEASURED, UNSEEN, letters, outliers
from model.drawing.strokes import check_drawing, rasterize
from model.drawing.symbols import SYMBOLS


@given(st.sampled_from(list(KINDS)), st.integers(0, 2**32))
def test_every_kind_is_a_drawing_inside_the_canvas(kind: str, seed: int) -> None:
    (one,) = outliers(1, seed, (kind,))
    points = np.concatenate(check_drawing(one.drawing))
    assert points.min() >= 0
    assert points.max() <= 1
    assert rasterize(one.drawing).any()
    assert [one] == list(outliers(1, seed, (kind,)))


@pytest.mark.parametrize("sign", SYMBOLS)
def test_every_sign_can_be_drawn(sign: str) -> None:
    assert rasterize(vary(SYMBOLS[sign], np.random.default_rng(0))).any()


def test_kinds_take_turns_and_those_to_measure_with_are_left_out() -> None:
    drawn = [one.kind for one in outliers(2 * len(KINDS), 0)]
    assert set(drawn) == KINDS.keys() - set(UNSEEN)
    assert drawn[: len(set(drawn))] == list(dict.fromkeys(drawn)), "one after the other"


def test_an_unknown_kind_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^There are no outliers of the kind 'ghost'; there are [^\n]*\.$"):
        list(outliers(1, 0, ("ghost",)))


@pytest.mark.parametrize("place", ["nowhere", "empty", "empty.zip"])
def test_a_corpus_that_is_not_there_or_empty_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    with ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(CorpusError, match=r"^[^\n]+\.$"):
        list(letters(tmp_path / place))


def corpus(path: Path, **characters: int) -> Path:
    """An archive in Omniglot's form, with so many characters of each alphabet, one drawing each."""
    with ZipFile(path, "w") as archive:
        for alphabet, count in characters.items():
            for number in range(1, count + 1):
                name = f"strokes_x/{alphabet}/character{number:02}/0001_01.txt"
                archive.writestr(name, f"START\n{number},-9,0\n30,-60,20\nBREAK\n")
    return path


def test_letters_that_are_also_digits_and_alphabets_to_measure_with_are_left_out(tmp_path: Path) -> None:
    corpus(tmp_path / "some.zip", Balinese=6, Latin=4, Klingon=3)
    found = [one.kind for one in letters(tmp_path)]
    assert found.count("Klingon") == 3
    assert found.count("Balinese") == 6 - len(LIKE_DIGITS["Balinese"])
    assert not set(found) & set(MEASURED)
    assert len(list(letters(tmp_path / "some.zip", only=("Latin",), without=()))) == 3, "b looks like a 6"
