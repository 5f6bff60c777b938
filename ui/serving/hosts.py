"""By which names this page may be asked for, and from which pages.

A page of somebody else, open in the same browser, could otherwise use this one: by sending requests to it, or, with a
name that it has its own server resolve to this computer (DNS rebinding), by being taken for it. Numbers cannot be
rebound, so that every address is a name that is fine.
"""

import os
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

ANY = "*"
SHARED = ".gradio.live"  # names of the links that --share makes


class Hosts:
    """The names that are fine.

    Args:
        names: such as "digits.example.org"; ".example.org" stands for all names below it, "*" for all names whatsoever.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.strip().lower() for name in names if name.strip()}

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Why a request with these headers is not answered; None where it is."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_fine(host):
            return (
                f"This page is not served under the name {_name(host)[:80]!r}; whoever runs it can allow that with "
                f"--allowed-host {_name(host)[:80]}."
            )
        if origin is not None:
            theirs = origin.partition("://")[2]
            if theirs != host and not self._is_named(_name(theirs)):
                return "This page only answers its own requests; this one came from another site."
        elif headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return "This page only answers its own requests; this one came from another site."
        return None

    def _is_fine(self, host: str) -> bool:
        name = _name(host)
        own = name == "localhost" or name.endswith(".localhost") or _is_address(name)
        return not host or own or self._is_named(name)

    def _is_named(self, name: str) -> bool:
        """Whether it was said to be fine; that this computer serves other pages, too, does not make theirs fine."""
        below = any(name.endswith(suffix) for suffix in self._names if suffix.startswith("."))
        return ANY in self._names or name in self._names or below


def names_of_this_server(host: str | None, share: bool, allowed: Iterable[str] = ()) -> list[str]:
    """The names under which this server is meant to be reached.

    Args:
        host: that it serves on; None for this computer only.
        share: whether it is also reached by a public link.
        allowed: further names that whoever runs it has given.
    """
    names = [*allowed, *os.environ.get("SPACE_HOST", "").split(",")]  # the latter on Hugging Face
    if host:
        own = socket.gethostname()
        names += [host, own, f"{own}.local"]
    if share:
        names.append(SHARED)
    return names


def _name(host: str) -> str:
    """The host without its port, in lower case; nothing where it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
