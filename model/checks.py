"""First checks of values from outside: is this a whole number in its range, is it an object with these fields?"""

from collections.abc import Iterable
from typing import Any, TypeGuard


def is_whole(value: object, low: float = float("-inf"), high: float = float("inf")) -> TypeGuard[int]:
    """Whether this is a whole number from `low` to `high`; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_whole(
    name: str, value: object, low: int, high: int | None = None, error: type[ValueError] = ValueError
) -> int:
    """The value, if it is a whole number in its range.

    Args:
        name: the value's name, for the sentence.
        value: what was given.
        low: the least allowed.
        high: the most allowed; None for no limit.
        error: the exception to raise.

    Raises:
        ValueError: it is not a whole number in its range; raised as the subclass `error`.
    """
    if not is_whole(value, low, float("inf") if high is None else high):
        limit = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise error(f"{name} is {value!r}; expected a whole number {limit}.")
    return value


def check_object(
    what: str, value: object, fields: Iterable[str] | None = None, error: type[ValueError] = ValueError
) -> dict[str, Any]:
    """The value, if it is a JSON object with no other fields than these.

    Args:
        what: what it is, for the sentence; in the plural, such as "The settings of a lesson".
        value: what was given.
        fields: the names that are allowed; None allows all.
        error: the exception to raise.

    Raises:
        ValueError: it is not an object, or has a field of another name; raised as the subclass `error`.
    """
    known = None if fields is None else list(fields)
    if not isinstance(value, dict) or (known is not None and not value.keys() <= set(known)):
        expected = "names and values" if known is None else ", ".join(known) or "nothing"
        raise error(f"{what} have to be an object of {expected}.")
    return value


def fields_of(request: object, *names: str, **defaults: object) -> list[Any]:
    """The named fields of a request, None for each missing one: whoever reads a field says what it should have been.

    Args:
        request: a JSON object; anything else has no fields.
        names: the fields' names.
        defaults: further fields, each with its value if it is missing.
    """
    fields = request if isinstance(request, dict) else {}
    return [fields.get(name, default) for name, default in (dict.fromkeys(names) | defaults).items()]
