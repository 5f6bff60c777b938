"""What pages ask of this server's functions: each call is read, answered and written in one thread.

Before Gradio's own route, which reads and writes JSON on the event loop, where everybody waits for it, and before all
that its requests pass on their way there, which takes longer than to read a drawing.
"""

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import orjson
from fastapi.encoders import jsonable_encoder
from gradio.route_utils import API_PREFIX
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send

from model.checks import fields_of, is_whole
from model.json_text import read_json
from ui.serving.faults import sentence_of
from ui.serving.sessions import SENTENCE, is_session

PATH = f"{API_PREFIX}/component_server"
THREADS = 40  # in which calls are answered


class Calls:
    """An ASGI middleware: answers the calls that the views of a page make of their functions.

    Args:
        app: what answers everything else.
        page: whose views have the functions.
    """

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app, self._page = app, page
        self._threads = ThreadPoolExecutor(THREADS, "calls")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if not _is_call(scope):
            await self._app(scope, receive, send)
            return
        body, address = await Request(scope, receive).body(), (scope.get("client") or ("",))[0]
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, answer_call, self._page, body, address)
        await answer(scope, receive, send)


def _is_call(scope: MutableMapping[str, Any]) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))  # behind a proxy's prefix
    return path.rstrip("/") == PATH


def answer_call(page: gr.Blocks, body: bytes, address: str) -> Response:
    """The answer to one call, as it is sent.

    Args:
        page: whose views have the functions.
        body: JSON of {data, component_id, fn_name, session_hash}.
        address: that it came from.
    """
    try:
        call = read_json(body)
    except ValueError:
        return _written({"error": "The request is not valid JSON."}, 400)
    data, component, name, session = fields_of(call, "data", "component_id", "fn_name", "session_hash")
    if not is_session(session):
        return _written({"error": SENTENCE}, 400)
    view = page.blocks.get(component) if is_whole(component) else None
    function = getattr(view, name, None) if isinstance(name, str) else None
    if not getattr(function, "_is_server_fn", False):
        return _written({"error": "There is no such function here."}, 404)
    answer = function(data, address)
    try:
        return _written(answer)
    except Exception as error:
        return _written({"error": sentence_of(error)})


def _written(answer: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(answer, default=jsonable_encoder), status, media_type="application/json")
