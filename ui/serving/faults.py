"""Errors reach people as one sentence: what is wrong with a request, or that the fault is in this program."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

FAULT = "The server failed because of an internal error; nothing was changed. Its log has the details."


def sentence_of(error: Exception) -> str:
    """The sentence for an error; an unexpected one is written to the log in full."""
    if isinstance(error, ValueError):
        return str(error)
    traceback.print_exception(error)
    return FAULT


@contextmanager
def one_sentence() -> Iterator[None]:
    """Errors raised within it reach the caller of one of Gradio's events as a sentence."""
    try:
        yield
    except Exception as error:
        raise gr.Error(sentence_of(error), print_exception=False) from error
