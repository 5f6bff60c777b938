"""Digitscope: draw a digit and watch a separable dilated convolutional network read it.

python app.py                          # http://127.0.0.1:7860
python app.py --host 0.0.0.0 --port 8000 --checkpoint small
"""

import argparse
import importlib.util
import os
import socket
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import torch
from starlette.routing import Mount

import ui.quick_gradio  # noqa: F401 (before anything imports Gradio)
from model.command import command
from ui.engine_files import engine_files
from ui.kept.networks import STATE
from ui.page import OPENING, build_page
from ui.scripts import preloads
from ui.serving.loading_sign import sign_without_clock
from ui.serving.server import leave, serve
from ui.serving.static_files import CompressedFiles
from ui.serving.view import ASSETS, ASSETS_URL


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python app.py", description="Serve Digitscope's page.")
    parser.add_argument("--host", help="address to serve on; default: this machine only")
    parser.add_argument("--port", type=_port, help="port to serve on; default: the first free one from 7860")
    parser.add_argument(
        "--checkpoint", default="base", help="name in checkpoints/ or path of the network that reads first"
    )
    parser.add_argument("--data", default="data", help="directory that holds MNIST/raw, needed for training")
    parser.add_argument("--state", default=STATE, help="directory in which to keep the networks that visitors make")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name of this page, such as behind a reverse proxy; may be given several times",
    )
    parser.add_argument("--share", action="store_true", help="also serve on a public link for a few days")
    parser.add_argument(
        "--mcp", action="store_true", help="also serve the endpoints as MCP tools (pip install 'gradio[mcp]')"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a whole number from 1 to 65535")
    return int(text)


def _check(options: argparse.Namespace) -> None:
    """Check up front, and report in one sentence, what Gradio would report at length or hang on.

    Raises:
        OSError: the address is not available, or the state directory is not writable.
        ImportError: an option needs a package that is not installed.
    """
    host = options.host or "127.0.0.1"
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, options.port or 0), family=family).close()
    except OSError as error:
        at = f"{host}, port {options.port}" if options.port else host
        raise OSError(f"Cannot serve on {at} ({error.strerror}); choose another with --host and --port.") from error
    state = Path(options.state).absolute()
    there = next(path for path in (state, *state.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise OSError(
            f"Networks cannot be kept in {options.state}: {there} is not a writable directory; "
            "choose another with --state."
        )
    if options.mcp and importlib.util.find_spec("mcp") is None:
        raise ImportError("--mcp needs an extra; install it with: pip install 'gradio[mcp]'.")


@command
def main() -> int:
    """Serve until Ctrl-C; returns the exit code."""
    options = _arguments()
    torch.set_num_threads(1)  # single images: a second thread costs more than it gains
    _check(options)
    page = build_page(options.checkpoint, options.data, options.state)
    routes = [*engine_files(), *sign_without_clock(), Mount(f"/{ASSETS_URL}", CompressedFiles(directory=ASSETS))]
    serve(page, options.host, options.port, options.share, options.mcp, options.allowed_host, routes, preloads(OPENING))
    return 0


if __name__ == "__main__":
    leave(main())
