"""The first checks of values from outside."""

import pytest

from model.checks import check_object, check_whole, fields_of, is_whole


class OwnError(ValueError):
    """What a caller raises."""


@pytest.mark.parametrize("value", [0, 3, 10])
def test_whole_numbers_in_their_range_pass(value: int) -> None:
    assert is_whole(value, 0, 10)
    assert check_whole("steps", value, 0, 10) == value


@pytest.mark.parametrize("value", [-1, 11, 1.0, True, "1", None, [1], float("nan"), 10**400])
def test_everything_else_is_refused_in_one_sentence(value: object) -> None:
    """True is an int to Python: without the check, a page that sends true trains for one step."""
    assert not is_whole(value, 0, 10)
    with pytest.raises(OwnError, match=r"^steps is .*; expected a whole number from 0 to 10\.$"):
        check_whole("steps", value, 0, 10, OwnError)


def test_a_range_may_be_open() -> None:
    assert check_whole("seed", 10**400, 0) == 10**400
    assert is_whole(-(10**400))
    with pytest.raises(ValueError, match=r"expected a whole number of at least 0\.$"):
        check_whole("seed", -1, 0)


def test_an_object_has_known_fields_and_no_others() -> None:
    assert check_object("The settings", {"steps": 3}, ("steps", "batch")) == {"steps": 3}
    assert check_object("The settings", {"any": 3}) == {"any": 3}
    for wrong in (None, [], "steps", {"steps": 3, "other": 4}):
        with pytest.raises(OwnError, match=r"^The settings have to be an object of steps, batch\.$"):
            check_object("The settings", wrong, ("steps", "batch"), OwnError)


@pytest.mark.parametrize("request_", [None, [], "job", 7])
def test_what_is_not_an_object_has_no_fields(request_: object) -> None:
    assert fields_of(request_, "job", "since") == [None, None]


def test_fields_come_in_the_order_of_the_names() -> None:
    assert fields_of({"since": 3, "job": "x"}, "job", "since", "more") == ["x", 3, None]
    assert fields_of({"job": None}, job="x", since=0) == [None, 0]
