"""What goes wrong outside of this program: killed, a full disk, a directory that is gone. What was kept stays."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model import DigitNet, load_checkpoint
from model.checkpoint import save_checkpoint
from tests.ui.conftest import Here, ended, kept
from ui import export
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept import network_store
from ui.kept.network_store import NetworkStore, is_key
from ui.kept.networks import Networks
from ui.teach import teaching
from ui.teach.tab import start_teaching

SEVEN = [[[0.28, 0.2], [0.72, 0.2], [0.44, 0.85]]]
LESSON = {"samples": [{"label": "7", "drawing": SEVEN}], "settings": {"steps": 2, "batch": 4}}

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    started = Processes()
    yield started
    started.close()


def killed(report: Report, *_arguments: Any) -> None:
    """Stands in for work whose process is killed in the middle of it."""
    report({"step": {"step": 1, "steps": 2}})
    os.kill(os.getpid(), signal.SIGKILL)


@needs_signals
@pytest.mark.parametrize("what", ["lesson", "export"])
def test_a_process_killed_in_a_lesson_or_an_export_is_said_and_leaves_nothing(
    what: str, networks: Networks, offered: str, tmp_path: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "teach_lesson", killed)
    monkeypatch.setattr(export, "make_file", killed)
    jobs = Jobs()
    if what == "lesson":
        begun = start_teaching(networks, jobs, processes, tmp_path, {**LESSON, "network": offered})
    else:
        begun = export.start_export(networks, jobs, processes, tmp_path, {"network": offered, "form": "onnx"})
    progress = ended(jobs, begun["job"])
    assert progress["news"], "it had begun"
    assert progress["state"] == "failed"
    assert "ended from outside" in progress["error"]
    assert "start it again" in progress["error"]
    assert kept(tmp_path) == []
    assert ended(jobs, jobs.start(lambda report: "the next"))["outcome"] == "the next"


def write_half_and_die(directory: Path, net: DigitNet) -> None:
    """Keep a network in a process that is killed in the middle of writing it."""

    def half(_weights: object, path: Path, _metadata: object) -> None:
        Path(path).write_bytes(bytes(10_000))
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            import model.checkpoint

            model.checkpoint.save_file = half
            NetworkStore(directory).keep(net)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are forked")
def test_a_server_killed_while_it_writes_has_what_was_there_before_and_no_half_a_network(
    tmp_path: Path, small_net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = NetworkStore(tmp_path).keep(small_net)
    write_half_and_die(tmp_path, small_net)
    (half,) = tmp_path.glob(".*")
    again = NetworkStore(tmp_path)
    load_checkpoint(again.path(before))
    assert sum(is_key(path.stem) for path in tmp_path.iterdir()) == 1
    size = again.path(before).stat().st_size
    tight = NetworkStore(tmp_path, max_bytes=2 * size + half.stat().st_size // 2)
    newest = tight.keep(small_net)  # half a file counts: the older network has to go
    assert [path.stem for path in tmp_path.glob("mine-*")] == [newest]
    assert half.exists(), "it might still be being written"
    monkeypatch.setattr(network_store, "LEFT_BEHIND", -1.0)
    tight.keep(small_net)
    assert not half.exists()


def full_disk(state: Path) -> Any:
    """A `save_file` for a disk on which there is no room in this directory."""
    import model.checkpoint

    save = model.checkpoint.save_file

    def save_elsewhere(weights: object, path: Path, metadata: object) -> None:
        if Path(path).parent == state:
            Path(path).write_bytes(b"the beginning")
            raise OSError(28, "No space left on device")
        save(weights, path, metadata)

    return save_elsewhere


@pytest.mark.parametrize("fault", ["full", "a file", "deleted", "none"])
def test_a_lesson_is_not_lost_at_its_last_step_where_it_cannot_be_written(
    fault: str, networks: Networks, offered: str, tmp_path: Path, small_net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, jobs = tmp_path / "state", Jobs()
    before = networks.keep(small_net, title="before")
    if fault == "full":
        monkeypatch.setattr("model.checkpoint.save_file", full_disk(state))
    elif fault != "none":
        shutil.rmtree(state)
        if fault == "a file":
            state.write_text("a file where the directory was")
    begun = start_teaching(networks, jobs, Here(), tmp_path, {**LESSON, "network": offered})
    progress = ended(jobs, begun["job"])
    assert progress["state"] == "done", progress["error"]
    taught = progress["outcome"]["taught"]
    assert networks.load(taught["key"]).classes == small_net.classes
    assert ("gone when the server stops" in taught.get("note", "")) == (fault in ("full", "a file"))
    if fault in ("full", "none"):
        networks.load(before)
    if fault == "full":
        assert not list(state.glob(".*"))


def test_a_network_that_was_acknowledged_is_there_after_a_restart(
    networks: Networks, tmp_path: Path, small_net: DigitNet
) -> None:
    key = networks.keep(small_net, title="mine")
    again = Networks([str(save_checkpoint(small_net, tmp_path / "other.safetensors"))], tmp_path / "state")
    assert again.title(key) == "mine"
    assert again.load(key).config == small_net.config
