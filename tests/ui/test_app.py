"""`python app.py`: what is wrong is said in one sentence, with exit code 2, and importing it starts nothing."""

import importlib.util
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import gradio as gr
import pytest
import torch

import app
from tests.serving import ROOT
from ui.page import OPENING
from ui.scripts import preloads


class Ended(NamedTuple):
    """How the app ended."""

    returncode: int
    stdout: str
    stderr: str


Start = Callable[..., Ended]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Start]:
    """start(*options): as `python app.py OPTIONS`, which is expected to end before it serves anything."""

    def start(*options: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["app.py", *options])
        monkeypatch.setattr(gr.Blocks, "launch", lambda *_, **__: pytest.fail("it serves"))
        try:
            code = app.main()
        except SystemExit as ended:
            code = ended.code
        return Ended(code, *capfd.readouterr())

    threads = torch.get_num_threads()
    yield start
    torch.set_num_threads(threads)


def assert_one_sentence(ended: Ended | subprocess.CompletedProcess[str], *parts: str) -> None:
    """The app said one sentence on its error output, and gave up with exit code 2."""
    assert ended.returncode == 2, ended.stderr
    sentence = ended.stderr.strip()
    assert "\n" not in sentence
    assert sentence.endswith(".")
    for part in parts:
        assert part in sentence


def test_a_damaged_checkpoint_is_reported(start: Start, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\x00" * 100)
    assert_one_sentence(start("--checkpoint", str(damaged)), "damaged.safetensors", "expected")


def test_a_port_in_use_is_reported(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_one_sentence(start("--port", str(port)), f"port {port}", "--port")


def test_an_invalid_state_directory_is_reported(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "state"):
        assert_one_sentence(start("--state", str(state)), "--state", str(tmp_path / "file"))


def test_an_address_of_another_machine_is_reported(start: Start) -> None:
    assert_one_sentence(start("--host", "203.0.113.1"), "203.0.113.1", "--host")


def test_an_invalid_port_is_reported(start: Start) -> None:
    ended = start("--port", "65536")
    assert ended.returncode == 2
    assert "a port is a whole number from 1 to 65535" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(importlib.util.find_spec("mcp") is not None, reason="the extra is installed")
def test_mcp_without_its_extra_is_reported(start: Start) -> None:
    assert_one_sentence(start("--mcp"), "gradio[mcp]")


def test_help_names_every_option(start: Start) -> None:
    ended = start("--help")
    assert ended.returncode == 0
    for option in ("--host", "--port", "--checkpoint", "--data", "--share", "--mcp"):
        assert option in ended.stdout


def test_importing_the_app_starts_nothing_and_a_process_of_its_own_ends_as_main_does() -> None:
    seldom = "{'torchvision', 'onnx', 'onnxruntime'}"
    code = (
        "import app, runpy, sys, threading\n"
        f"print(threading.active_count(), *{seldom} & {{*sys.modules}}, flush=True)\n"
        "sys.argv = ['app.py', '--checkpoint', 'nobody']\n"
        "runpy.run_path('app.py', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert ended.stdout.split() == ["1"], "no thread runs, and nothing of training or export is loaded"
    assert_one_sentence(ended, "nobody.safetensors", "checkpoints/ has")


def test_the_opening_views_are_preloaded_with_all_that_they_import_and_nothing_else() -> None:
    found = re.findall(r'href="digitscope/([^"]+)"', preloads(OPENING))
    assert {*OPENING, "page/state.js", "paint/maps.js", "layers/cell.js"} <= set(found)
    assert len(found) == len(set(found))
    assert not [
        place
        for place in found
        if place.startswith(("teach/", "learn/", "design/", "imagine/", "compare/", "misread/", "engine/generator/"))
    ]
