"""What values from outside are checked for first: is it a whole number in its range, is it an object of fields."""

from collections.abc import Iterable
from typing import Any, TypeGuard


def is_whole(value: object, low: float = float("-inf"), high: float = float("inf")) -> TypeGuard[int]:
    """Whether this is a whole number from `low` to `high`; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_whole(
    name: str, value: object, low: int, high: int | None = None, error: type[ValueError] = ValueError
) -> int:
    """A whole number in its range.

    Args:
        name: of the value, for the sentence.
        value: what was given.
        low: the least that is allowed.
        high: the most; None for no limit.
        error: what is raised.

    Raises:
        ValueError: it is not a whole number, or out of its range; as the subclass that `error` names.
    """
    if not is_whole(value, low, float("inf") if high is None else high):
        limit = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise error(f"{name} is {value!r}; expected a whole number {limit}.")
    return value


def check_object(
    what: str, value: object, fields: Iterable[str] | None = None, error: type[ValueError] = ValueError
) -> dict[str, Any]:
    """An object of JSON that has no other fields than these.

    Args:
        what: it is, for the sentence; in the plural, such as "the settings of a teaching".
        value: what was given.
        fields: the names that are known; None lets all pass.
        error: what is raised.

    Raises:
        ValueError: it is not an object, or has a field of another name; as the subclass that `error` names.
    """
    known = None if fields is None else list(fields)
    if not isinstance(value, dict) or (known is not None and not value.keys() <= set(known)):
        raise error(
            f"{what} are an object of {'names and values' if known is None else ', '.join(known) or 'nothing'}."
        )
    return value


def fields_of(request: object, *names: str, **defaults: object) -> list[Any]:
    """The named fields of a request, None for each that it lacks: whoever reads a field says what it should have been.

    Args:
        request: an object of JSON; what is not an object has no fields.
        names: of the fields.
        defaults: further fields, with what stands for one that is missing.
    """
    fields = request if isinstance(request, dict) else {}
    return [fields.get(name, default) for name, default in (dict.fromkeys(names) | defaults).items()]
