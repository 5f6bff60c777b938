"""What costs much runs elsewhere and one after the other, however many ask for it at once."""

import base64
import threading
from pathlib import Path
from typing import Any

import pytest

from model import DigitNet, save_checkpoint
from tests.ui.conftest import ended
from ui.background.job import BusyError
from ui.background.jobs import MAX_OWN, Jobs
from ui.background.processes import Function, Report
from ui.background.visitor import Visitor, asked_by
from ui.kept.networks import Networks
from ui.network.tab import Descriptions
from ui.teach.tab import open_network


class Counting:
    """Stands in for `Processes`: how many pieces of work run at once, and in which threads."""

    def __init__(self) -> None:
        self.running = self.most = self.all = 0
        self.threads: set[int] = set()

    def run(self, function: Function, arguments: tuple[Any, ...], report: Report) -> Any:
        self.running += 1
        self.all += 1
        self.most = max(self.most, self.running)
        self.threads.add(threading.get_ident())
        threading.Event().wait(0.01)
        self.running -= 1
        raise ValueError("This is as far as the test goes.")


@pytest.fixture
def processes() -> Counting:
    return Counting()


def test_forty_descriptions_of_an_uploaded_network_take_turns(
    networks: Networks, jobs: Jobs, processes: Counting, small_net: DigitNet
) -> None:
    """Each at once in the thread that answers it, they kept a pen waiting for a minute."""
    key = networks.keep(small_net)
    descriptions, begun = Descriptions(networks, jobs, processes), []
    for number in range(40):
        with asked_by(f"10.0.0.{number}", {"visitor": "one"}):
            begun.append(descriptions.describe_architecture({"network": key})["job"])
    for job in begun:
        ended(jobs, job)
    assert (processes.all, processes.most) == (40, 1)
    assert threading.get_ident() not in processes.threads


def test_one_visitor_asking_forty_times_is_told_to_wait(
    networks: Networks, jobs: Jobs, processes: Counting, small_net: DigitNet
) -> None:
    key, descriptions = networks.keep(small_net), Descriptions(networks, jobs, processes)
    gate = threading.Event()
    jobs.start(lambda report: gate.wait(10), quick=True, whose=Visitor("10.0.0.1", "another"))
    with asked_by("10.0.0.1", {"visitor": "one"}):
        for _ in range(MAX_OWN):
            descriptions.describe_architecture({"network": key})
        with pytest.raises(BusyError, match="of your jobs"):
            descriptions.describe_architecture({"network": key})
    gate.set()


def test_eight_uploads_are_read_one_after_the_other_and_elsewhere(
    networks: Networks, jobs: Jobs, processes: Counting, small_net: DigitNet, tmp_path: Path
) -> None:
    file = save_checkpoint(small_net, tmp_path / "mine.safetensors").read_bytes()
    request = {"data": base64.b64encode(file).decode(), "clock": "14:02:31"}
    begun = []
    for number in range(8):
        with asked_by("10.0.0.1", {"visitor": str(number)}):
            begun.append(open_network(networks, jobs, processes, request)["job"])
    for job in begun:
        assert ended(jobs, job)["error"] == "This is as far as the test goes."
    assert (processes.all, processes.most) == (8, 1)
    assert threading.get_ident() not in processes.threads
