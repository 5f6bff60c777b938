"""Networks that visitors made: kept whole, found again by their key alone, and gone in their time."""

import os
import shutil
import time
from pathlib import Path

import pytest
import torch

from model.checkpoint import CheckpointError, load_checkpoint, read_metadata
from model.network import DigitNet
from ui.kept.network_store import NetworkStore, is_key


def aged(store: NetworkStore, key: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(store.path(key), (then, then))


def test_what_is_kept_comes_back_after_a_restart(tmp_path: Path, small_net: DigitNet) -> None:
    key = NetworkStore(tmp_path).keep(small_net, title="mine")
    path = NetworkStore(tmp_path).path(key)
    back = load_checkpoint(path).state_dict()
    assert all(torch.equal(back[name], tensor) for name, tensor in small_net.state_dict().items())
    assert read_metadata(path)["title"] == "mine"


def test_no_two_keys_are_alike_and_none_counts_up(tmp_path: Path, small_net: DigitNet) -> None:
    store = NetworkStore(tmp_path)
    keys = {store.keep(small_net) for _ in range(20)}
    assert len(keys) == 20
    assert all(is_key(key) for key in keys)


@pytest.mark.parametrize("name", ["base", "../base", "mine-", "mine-" + "0" * 31, "mine-" + "g" * 32, "", None, 7])
def test_an_invalid_key_never_becomes_a_path(tmp_path: Path, name: object) -> None:
    with pytest.raises(CheckpointError, match="not the key"):
        NetworkStore(tmp_path).path(name)


def test_an_unknown_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="teach it again"):
        NetworkStore(tmp_path).path("mine-" + "0" * 32)


def test_the_least_recently_used_goes_first(tmp_path: Path, small_net: DigitNet) -> None:
    size = NetworkStore(tmp_path).path(NetworkStore(tmp_path).keep(small_net)).stat().st_size
    store = NetworkStore(tmp_path / "three", max_bytes=3 * size + size // 2)
    old, used, recent = (store.keep(small_net) for _ in range(3))
    for age, key in ((300, old), (200, used), (100, recent)):
        aged(store, key, age)
    store.path(old)  # used just now
    newest = store.keep(small_net)
    with pytest.raises(CheckpointError):
        store.path(used)
    for key in (old, recent, newest):
        store.path(key)


def test_a_network_that_nobody_used_for_long_is_gone(tmp_path: Path, small_net: DigitNet) -> None:
    store = NetworkStore(tmp_path, time_to_live=60)
    forgotten, other = store.keep(small_net), store.keep(small_net)
    aged(store, forgotten, 61)
    aged(store, other, 59)
    with pytest.raises(CheckpointError, match="no longer kept"):
        store.path(forgotten)
    store.path(other)


def test_the_newest_stays_however_large_it_is(tmp_path: Path, small_net: DigitNet) -> None:
    store = NetworkStore(tmp_path, max_bytes=1)
    store.path(store.keep(small_net))


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_where_nothing_can_be_written_it_is_said_and_nothing_is_left_behind(
    tmp_path: Path, small_net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.checkpoint.save_file", full)
    with pytest.raises(CheckpointError, match="full or cannot be written to"):
        NetworkStore(tmp_path).keep(small_net)
    assert not list(tmp_path.iterdir())


def test_a_network_is_kept_elsewhere_while_its_directory_cannot_be_written_to(
    tmp_path: Path, small_net: DigitNet, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the directory was")
    store = NetworkStore(state)
    key = store.keep(small_net)
    load_checkpoint(store.path(key))
    assert "cannot be kept in" in capsys.readouterr().err
    state.unlink()
    other = store.keep(small_net)
    assert store.path(other).parent == state
    load_checkpoint(store.path(key))


def test_elsewhere_is_bounded_too(tmp_path: Path, small_net: DigitNet) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the directory was")
    store = NetworkStore(state, max_bytes=1)
    first, second = store.keep(small_net), store.keep(small_net)
    load_checkpoint(store.path(second))
    with pytest.raises(CheckpointError, match="no longer kept"):
        store.path(first)


def test_a_directory_that_is_deleted_is_made_anew(tmp_path: Path, small_net: DigitNet) -> None:
    store = NetworkStore(tmp_path / "state")
    key = store.keep(small_net)
    shutil.rmtree(tmp_path / "state")
    with pytest.raises(CheckpointError, match="no longer kept"):
        store.path(key)
    store.path(store.keep(small_net))


def test_a_directory_that_is_read_only_gives_what_it_has(
    tmp_path: Path, small_net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = NetworkStore(tmp_path)
    key = store.keep(small_net)

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", read_only)
    load_checkpoint(store.path(key))


def test_half_a_file_that_was_left_behind_goes(tmp_path: Path, small_net: DigitNet) -> None:
    store = NetworkStore(tmp_path)
    old, new = tmp_path / ".mine-1.safetensors.7", tmp_path / ".mine-2.safetensors.8"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    store.keep(small_net)
    assert not old.exists()
    assert new.exists()
