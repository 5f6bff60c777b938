"""Drawings with labels: what may be taught, what is refused in a sentence, and the file that holds them."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.drawing.samples import (
    MAX_FILE_CHARACTERS,
    MAX_NAME,
    MAX_SAMPLES,
    Sample,
    SampleError,
    check_class,
    check_name,
    check_samples,
    contradictions,
    read_samples,
    warnings,
    write_samples,
)

DIGITS = list("0123456789")
SEVEN = [[[0.28, 0.2, 0], [0.72, 0.2, 90], [0.44, 0.85, 200]]]
ONE = [[[0.5, 0.15], [0.5, 0.85]]]

names = st.text(min_size=1, max_size=2 * MAX_NAME)
points = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list), min_size=1, max_size=6)
drawings = st.lists(points, min_size=1, max_size=3)


def sample(label: object = "7", drawing: object = SEVEN) -> dict:
    return {"label": label, "drawing": drawing}


@pytest.mark.parametrize("name", ["7", "Ä", "<img src=x onerror=1>", "👍🏽", "א", "二", "a b", "é" * MAX_NAME, "👩‍🔬"])
def test_names_of_all_scripts_are_kept_as_they_are(name: str) -> None:
    assert check_name(name) == name


def test_a_name_is_kept_in_one_form() -> None:
    """Two spellings of the same text would be two classes that nobody can tell apart."""
    assert check_name(" e\u0301 ") == "\u00e9"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "at least one character"),
        ("   ", "at least one character"),
        ("a" * 300, "this one has 300"),
        ("a\x00b", "control character"),
        ("a\nb", "control character"),
        ("\u202e7", "control character"),
        ("\u2067א", "control character"),
        ("\ud800", "control character"),
        ("\u200b", "visible character"),
        ("\u00ad\u200d", "visible character"),
        (7, "of the type int"),
        (None, "of the type NoneType"),
        (["7"], "of the type list"),
    ],
)
def test_an_invalid_name_is_refused_in_a_sentence(name: object, says: str) -> None:
    with pytest.raises(SampleError, match=says) as caught:
        check_name(name)
    assert str(caught.value).endswith(".")


@given(names)
def test_checking_a_name_twice_changes_nothing(name: str) -> None:
    try:
        checked = check_name(name)
    except SampleError:
        return
    assert check_name(checked) == checked
    assert 0 < len(checked) <= MAX_NAME


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(SampleError, match="upper and lower case"):
        check_class("a", ["A"])
    with pytest.raises(SampleError, match="upper and lower case"):
        check_samples([sample("straße"), sample("STRASSE")])


def test_a_network_has_no_more_than_a_hundred_classes() -> None:
    check_samples([sample(f"c{number}") for number in range(90)], DIGITS)
    with pytest.raises(SampleError, match="110 classes"):
        check_samples([sample(f"c{number}") for number in range(100)], DIGITS)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        ([], "no samples yet"),
        (None, "list of objects"),
        ("7", "list of objects"),
        ([sample()] * 5000, f"5,000 samples; at most {MAX_SAMPLES}"),
        ([sample(), sample(drawing=[])], "Sample 2: The drawing has no ink"),
        ([sample(drawing=[[]])], "Sample 1: The drawing has no ink"),
        ([sample(drawing=[[[0.5, float("nan")]]])], "Sample 1: .*NaN"),
        ([sample(), sample(), sample(label="")], "Sample 3: A class needs a name"),
        ([7], "Sample 1 is not an object"),
        ([{"label": "7"}], "Sample 1 is not an object"),
    ],
)
def test_samples_that_cannot_be_taught_are_refused_with_their_number(samples: object, says: str) -> None:
    with pytest.raises(SampleError, match=says) as caught:
        check_samples(samples, DIGITS)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("drawing", [[[], *SEVEN, []], json.dumps(SEVEN)])
def test_a_checked_drawing_is_strokes_with_points_whatever_it_was(drawing: object) -> None:
    """A page that shows a sample expects neither text nor a stroke without points."""
    assert check_samples([sample(drawing=drawing)])[0].drawing == SEVEN


def test_samples_that_would_delay_everybody_are_refused() -> None:
    long = [[[0.5, place / 20_000] for place in range(10_000)]]
    with pytest.raises(SampleError, match="points in all"):
        check_samples([sample(drawing=long)] * 26)


def test_the_same_drawing_with_two_labels_is_named() -> None:
    """No network can learn both; the visitor has to know which two."""
    samples = check_samples([sample("7"), sample("1", ONE), sample("8"), sample("7")])
    assert contradictions(samples) == [[0, 2, 3]]
    (sentence,) = warnings(samples)
    assert "Samples 1 and 3" in sentence
    assert re.search(r"called 7 and 8", sentence)


def test_one_class_alone_is_warned_about_and_taught() -> None:
    (sentence,) = warnings(check_samples([sample(), sample()]))
    assert "class 7" in sentence
    assert warnings(check_samples([sample(), sample("1", ONE)])) == []


@given(st.lists(st.tuples(st.sampled_from(["7", "א", "<b>", "👍"]), drawings), min_size=1, max_size=4))
def test_a_file_gives_back_what_was_written(content: list) -> None:
    samples = [Sample(label, drawing) for label, drawing in content]
    assert read_samples(write_samples(samples)) == samples


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a samples file"),
        ("{", "not a samples file"),
        ("[]", "not a samples file"),
        ("null", "not a samples file"),
        ("PK\x03\x04", "not a samples file"),
        ("[" * 100_000, "not a samples file"),
        (json.dumps({"format": 1}), "not a samples file"),
        (json.dumps({"format": 2, "samples": [sample()]}), "has format 2; this Digitscope reads up to format 1"),
        (json.dumps({"format": True, "samples": [sample()]}), "whole number"),
        (json.dumps({"format": "1", "samples": [sample()]}), "whole number"),
        (json.dumps({"format": 1, "samples": []}), "no samples yet"),
        (" " * (MAX_FILE_CHARACTERS + 1), "at most"),
    ],
    ids=["empty", "half", "list", "null", "zip", "deep", "no samples", "newer", "bool", "text", "none", "too long"],
)
def test_an_invalid_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(SampleError, match=says) as caught:
        read_samples(text)
    assert str(caught.value).endswith(".")
