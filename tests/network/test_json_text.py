"""JSON is read as `json.loads` reads it, and in a way that lets other threads in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import json_text
from model.json_text import read_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_it_is_what_json_says(value: Any) -> None:
    assert read_json(json.dumps(value)) == json.loads(json.dumps(value))
    long = json.dumps(value) + " " * json_text.SHORT
    assert repr(read_json(long)) == repr(json.loads(long))
    assert repr(read_json(json.dumps(value).encode())) == repr(json.loads(json.dumps(value)))


@pytest.mark.parametrize("text", ["", "{", "[" * 1000, "[" * 100_000, b"\xff\xfe", "1" * 5000, "\ud800"])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(text)


def test_a_function_of_python_is_called_for_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only there another thread may run: the scanner itself, in C, never lets go of the interpreter."""
    calls: list[str] = []
    monkeypatch.setattr(json_text, "_whole", lambda text: calls.append(text) or int(text))
    monkeypatch.setattr(json_text, "_real", lambda text: calls.append(text) or float(text))
    read_json("[[0.5, 1], 2]" + " " * json_text.SHORT)
    assert calls == ["0.5", "1", "2"]
