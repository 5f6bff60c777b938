"""The calls of pages: away from the event loop, before Gradio's own route, and never without an answer."""

import json
import threading
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.responses import JSONResponse

from tests.coroutines import finish
from ui.background.visitor import visitor
from ui.serving import calls
from ui.serving.calls import PATH, Calls, answer_call
from ui.serving.faults import FAULT
from ui.serving.view import view

threads: list[int] = []


def echo(value: Any) -> Any:
    threads.append(threading.get_ident())
    if value == "surrogate":
        return {"said": "\ud800"}
    if value == "path":
        return {"said": (Path("a"), {"b"})}
    if value == "who":
        return visitor()
    return value


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    with gr.Blocks() as page:
        view("reading", echo)
    return page


def component(page: gr.Blocks) -> int:
    (found,) = (number for number, block in page.blocks.items() if getattr(block, "elem_id", None) == "reading")
    return found


def ask(page: gr.Blocks, data: Any, **changes: Any) -> tuple[int, Any]:
    call = {"data": data, "component_id": component(page), "fn_name": "echo", "session_hash": "one", **changes}
    answer = answer_call(page, json.dumps(call).encode(), "10.0.0.1")
    return answer.status_code, json.loads(answer.body)


def test_a_function_is_answered_as_json(page: gr.Blocks) -> None:
    for value in (None, 1.5, [1, {"a": "b"}], {"error": "one"}):
        assert ask(page, value) == (200, value)
    assert ask(page, "path") == (200, {"said": ["a", ["b"]]})
    assert ask(page, "who")[1][0] == "10.0.0.1"


def test_what_cannot_be_written_is_a_sentence(page: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(page, "surrogate") == (200, {"error": FAULT})
    assert "surrogate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"fn_name": "nothing"}, 404),
        ({"fn_name": "get_config"}, 404),  # a function of the component's own
        ({"fn_name": None}, 404),
        ({"component_id": 10**6}, 404),
        ({"component_id": [1]}, 404),
        ({"component_id": True}, 404),
        ({"session_hash": "a" * 65}, 400),
        ({"session_hash": None}, 400),
    ],
)
def test_nothing_else_can_be_called(page: gr.Blocks, changes: dict[str, Any], status: int) -> None:
    answered, said = ask(page, 1, **changes)
    assert answered == status
    assert said["error"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[" * 100_000, b"\xff\xfe", b"3"])
def test_a_body_that_is_no_call_is_refused(page: gr.Blocks, body: bytes) -> None:
    assert answer_call(page, body, "").status_code >= 400


def test_a_call_is_read_answered_and_written_away_from_the_loop(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the loop, the largest body allowed would hold up everybody for a tenth of a second."""
    for name in ("read_json", "_written"):
        own = getattr(calls, name)
        monkeypatch.setattr(calls, name, lambda *given, own=own: threads.append(threading.get_ident()) or own(*given))
    call = {"data": 7, "component_id": component(page), "fn_name": "echo", "session_hash": "one"}
    threads.clear()

    threads.append(threading.get_ident())
    assert finish(sent(page, PATH, call)) == (200, 7)
    loop, *others = threads
    assert len(others) == 3
    assert len(set(others)) == 1
    assert loop not in others


async def sent(page: gr.Blocks, path: str, call: Any, *, root: str = "", method: str = "POST") -> tuple[int, Any]:
    """Status and answer to a call that is sent to a path of the app."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(call).encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root, "headers": [], "client": None}
    await Calls(behind, page)(scope, receive, send)
    return said[0]["status"], json.loads(said[1]["body"])


async def behind(scope: Any, receive: Any, send: Any) -> None:
    await JSONResponse("behind")(scope, receive, send)


@pytest.mark.parametrize(
    ("path", "root", "method", "answered"),
    [
        (PATH, "", "POST", 7),
        (f"{PATH}/", "", "POST", 7),
        (f"/behind/a/proxy{PATH}", "/behind/a/proxy", "POST", 7),
        (f"/another{PATH}", "", "POST", "behind"),
        (f"{PATH}/more", "", "POST", "behind"),
        (PATH, "", "GET", "behind"),
    ],
)
def test_calls_are_answered_before_anything_of_gradio(
    page: gr.Blocks, path: str, root: str, method: str, answered: Any
) -> None:
    call = {"data": 7, "component_id": component(page), "fn_name": "echo", "session_hash": "one"}
    assert finish(sent(page, path, call, root=root, method=method)) == (200, answered)
