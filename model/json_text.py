"""JSON from outside, read so that other threads get their turn meanwhile."""

import json
from typing import Any

SHORT = 2**15  # read within a millisecond


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text, as `json.loads`.

    That one holds the interpreter to its end, a tenth of a second for some megabytes, in which no other thread runs;
    it lets them in wherever it calls a function of Python, as here for every number of a long text.

    Raises:
        ValueError: it is not JSON, or is nested too deeply.
    """
    try:
        return json.loads(text) if len(text) < SHORT else json.loads(text, parse_int=_whole, parse_float=_real)
    except RecursionError:
        raise ValueError("This JSON is nested too deeply.") from None


def _whole(text: str) -> int:
    return int(text)


def _real(text: str) -> float:
    return float(text)
