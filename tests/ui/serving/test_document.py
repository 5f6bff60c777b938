"""The page's document is sent compressed; what answers the pen is not delayed by it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.serving.document import CompressedDocument

LONG = "a page " * 1000


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(LONG)


APP = Starlette(
    routes=[Route("/", answer), Route("/gradio_api/component_server", answer)],
    middleware=[Middleware(CompressedDocument)],
)


@pytest.mark.parametrize("prefix", ["", "/behind/a/proxy"])
def test_the_document_is_compressed_for_whoever_can_read_that(prefix: str) -> None:
    client = TestClient(APP, root_path=prefix)
    told = client.get("/", headers={"accept-encoding": "gzip"})
    assert told.headers["content-encoding"] == "gzip"
    assert int(told.headers["content-length"]) < len(LONG) / 10
    assert told.text == LONG
    assert "content-encoding" not in client.get("/", headers={"accept-encoding": "identity"}).headers


def test_nothing_else_is() -> None:
    told = TestClient(APP).get("/gradio_api/component_server", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in told.headers
    assert told.text == LONG
