"""The page's own files come compressed, once for all visitors, and as they are on disk."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ui.serving import static_files
from ui.serving.static_files import CompressedFiles

SCRIPT = "export const one = 1;\n" * 50


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Whoever opens a page with one script; beside its directory lies a file that is nobody's business."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "view.js").write_text(SCRIPT)
    (tmp_path / "own.txt").write_text("own")
    return TestClient(Starlette(routes=[Mount("/files", CompressedFiles(directory=tmp_path / "files"))]))


def test_a_script_comes_compressed_or_as_it_is(client: TestClient) -> None:
    told = client.get("/files/view.js", headers={"accept-encoding": "gzip"})
    plain = client.get("/files/view.js", headers={"accept-encoding": "identity"})
    assert told.headers["content-encoding"] == "gzip"
    assert int(told.headers["content-length"]) < len(SCRIPT) / 5
    assert "content-encoding" not in plain.headers
    assert told.text == plain.text == SCRIPT
    assert "javascript" in told.headers["content-type"], "browsers run no module of another type"


def test_a_second_visitor_costs_no_second_compression(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/files/view.js")
    monkeypatch.setattr(static_files.gzip, "compress", None)
    assert client.get("/files/view.js").text == SCRIPT


def test_a_browser_that_has_it_is_told_so_until_it_changes(client: TestClient, tmp_path: Path) -> None:
    """A stale script after an update would be a page of two versions."""
    told = client.get("/files/view.js")
    asked = {"if-none-match": told.headers["etag"]}
    assert client.get("/files/view.js", headers=asked).status_code == 304
    (tmp_path / "files" / "view.js").write_text("export const two = 2;")
    assert client.get("/files/view.js", headers=asked).text == "export const two = 2;"


@pytest.mark.parametrize("address", ["../own.txt", "%2e%2e/own.txt", "nothing.js", ""])
def test_nothing_else_comes(client: TestClient, address: str) -> None:
    assert client.get(f"/files/{address}").status_code == 404
