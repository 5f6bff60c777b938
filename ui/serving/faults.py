"""What goes wrong reaches people as one sentence: what is wrong with a request, or that the fault is the program's."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

FAULT = "The server failed at this by a fault of its own; nothing was changed. Whoever runs it finds more in its log."


def sentence_of(error: Exception) -> str:
    """What is told of an error; one that nobody foresaw is written to the log in full."""
    if isinstance(error, ValueError):
        return str(error)
    traceback.print_exception(error)
    return FAULT


@contextmanager
def one_sentence() -> Iterator[None]:
    """What goes wrong within it reaches the caller of one of Gradio's events as a sentence."""
    try:
        yield
    except Exception as error:
        raise gr.Error(sentence_of(error), print_exception=False) from error
