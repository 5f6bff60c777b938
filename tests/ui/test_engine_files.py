"""The networks that the browser fetches when a view first needs them."""

import base64
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from model.checkpoint import CHECKPOINTS
from ui.engine_files import engine_files
from ui.serving.view import ASSETS_URL


@pytest.fixture
def client() -> TestClient:
    """Whoever fetches."""
    return TestClient(Starlette(routes=engine_files()))


def test_a_generator_comes_as_it_is_shipped_with_pytorchs_answer(client: TestClient) -> None:
    told = client.get(f"/{ASSETS_URL}/checkpoints/generators/dilated")
    assert told.headers["content-encoding"] == "gzip"
    shipped = Path(CHECKPOINTS / "generators" / "dilated.safetensors").read_bytes()
    assert base64.b64decode(told.json()["file"]) == shipped
    check = told.json()["check"]
    assert {name: len(base64.b64decode(check[name])) // 4 for name in ("inputs", "answer")} == {
        "inputs": 3 * 784,
        "answer": 784,
    }


@pytest.mark.parametrize(
    "address",
    ["generators/nobody", "generators/own.safetensors", "generators/%2e%2e", "lines/own.safetensors", "x/dilated"],
)
def test_nothing_else_does(client: TestClient, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a file that lies where the server was started."""
    kind = "generators" if address.startswith("generators") else "lines"
    name = "dilated" if kind == "generators" else "line"
    (tmp_path / "own.safetensors").write_bytes((CHECKPOINTS / kind / f"{name}.safetensors").read_bytes())
    monkeypatch.chdir(tmp_path)
    told = client.get(f"/{ASSETS_URL}/checkpoints/{address}")
    assert told.status_code == 404


def test_a_network_that_reads_lines_comes_as_it_is_shipped(client: TestClient) -> None:
    told = client.get(f"/{ASSETS_URL}/checkpoints/lines/line").json()
    assert base64.b64decode(told["file"]) == (CHECKPOINTS / "lines" / "line.safetensors").read_bytes()
    assert len(base64.b64decode(told["check"]["strip"])) == 28 * told["check"]["width"]


def test_what_is_not_there_is_one_sentence(client: TestClient) -> None:
    told = client.get(f"/{ASSETS_URL}/checkpoints/generators/nobody").json()
    assert told["error"].startswith("There is no generator of that name; expected one of dilated")
