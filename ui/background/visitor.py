"""Whose request is being answered: so that the long work of many is done in turn.

A page makes up a key of its own and sends it along with what it starts; it keeps the key in its browser, so that a
reload does not make somebody another visitor. Somebody who makes up many keys still has only one address.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

LONGEST = 64  # characters of a key


class Visitor(NamedTuple):
    """Somebody who asks for work.

    Attributes:
        address: of their machine, or of the proxy that many share; empty where it is not known.
        key: as their page made it up.
    """

    address: str = ""
    key: str = ""


NOBODY = Visitor()
_asking: ContextVar[Visitor] = ContextVar("asking", default=NOBODY)


@contextmanager
def asked_by(address: str, request: object) -> Iterator[None]:
    """Within it, `visitor()` is whoever sent this request.

    Args:
        address: of the machine that it came from.
        request: any JSON value; where it is an object, its `visitor` is the key.
    """
    key = request.get("visitor") if isinstance(request, dict) else None
    token = _asking.set(Visitor(address, key[:LONGEST] if isinstance(key, str) else ""))
    try:
        yield
    finally:
        _asking.reset(token)


def visitor() -> Visitor:
    """Whose request this thread answers; nobody in particular outside of one."""
    return _asking.get()
