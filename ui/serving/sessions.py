"""What Gradio remembers of the pages that are open: of so many only, by short names, and no more than this page needs.

A page makes up the name of its session, and Gradio takes any name for one. By itself it writes down the whole page for
each, 10 ms and 100 kB, so that a link to it as it is could be made, which this page makes itself.
"""

from copy import copy
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.state_holder import SessionState, StateHolder
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


class _Session(SessionState):
    """As Gradio's, but for what links of its own are made from."""

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, dict[str, Any]] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = 3600


class _Sessions(StateHolder):
    """As Gradio's; what is no name of a session gets none."""

    def __getitem__(self, session_id: str) -> SessionState:
        if not is_session(session_id):
            raise HTTPException(400, SENTENCE)
        if session_id not in self.session_data:
            self.session_data[session_id] = _Session(self.blocks)
        return super().__getitem__(session_id)
