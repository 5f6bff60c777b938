"""What the page's engine is told of a network."""

import base64
from pathlib import Path

import numpy as np
import pytest

from model import CheckpointError, DigitNet, load_checkpoint, predict, rasterize
from model.study.networks import STUDY
from ui.engine import network_file
from ui.kept.networks import Networks


def test_the_file_is_the_network_and_the_check_is_what_it_says(
    networks: Networks, offered: str, small_net: DigitNet, tmp_path: Path
) -> None:
    told = network_file(networks, offered)
    path = tmp_path / "told.safetensors"
    path.write_bytes(base64.b64decode(told["file"]))
    image = rasterize(told["check"]["drawing"])[None]
    expected = told["check"]["probabilities"]
    assert np.abs(predict(load_checkpoint(path), image) - expected).max() < 1e-6
    assert np.abs(predict(small_net, image) - expected).max() < 1e-6


def test_a_visitors_own_network_is_told_by_its_key(networks: Networks, small_net: DigitNet) -> None:
    key = networks.keep(small_net)
    assert base64.b64decode(network_file(networks, key)["file"]) == networks.locate(key).read_bytes()


def test_the_networks_of_the_study_are_told(networks: Networks) -> None:
    assert network_file(networks, next(iter(STUDY)))["file"]


@pytest.mark.parametrize(
    "name", [None, 7, [], {}, "", "nobody", "mine-" + 32 * "0", "../app", "checkpoints/base.safetensors", "base"]
)
def test_nothing_else_is_told(networks: Networks, name: object) -> None:
    with pytest.raises(CheckpointError):
        network_file(networks, name)
