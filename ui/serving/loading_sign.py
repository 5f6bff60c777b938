"""Gradio's sign of loading, without its clock, which would go on in every frame when the sign has long gone.

The sign counts the seconds, and a page of Gradio's opens with one. Nothing stops the count where the sign is taken
away while it counts, so that a page that nobody touches keeps waking its computer sixty times a second. No view of ours
shows the seconds.
"""

from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CLOCK = "window.requestAnimationFrame"  # once, at the top of the sign's script
STOPPED = "()=>0"
KEPT = "public, max-age=31536000, immutable"  # as long as a browser likes: the name changes with the content


def sign_without_clock() -> list[Route]:
    """Where the sign's script is fetched from; nothing where Gradio's files are not as we know them."""
    return [_route(script) for script in _scripts() if CLOCK in script.read_text(encoding="utf-8")]


def _scripts() -> list[Path]:
    return sorted(Path(gr.__file__).parent.glob("templates/frontend/assets/statustracker-*.js"))


def _route(script: Path) -> Route:
    content = script.read_text(encoding="utf-8").replace(CLOCK, STOPPED, 1)

    def answer(_request: Request) -> Response:
        return Response(content, media_type="text/javascript", headers={"Cache-Control": KEPT})

    return Route(f"/assets/{script.name}", answer)
