"""What reaches the app and what does not, and how it is said."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.coroutines import finish
from tests.serving import free_port
from ui.serving import gate, limits
from ui.serving.faults import FAULT
from ui.serving.gate import Gate
from ui.serving.hosts import Hosts, names_of_this_server

reached: list[int] = []
received: list[bytes] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    reached.clear()
    received.clear()


async def answer(request: Request) -> Response:
    reached.append(len(await request.body()))
    if request.url.path == "/broken":
        raise KeyError("a fault of the program")
    if request.url.path == "/null":
        return JSONResponse({"error": None}, 500)
    return JSONResponse({"fine": True})


CALL = "/gradio_api/component_server"
PATHS = ("/", "/broken", "/null", "/gradio_api/upload", CALL)
APP = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path in PATHS])


def ask(
    path: str = "/", parts: Iterable[bytes] = (b"{}",), method: str = "POST", hosts: Iterable[str] = (), **headers: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, JSON and headers of the answer to a request whose body arrives in parts."""
    waiting, sent = list(parts), []
    behind = Gate(APP, Hosts(hosts))

    async def receive() -> dict[str, Any]:
        received.append(waiting.pop(0))
        return {"type": "http.request", "body": received[-1], "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": "localhost:7860", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    finish(behind(scope, receive, send))
    assert behind._held == 0
    begun, *rest = sent
    told = {name.decode(): value.decode() for name, value in begun["headers"]}
    return begun["status"], json.loads(b"".join(message["body"] for message in rest)), told


def refused(status: int, says: str, **request: Any) -> None:
    """The request is answered with one sentence, and nothing of it reaches the app."""
    answered, said, _ = ask(**request)
    assert (answered, reached) == (status, [])
    assert says in said["error"]
    assert said["error"].endswith(".")


def test_what_is_small_reaches_the_app_whole() -> None:
    status, said, _ = ask(parts=[b'{"data":', b"[1,2]}"])
    assert (status, said, reached) == (200, {"fine": True}, [14])


def test_a_body_that_says_that_it_is_too_large_is_not_read() -> None:
    refused(413, "at most 8 MB", path=CALL, parts=[b"", b""], content_length=str(limits.BODY_BYTES + 1))
    refused(413, "at most 3 MB", parts=[b"", b""], content_length=str(limits.LOOP_BYTES + 1))


def test_a_body_that_turns_out_too_large_is_not_read_to_its_end() -> None:
    refused(413, "at most 8 MB", path=CALL, parts=[bytes(2**20)] * 1000)
    assert len(received) <= limits.DRAINED_BYTES / 2**20 + 9


def test_a_refused_body_is_read_to_its_end_so_that_its_sender_comes_to_read_why() -> None:
    refused(413, "at most 8 MB", path=CALL, parts=[bytes(2**20)] * 20)
    assert len(received) == 20
    received.clear()
    refused(403, "another site", parts=[b"a", b"b"], origin="http://evil.example")
    assert len(received) == 2


def test_who_asks_before_sending_a_body_is_answered_at_once() -> None:
    refused(413, "MB", parts=[b""], content_length=str(limits.BODY_BYTES + 1), expect="100-continue")
    assert received == []


@pytest.mark.parametrize("body", [b"1," * 600_000, b"[" * 600_000, b'{"a":' * 600_000])
@pytest.mark.parametrize("path", ["/", CALL])
def test_many_values_are_refused_before_they_are_read(body: bytes, path: str) -> None:
    refused(413, "values", path=path, parts=[body])


@pytest.mark.parametrize(
    "body",
    [
        b"1," * 11_000,
        b'"",' * 11_000,
        b'"\\\\",' * 11_000,
        b'"' + b'\\"' * 11_000 + b'"',
        b'"\\\\' + b'"' + b",1" * 11_000,  # a text that ends in a backslash, and what comes after it
    ],
)
def test_what_would_be_read_on_the_loop_is_less(body: bytes) -> None:
    refused(413, "at most 10,000 values here", parts=[b"[" + body + b"0]"])
    assert ask(CALL, [b"[" + body + b"0]"])[0] == 200


def test_a_long_text_is_quick_to_read_and_may_be_sent_anywhere() -> None:
    samples = json.dumps({"samples": [{"label": "7", "drawing": [[[0.5, 0.25, 10]] * 200]}] * 400})
    assert ask(parts=[json.dumps({"data": [samples]}).encode()])[0] == 200


def test_many_bodies_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 10)
    refused(503, "try again", parts=[bytes(11)])


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)

    async def never(_scope: Any, _receive: Any, _send: Any) -> None:
        pytest.fail("it reached the app")

    async def wait() -> Any:
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    finish(Gate(never, Hosts(()))({"type": "http", "method": "POST", "path": "/", "headers": []}, wait, send))
    assert sent[0]["status"] == 408


def test_who_sends_much_waits_and_who_draws_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(gate.asyncio, "sleep", sleep)
    behind = Gate(APP, Hosts(()))
    finish(behind.pace(limits.FREE_VALUES))
    assert waited == []
    finish(behind.pace(500_000))
    finish(behind.pace(500_000))
    assert waited[0] == 0
    assert waited[1] == pytest.approx(500_000 * limits.SECONDS_A_VALUE / limits.SHARE, rel=0.1)
    behind._free_at += limits.LONGEST_WAIT
    with pytest.raises(gate.RefusedError, match="busy"):
        finish(behind.pace(500_000))


def test_files_cannot_be_left_here() -> None:
    refused(404, "not accepted", path="/gradio_api/upload")


def test_a_fault_is_a_sentence_and_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    status, said, _ = ask("/broken")
    assert (status, said["error"]) == (500, FAULT)
    assert "a fault of the program" in capsys.readouterr().err


def test_a_failure_without_words_gets_some() -> None:
    status, said, headers = ask("/null")
    assert (status, said["error"]) == (500, FAULT)
    assert int(headers["content-length"]) > len(FAULT)


@pytest.mark.parametrize(
    "host",
    ["localhost:7860", "127.0.0.1:7860", "[::1]:7860", "192.168.1.5", "", "a.localhost", "lab.example", "b.x.org"],
)
def test_names_of_this_server_and_addresses_are_fine(host: str) -> None:
    assert ask(host=host, hosts=["lab.example", ".x.org"])[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "x.org", "::", "[", "a b"]
)
def test_a_name_that_somebody_else_gave_this_computer_is_refused(host: str) -> None:
    refused(403, "--allowed-host", host=host, hosts=["lab.example", ".x.org"])


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},  # another server on this computer
        {"origin": "http://localhost:7860.evil.example"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
    ],
)
def test_pages_of_others_are_not_answered(headers: dict[str, str]) -> None:
    refused(403, "came from another site", **headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://localhost:7860"},
        {"origin": "https://lab.example", "host": "127.0.0.1:7860"},  # behind a proxy that names itself
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},  # a link
        {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"},
    ],
)
def test_the_page_itself_and_links_to_it_are_answered(headers: dict[str, str]) -> None:
    assert ask(hosts=["lab.example"], **headers)[0] == 200


def test_a_server_knows_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    assert ask(host="desk.local:8000", hosts=names_of_this_server("0.0.0.0", False))[0] == 200
    assert ask(host="desk", hosts=names_of_this_server(None, False))[0] == 403
    assert ask(host="abc.gradio.live", hosts=names_of_this_server(None, True))[0] == 200
    assert ask(host="abc.gradio.live", hosts=names_of_this_server(None, False))[0] == 403
    monkeypatch.setenv("SPACE_HOST", "somebody-digitscope.hf.space")
    assert ask(host="somebody-digitscope.hf.space", hosts=names_of_this_server(None, False))[0] == 200
    assert ask(host="any.example", hosts=["*"])[0] == 200


def test_a_browser_is_told_not_to_frame_or_to_guess() -> None:
    for path in ("/", "/broken"):
        headers = ask(path)[2]
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self';" in headers["content-security-policy"]


@pytest.fixture
def address() -> Iterator[str]:
    """Of a real server behind the gate."""
    server = uvicorn.Server(uvicorn.Config(Gate(APP, Hosts(())), port=free_port(), log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("announced", [True, False])
def test_an_ordinary_client_reads_why_its_huge_body_was_refused(address: str, announced: bool) -> None:
    """Where the rest of the body is not read, most see a connection that was reset."""
    parts = [bytes(2**20)] * 40
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(address + CALL, content=b"".join(parts) if announced else iter(parts))
        assert answer.status_code == 413
        assert "at most 8 MB" in answer.json()["error"]
        assert client.post(address, content=b"{}").status_code == 200, "and the next is answered"
    request = urllib.request.Request(address + CALL, b"".join(parts))
    with pytest.raises(urllib.error.HTTPError, match="413"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60)
