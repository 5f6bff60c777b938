"""What pages ask of this server's functions: each call is read, answered and written in one thread.

In the place of Gradio's own route, which reads and writes JSON on the event loop, where everybody waits for it.
"""

from typing import Any

import anyio.to_thread
import gradio as gr
import orjson
from fastapi.encoders import jsonable_encoder
from gradio.route_utils import API_PREFIX
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from model.checks import fields_of, is_whole
from model.json_text import read_json
from ui.serving.faults import sentence_of
from ui.serving.sessions import SENTENCE, is_session

PATH = f"{API_PREFIX}/component_server"


def routes_of_calls(page: gr.Blocks) -> list[Route]:
    """The routes by which the views of a page call their functions."""

    async def answer(request: Request) -> Response:
        body, address = await request.body(), request.client.host if request.client else ""
        return await anyio.to_thread.run_sync(answer_call, page, body, address, limiter=getattr(page, "limiter", None))

    return [Route(path, answer, methods=["POST"]) for path in (PATH, f"{PATH}/")]


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
