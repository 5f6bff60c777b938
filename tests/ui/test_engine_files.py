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
    "address", ["generators/nobody", "generators/dilated.safetensors", "generators/..", "x/dilated"]
)
def test_nothing_else_does(client: TestClient, address: str) -> None:
    told = client.get(f"/{ASSETS_URL}/checkpoints/{address}")
    assert told.status_code == 404


def test_what_is_not_there_is_one_sentence(client: TestClient) -> None:
    told = client.get(f"/{ASSETS_URL}/checkpoints/generators/nobody").json()
    assert told["error"].startswith("There is no generator of that name; expected one of dilated")
