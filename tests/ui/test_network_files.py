"""Networks as files: what a visitor opens is verified, and nothing else can be downloaded."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from model import CheckpointError, DigitNet, NetworkConfig, StageConfig, load_checkpoint, save_checkpoint
from tests.conftest import settled
from tests.ui.conftest import Here, kept, outcome_of
from ui.background.jobs import Jobs
from ui.kept.networks import Networks
from ui.layers import describe_structure, layers_part
from ui.network.choice import known_networks
from ui.network.tab import growth
from ui.teach import tab
from ui.teach.network_files import MAX_UPLOAD, network_file


def open_network(networks: Networks, request: object) -> dict[str, str]:
    """Upload, as a visitor does."""
    jobs = Jobs()
    return outcome_of(jobs, tab.open_network(networks, jobs, Here(), request)["job"])


def as_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def test_a_network_comes_back_from_its_file(networks: Networks, offered: str, small_net: DigitNet) -> None:
    file = network_file(networks, offered)
    assert file["name"] == "shipped.safetensors"
    opened = open_network(networks, {"data": file["data"], "clock": "14:02:31"})
    assert opened["title"] == "uploaded, 14:02:31"
    back = load_checkpoint(networks.locate(opened["key"])).state_dict()
    assert all(torch.equal(back[name], tensor) for name, tensor in small_net.state_dict().items())


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    return content.getvalue()


def checkpoint(net: DigitNet, directory: Path, **history: Any) -> bytes:
    return save_checkpoint(net, directory / "made.safetensors", **history).read_bytes()


def with_nan(directory: Path) -> bytes:
    net = settled(NetworkConfig(4, stages=(StageConfig(4),)))
    with torch.no_grad():
        net.head.weight[0, 0] = float("nan")
    return checkpoint(net, directory)


def of_others(directory: Path) -> bytes:
    save_file({"layer.weight": torch.zeros(3, 3)}, directory / "other.safetensors")
    return (directory / "other.safetensors").read_bytes()


def too_costly(directory: Path) -> bytes:
    """A few weights that are applied over and over."""
    stages = (StageConfig(256), *(StageConfig(256, shares=0) for _ in range(30)))
    return checkpoint(DigitNet(NetworkConfig(256, stem_stride=1, stages=stages)), directory)


def badly_named(directory: Path) -> bytes:
    return checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),), classes=("a", "b\x00"))), directory)


def newer(directory: Path) -> bytes:
    return checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),))), directory, format=99)


FILES = {
    "a renamed zip": (lambda _: zipped(), "damaged or not a Digitscope checkpoint"),
    "nothing": (lambda _: b"", "damaged or not a Digitscope checkpoint"),
    "truncated": (lambda at: checkpoint(settled(NetworkConfig(4, stages=(StageConfig(4),))), at)[:-40], "damaged"),
    "weights that are no numbers": (with_nan, "not finite numbers"),
    "another architecture": (of_others, "not a Digitscope checkpoint"),
    "too costly to serve": (too_costly, "multiply-accumulates"),
    "a class name that is not valid": (badly_named, "control character"),
    "a newer format": (lambda at: newer(at), "format 99"),
    "too large": (lambda _: bytes(MAX_UPLOAD + 1), "larger than 5 MB"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_a_network_is_refused_in_a_sentence(networks: Networks, tmp_path: Path, kind: str) -> None:
    make, says = FILES[kind]
    with pytest.raises(ValueError, match=says) as caught:
        open_network(networks, {"data": as_text(make(tmp_path)), "clock": "14:02:31"})
    assert str(caught.value).endswith(".")
    assert str(tmp_path) not in str(caught.value)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("data", [None, 7, "not base64!", "a", ["x"]])
def test_invalid_bytes_are_refused(networks: Networks, data: object) -> None:
    with pytest.raises(CheckpointError, match="base64"):
        open_network(networks, {"data": data})


@pytest.mark.parametrize("name", ["/etc/passwd", "mine-" + "0" * 32, None, 5])
def test_no_other_file_can_be_downloaded(networks: Networks, name: object) -> None:
    with pytest.raises(CheckpointError):
        network_file(networks, name)


def test_only_networks_that_are_kept_are_known(networks: Networks, offered: str) -> None:
    key = open_network(networks, {"data": network_file(networks, offered)["data"], "clock": "09:30:00"})["key"]
    assert known_networks(networks, [key, "mine-" + "0" * 32, "base", None, "../x"]) == {key: "uploaded, 09:30:00"}
    for wrong in (None, "mine-", [key] * 51):
        with pytest.raises(ValueError, match="list of at most"):
            known_networks(networks, wrong)


def test_a_network_with_dilations_side_by_side_is_opened_and_shown(networks: Networks, tmp_path: Path) -> None:
    """Of each of its layers the page can show maps, fields and arithmetic; exporting is tested elsewhere."""
    config = NetworkConfig(4, stages=(StageConfig(6, branches=(3,)), StageConfig(6, kernel=1)))
    path = save_checkpoint(settled(config), tmp_path / "parallel.safetensors")
    key = open_network(networks, {"data": as_text(path.read_bytes()), "clock": "14:02:31"})["key"]
    layers = describe_structure(networks, key)["layers"]
    assert [layer["dilation"] for layer in layers if layer.get("stage") == 0 and "dilation" in layer] == [1, 3]
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    with networks.borrow(key) as net:
        for layer in layers:
            cell = {"layer": layer["layer"], "y": 0, "x": 0, "channel": layer["channels"] - 1}
            told = layers_part(net, image, {"maps": {}, "cell": cell})["cell"]
            assert told["layer"] == layer["layer"], told
        steps = growth(net.config)
        assert len(steps[1]["taps"]) == 17  # two times nine, the middle one of both
        assert "dilation 1 + 3" in steps[1]["sentence"]
