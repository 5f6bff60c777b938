"""What Gradio remembers of the pages that are open: of so many only, and by short names.

A page makes up the name of its session, and Gradio takes any name for one: some hundred kilobytes each, for as long as
it runs.
"""

from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.state_holder import StateHolder
from gradio.utils import LRUCache

from ui.serving import limits

SENTENCE = f"The name of a session is text of 1 to {limits.SESSION_CHARACTERS} characters."


def bound_sessions(page: gr.Blocks) -> None:
    """Have a page that is being served remember no more than `ui.serving.limits` allow."""
    holder = _Sessions()
    holder.set_blocks(page)
    holder.capacity = limits.SESSIONS
    page.app.state_holder = holder
    queue = page._queue
    queue.pending_messages_per_session = LRUCache(limits.UNREAD)
    push = queue.push

    async def push_checked(body: Any, **context: Any) -> tuple[bool, str, str]:
        if body.session_hash is not None and not is_session(body.session_hash):
            return False, SENTENCE, "error"
        return await push(body=body, **context)

    queue.push = push_checked


def is_session(name: object) -> bool:
    """Whether this may be the name of a session."""
    return isinstance(name, str) and 1 <= len(name) <= limits.SESSION_CHARACTERS


class _Sessions(StateHolder):
    """As Gradio's; what is no name of a session gets none."""

    def __getitem__(self, session_id: str) -> Any:
        if not is_session(session_id):
            raise HTTPException(400, SENTENCE)
        return super().__getitem__(session_id)
