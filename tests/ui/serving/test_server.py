"""The server: whom it opens to, what it remembers, and how it ends."""

import asyncio
import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from fastapi import HTTPException

from tests.coroutines import finish
from tests.serving import ROOT
from ui.background.memory import give_back_when_quiet
from ui.serving import limits
from ui.serving.connections import close_idle, most_connections
from ui.serving.server import keeping_house, look_seldom, openness
from ui.serving.sessions import bound_sessions


def test_who_can_open_the_page_is_said() -> None:
    for host in (None, "127.0.0.1", "localhost", "::1"):
        assert openness(host, 7860, None) == []
    for host in ("0.0.0.0", "::", "192.0.2.7"):
        opened = " ".join(openness(host, 7860, None))
        assert "Anyone who can reach this computer" in opened
        assert ":7860" in opened
        assert "0.0.0.0" not in opened
    assert "Anyone on the internet" in " ".join(openness(None, 7860, "https://abc.gradio.live"))


@pytest.fixture
def page() -> gr.Blocks:
    """A page as Gradio would serve it, with what it remembers bounded."""
    with gr.Blocks() as page:
        gr.Textbox()
    page.queue()
    page.app = gr.routes.App.create_app(page)
    bound_sessions(page)
    return page


@pytest.mark.parametrize("name", ["", "a" * 65, None, ["a"], {"a": 1}, 7])
def test_what_is_no_name_of_a_session_is_not_remembered(page: gr.Blocks, name: object) -> None:
    with pytest.raises(HTTPException) as refused:
        page.app.state_holder[name]
    assert refused.value.status_code == 400
    assert len(page.app.state_holder.session_data) == 0


def test_so_many_sessions_are_remembered_and_no_more(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = page.app.state_holder
    assert holder.capacity == limits.SESSIONS
    assert page._queue.pending_messages_per_session.max_size == limits.UNREAD
    holder.capacity = 5
    for number in range(20):
        holder[f"session{number}"]
    assert len(holder.session_data) == 5


def test_a_session_remembers_what_was_changed_and_nothing_else(page: gr.Blocks) -> None:
    (box,) = [block for block in page.blocks.values() if isinstance(block, gr.Textbox)]
    one, other = page.app.state_holder["one"], page.app.state_holder["other"]
    assert one[box._id] is box
    one[box._id] = gr.Textbox(label="another")
    assert page.app.state_holder["one"][box._id].label == "another"
    assert other[box._id] is box
    assert not other.config_values


def test_a_call_with_a_long_session_name_is_not_queued(page: gr.Blocks) -> None:
    body = SimpleNamespace(session_hash="a" * 65)
    assert finish(page._queue.push(body=body, request=None, username=None))[2] == "error"


def test_a_server_with_nothing_to_do_looks_into_its_queue_seldom(page: gr.Blocks) -> None:
    """Gradio's own pace alone takes some per cent of a core."""
    looks: list[float] = []

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        page._queue.stopped = True

    look_seldom(page)
    for loop in (page._queue.start_processing, page._queue.start_progress_updates):
        page._queue.stopped = False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gradio.queueing.asyncio.sleep", sleep)
            finish(loop())
    assert looks == [limits.LOOK_SECONDS] * 2


def test_connections_that_ask_for_nothing_are_closed() -> None:
    closed: list[str] = []

    class Connection:
        def __init__(self, name: str, cycle: Any) -> None:
            self.cycle = cycle
            self.transport = SimpleNamespace(close=lambda: closed.append(name))

    connections = {Connection("idle", None), Connection("asked", object())}
    server = SimpleNamespace(server_state=SimpleNamespace(connections=connections))

    async def run() -> None:
        async with keeping_house(lambda: server, partial(close_idle, seconds=0.02))(None):
            while not closed:
                await asyncio.sleep(0.01)

    finish(run())
    assert set(closed) == {"idle"}


def test_memory_is_given_back_once_when_many_were_answered_and_then_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    answered = [0, 100, 200, 200, 200, 203, 300, 300, None]
    state = SimpleNamespace(total_requests=0)

    async def look(_seconds: float) -> None:
        state.total_requests = answered.pop(0)

    async def give(_function: Any) -> None:
        given.append(state.total_requests)

    monkeypatch.setattr("ui.background.memory.asyncio.sleep", look)
    monkeypatch.setattr("ui.background.memory.asyncio.to_thread", give)
    with pytest.raises(TypeError):  # the end of the looks
        finish(give_back_when_quiet(lambda: SimpleNamespace(server_state=state)))
    assert given == [200, 300]


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
        most = most_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
        assert most is None or 0 < most < before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


BUSY = """
import sys, threading, time, torch
from ui.serving.server import leave
at_work = threading.Event()
def work():
    x = torch.randn(64, 64, requires_grad=True)
    while True:
        (x @ x).sin().sum().backward()
        at_work.set()
threading.Thread(target=work, daemon=True).start()
at_work.wait()
print("said", flush=False)
leave(0)
"""


def test_it_ends_in_order_while_threads_are_in_the_middle_of_their_work() -> None:
    """`sys.exit` in its place aborts: terminate called without an active exception."""
    ended = subprocess.run([sys.executable, "-c", BUSY], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "said\n", "")
