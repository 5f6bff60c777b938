"""What is kept of a training: it goes on from its own file, and refuses any other in one sentence."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from model.generation.training import GeneratorTraining
from model.line.training import LineTraining
from model.training.resumable import Resumable
from model.training.stacked_training import SideBySide
from model.training.training import Training

CPU = torch.device("cpu")
ONE_SENTENCE = r"\A[^\n]+{} is damaged or belongs to another training; [^\n]+\.\Z"


class Small(Resumable):
    """A training of one layer, with nothing to learn from."""

    def __init__(self, rate: float = 0.1, size: int = 2, epochs: int = 3) -> None:
        self.rate, self.recipe, self.device, self.epoch = rate, SimpleNamespace(epochs=epochs), CPU, 0
        self.net, self.average = torch.nn.Linear(size, 1), torch.nn.Linear(size, 1)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=rate, momentum=0.9)

    def made(self) -> dict[str, Any]:
        return {"rate": self.rate}


@pytest.mark.parametrize("training", [Training, SideBySide, LineTraining, GeneratorTraining])
def test_every_training_is_kept_and_taken_up_in_the_same_way(training: type[Resumable]) -> None:
    assert issubclass(training, Resumable)
    assert not {"save", "load", "state", "restore"} & vars(training).keys()
    assert "made" in vars(training)


def test_what_is_kept_is_taken_up_and_replaced_as_a_whole(tmp_path: Path) -> None:
    first, second = Small(), Small()
    first.epoch = 2
    first.save(tmp_path / "of" / "it.pt")
    second.load(tmp_path / "of" / "it.pt")
    assert second.epoch == 2
    assert torch.equal(second.net.weight, first.net.weight)
    assert torch.equal(second.average.bias, first.average.bias)
    second.save(tmp_path / "of" / "it.pt")
    assert [path.name for path in (tmp_path / "of").iterdir()] == ["it.pt"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no state", b"PK\x03\x04 half of a state", [1, 2], {"rate": 0.1}, {"rate": 0.1, "epoch": 1}, "cut"],
    ids=["empty", "text", "zip", "a list", "no epoch", "no weights", "cut short"],
)
def test_a_damaged_or_a_foreign_file_is_one_sentence(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "state.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "cut":
        Small().save(path)
        path.write_bytes(path.read_bytes()[:-200])
    else:
        torch.save(content, path)
    with pytest.raises(ValueError, match=ONE_SENTENCE.format("state.pt")):
        Small().load(path)


def test_a_training_that_was_made_otherwise_is_one_sentence(tmp_path: Path) -> None:
    training = Small()
    training.epoch = 3
    training.save(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"\A[^\n]+ does not have the rate of this training; expected 0\.2\.\Z"):
        Small(rate=0.2).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=ONE_SENTENCE.format("state.pt")):
        Small(size=3).load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"\A[^\n]+ is after epoch 3; this training ends after 2\.\Z"):
        Small(epochs=2).load(tmp_path / "state.pt")
    Small(epochs=5).load(tmp_path / "state.pt")
