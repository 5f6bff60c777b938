"""What the tests share: small networks, MNIST if it is available, and a stand-in of the same form if not."""

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings

from model.network import DigitNet, NetworkConfig, StageConfig

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is no fault of the program, so nothing is timed. More examples: pytest --hypothesis-profile=thorough
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=400)
settings.load_profile("quick")

# Small networks: threads that wait for each other take many times as long, here and in the commands that tests run.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")


def find_data() -> Path | None:
    """The directory that holds MNIST/raw (and pendigits/, omniglot/ for some), where there is one."""
    named = os.environ.get("DIGITSCOPE_DATA")
    candidates = [Path(named)] if named else [ROOT.parent / "shared" / "data", ROOT / "data"]
    return next((directory for directory in candidates if (directory / "MNIST" / "raw").is_dir()), None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The files in an order that keeps all workers busy."""
    from tests.scheduling import LongestFirst

    return LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def data_directory() -> Path:
    """As `find_data`; skips where there is none."""
    if directory := find_data():
        return directory
    pytest.skip("needs MNIST: set DIGITSCOPE_DATA to the directory that holds MNIST/raw")


@pytest.fixture(scope="session")
def small_net() -> DigitNet:
    """A separable network with dilation, stride, residuals and shared weights; in eval mode, not to be changed."""
    stages = (
        StageConfig(6, 3, dilation=2),
        StageConfig(8, 5, stride=2),
        StageConfig(8, 3, dilation=3),
        StageConfig(8, 3, dilation=1, shares=2),
    )
    return settled(NetworkConfig(6, stages=stages))


@pytest.fixture(scope="session")
def standard_net() -> DigitNet:
    """A network of standard convolutions; in eval mode, not to be changed."""
    return settled(NetworkConfig(4, stages=(StageConfig(6), StageConfig(6, dilation=2)), separable=False))


@pytest.fixture
def few_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings with so few drawings of hands and outliers that they are rendered in no time."""
    from model import train
    from model.training import side_by_side

    monkeypatch.setattr("model.training.material.SOME", 10)
    for command in (train, side_by_side):
        monkeypatch.setattr(command, "HELD_OUT", 60)
        for load in ("load_hands", "load_outliers"):
            whole = getattr(command, load)
            few = lambda count=80, *rest, whole=whole, **named: whole(count, *rest, **named)  # noqa: E731
            monkeypatch.setattr(command, load, few)


def settled(config: NetworkConfig) -> DigitNet:
    """A network whose norms have seen some images, so that its running statistics are not 0 and 1."""
    torch.manual_seed(0)
    net = DigitNet(config)
    for _ in range(3):
        net(torch.rand(16, 1, 28, 28))
    return net.eval()


@pytest.fixture
def images() -> np.ndarray:
    """Eight images of noise, uint8 (8, 28, 28)."""
    return np.random.default_rng(0).integers(0, 256, (8, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="session")
def stand_in_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in MNIST's form: 456 training and 100 test images, a bar at a height that tells the label."""
    root = tmp_path_factory.mktemp("data")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    generator = np.random.default_rng(0)
    for name, count in (("train", 456), ("t10k", 100)):
        labels = generator.integers(0, 10, count, dtype=np.uint8)
        pictures = generator.integers(0, 120, (count, 28, 28), dtype=np.uint8)
        rows = 4 + 2 * labels
        pictures[np.arange(count), rows, 4:24] = 255
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, count) + labels.tobytes())
        (raw / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 0x803, count, 28, 28) + pictures.tobytes())
    return root
