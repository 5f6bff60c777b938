"""Gradio, imported without the stubs for editors that it writes beside its components at every start.

It parses each component's source for them, which takes more than a third of its import.
"""

import inspect
from typing import Any

_file_of = inspect.getfile


def _file_unless_of_gradio(thing: Any) -> str:
    """As `inspect.getfile`, except for Gradio's own: without their file, it writes no stubs."""
    if getattr(thing, "__module__", "").startswith("gradio."):
        raise OSError
    return _file_of(thing)


inspect.getfile = _file_unless_of_gradio
try:
    import gradio  # noqa: F401
finally:
    inspect.getfile = _file_of
