"""The server: what stands in front of the page, who can open it, and how it stops."""

import asyncio
import atexit
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Never

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from ui.background.memory import give_back_when_quiet
from ui.serving import limits
from ui.serving.calls import Calls
from ui.serving.connections import close_idle, most_connections
from ui.serving.document import CompressedDocument
from ui.serving.gate import Gate
from ui.serving.hosts import Hosts, names_of_this_server
from ui.serving.sessions import bound_sessions
from ui.serving.view import STYLESHEETS, theme

EVERYWHERE = ("0.0.0.0", "::")
WHAT_OTHERS_CAN = (
    "They can draw, teach and keep networks of their own on this computer; they see neither your drawings and networks "
    "nor your files."
)


def serve(
    page: gr.Blocks, host: str | None, port: int | None, share: bool, mcp: bool, allowed: Iterable[str],
    routes: Iterable[BaseRoute], head: str,
) -> None:  # fmt: skip
    """Serve a page until Ctrl-C, or until the process is asked to stop.

    Args:
        page: as `build_page` made it.
        host: address to serve on; None for this computer only.
        port: to serve on; None for the first free one.
        share: whether to have a public link as well.
        mcp: whether to serve the endpoints as an MCP tool.
        allowed: names of this server besides those that it knows of itself.
        routes: of files beside the page.
        head: markup for the head of the page.

    Raises:
        OSError: there is no such address or port, or no public link.
    """
    gate = Middleware(Gate, hosts=Hosts(names_of_this_server(host, share, allowed)))
    connections = most_connections()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.collect()  # before anybody can be answered: a request to stop that falls into a finalizer is lost
    try:
        page.queue(max_size=limits.CALLS).launch(
            server_name=host,
            server_port=port,
            share=share,
            mcp_server=mcp,
            theme=theme(),
            css_paths=STYLESHEETS,
            head=head,
            app_kwargs={
                "routes": list(routes),
                "middleware": [gate, Middleware(Calls, page=page), Middleware(CompressedDocument)],
                "lifespan": keeping_house(lambda: getattr(page, "server", None), close_idle, give_back_when_quiet),
            },
            max_file_size=limits.BODY_BYTES,
            ssr_mode=False,
            footer_links=["api"],
            prevent_thread_lock=True,
        )
    except gr.exceptions.Error as error:
        raise OSError(str(error)) from error
    bound_sessions(page)
    look_seldom(page)
    gc.freeze()  # each search for garbage would go through all that stays, a quarter of a second without an answer
    page.server.config.limit_concurrency = connections
    page.server.config.timeout_keep_alive = limits.KEEP_ALIVE
    for sentence in openness(host, page.server_port, page.share_url):
        print(sentence, flush=True)
    page.block_thread()


def keeping_house(
    server: Callable[[], Any], *chores: Callable[[Callable[[], Any]], Coroutine[Any, Any, None]]
) -> Callable[[Any], Any]:
    """What goes on beside the answers while the app runs, as Starlette's `lifespan`; each chore is given `server`."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(chore(server)) for chore in chores]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    return lifespan


def look_seldom(page: gr.Blocks) -> None:
    """Have a page's queue look for calls less often than a thousand times a second, which keeps a core awake."""
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = limits.LOOK_SECONDS


def openness(host: str | None, port: int, link: str | None) -> list[str]:
    """Who can open the page besides the people at this computer, as sentences."""
    said = []
    if host and host not in ("localhost", "127.0.0.1", "::1"):
        at = (_address() or socket.gethostname()) if host in EVERYWHERE else host
        said.append(f"Anyone who can reach this computer can open this page, for example at http://{at}:{port}.")
    if link:
        said.append(f"Anyone on the internet who has the link {link} can open this page.")
    return [*said, WHAT_OTHERS_CAN] if said else []


def _address() -> str | None:
    """This computer's address in its network; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address nobody has (RFC 5737); nothing is sent
            return str(probe.getsockname()[0])
        except OSError:
            return None


def leave(code: int) -> Never:
    """End the process, whatever its threads are doing.

    Python's own way out takes the ground from under threads that are in the middle of a tensor operation, which then
    abort the process.
    """
    atexit._run_exitfuncs()  # what others have registered, such as to end their processes
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
