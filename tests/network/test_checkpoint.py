"""A checkpoint gives back what was saved; whatever else lies there is refused in one sentence and never unpickled."""

import json
import pickle
import random
import zipfile
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from model import checkpoint
from model.checkpoint import (
    CHECKSUM,
    FORMAT_VERSION,
    MAX_BYTES,
    METADATA_KEY,
    CheckpointError,
    check_place,
    checkpoint_names,
    checkpoint_path,
    load_checkpoint,
    read_history,
    read_metadata,
    save_checkpoint,
)
from model.network import DigitNet
from tests.rewriting import rewrite

ONE_SENTENCE = r"\A[^\n]+\.\Z"


@pytest.fixture
def saved(small_net: DigitNet, tmp_path: Path) -> Path:
    return save_checkpoint(small_net, tmp_path / "net.safetensors", seed=3, figures={"test": {"accuracy": 0.5}})


def refused(path: str | Path) -> str:
    """The sentence with which a checkpoint is refused."""
    with pytest.raises(CheckpointError, match=ONE_SENTENCE) as refusal:
        load_checkpoint(path)
    return str(refusal.value)


def test_a_network_comes_back_as_it_was(saved: Path, small_net: DigitNet) -> None:
    net = load_checkpoint(saved)
    assert net.config == small_net.config
    assert not net.training
    assert net.state_dict().keys() == small_net.state_dict().keys()
    for name, tensor in small_net.state_dict().items():
        assert torch.equal(net.state_dict()[name], tensor), name
    x = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(net(x), small_net(x))


def test_history_is_kept_as_it_was_given(saved: Path, small_net: DigitNet) -> None:
    metadata = read_metadata(saved)
    assert metadata.pop("config") == json.loads(json.dumps(small_net.config.to_dict()))
    assert len(metadata.pop(CHECKSUM)) == 64
    assert metadata == {"format": FORMAT_VERSION, "seed": 3, "figures": {"test": {"accuracy": 0.5}}}


def test_names_are_files_in_checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_net: DigitNet) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", tmp_path)
    save_checkpoint(small_net, "mine")
    assert checkpoint_names() == ["mine"]
    assert checkpoint_path("mine") == tmp_path / "mine.safetensors"
    assert load_checkpoint("mine").config == small_net.config


def test_every_shipped_checkpoint_loads() -> None:
    for name in checkpoint_names():
        load_checkpoint(name)


def test_an_unknown_name_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, saved: Path) -> None:
    monkeypatch.setattr(checkpoint, "CHECKPOINTS", saved.parent)
    assert refused("nothing").endswith("checkpoints/ has: net.")
    assert "nothing" in refused(saved.parent / "nothing.safetensors")
    assert "no checkpoint" in refused(saved.parent)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_refused(saved: Path, share: float) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    assert "damaged" in refused(saved)


def same(one: DigitNet, other: DigitNet) -> bool:
    """Whether two networks are the same, number by number."""
    states = one.state_dict(), other.state_dict()
    return one.config == other.config and all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_damage_is_refused_or_changes_nothing(saved: Path, small_net: DigitNet) -> None:
    whole, generator, unharmed = saved.read_bytes(), random.Random(0), 0
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= generator.randrange(1, 256)
        saved.write_bytes(damaged)
        with suppress(CheckpointError):
            assert same(load_checkpoint(saved), small_net)
            unharmed += 1
    assert unharmed < 10  # such as another space in the header's padding


def test_a_file_that_was_cut_short_or_went_on_is_refused(saved: Path) -> None:
    whole, generator = saved.read_bytes(), random.Random(0)
    for _ in range(50):
        saved.write_bytes(whole[: generator.randrange(len(whole))])
        assert "damaged" in refused(saved)
    saved.write_bytes(whole + b"0")
    assert "damaged" in refused(saved)


def test_a_file_without_a_checksum_is_read_and_told_apart(saved: Path, small_net: DigitNet) -> None:
    with safe_open(saved, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        said = json.loads(file.metadata()[METADATA_KEY])
    del said[CHECKSUM]
    save_file(weights, saved, {METADATA_KEY: json.dumps(said)})
    assert same(load_checkpoint(saved), small_net)
    assert CHECKSUM not in read_metadata(saved)
    save_checkpoint(load_checkpoint(saved), saved, **read_history(saved))
    assert CHECKSUM in read_metadata(saved)


def test_a_renamed_zip_is_refused(saved: Path) -> None:
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("data", b"weights")
    assert "damaged" in refused(saved)


def test_a_pickle_is_refused_and_not_run(saved: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    for content in (pickle.dumps(Trap()), pickle.dumps({"net": 1})):
        saved.write_bytes(content)
        assert "damaged" in refused(saved)
    torch.save({"net": torch.ones(3)}, saved)
    assert "damaged" in refused(saved)
    assert not (tmp_path / "sprung").exists()


def test_safetensors_from_another_program_are_refused(saved: Path) -> None:
    save_file({"stem.weight": torch.ones(3)}, saved)
    assert "damaged or not a Digitscope checkpoint" in refused(saved)


@pytest.mark.parametrize("text", ["", "3", "null", "[]", "{}", '{"format": "1"}', '{"format": 0}', "[" * 100_000])
def test_empty_metadata_is_refused(saved: Path, text: str) -> None:
    save_file({"stem.weight": torch.ones(3)}, saved, {METADATA_KEY: text})
    assert "damaged" in refused(saved)


def test_a_newer_format_is_refused(saved: Path) -> None:
    rewrite(saved, format=FORMAT_VERSION + 1)
    assert f"up to format {FORMAT_VERSION}" in refused(saved)


@pytest.mark.parametrize(
    "config",
    [None, 3, {}, {"stages": []}, {"stem_channels": -1, "stages": [{"channels": 4}], "classes": ["a"]}],
)
def test_a_configuration_that_cannot_be_built_is_refused(saved: Path, config: object) -> None:
    rewrite(saved, config=config)
    assert "not describe a network that can be built" in refused(saved)


def test_a_configuration_that_would_fill_the_memory_is_refused_before_it_is_built(saved: Path) -> None:
    stage = {"channels": 1024, "kernel": 15, "dilation": 1, "stride": 1, "shares": None}
    config = {"stem_channels": 1024, "stages": [stage] * 32, "classes": ["a"], "separable": False}
    rewrite(saved, config=config)
    assert "disagree" in refused(saved)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["head.weight", "stages.0.depthwise_norm.running_var", "temperature"])
def test_values_that_are_not_finite_are_refused(saved: Path, small_net: DigitNet, name: str, bad: float) -> None:
    tensor = small_net.state_dict()[name].clone()
    tensor.view(-1)[-1] = bad
    rewrite(saved, {name: tensor})
    assert name in refused(saved)
    assert "not finite" in refused(saved)


@pytest.mark.parametrize(
    "broken", [{"stem_norm.running_var": -1.0}, {"stages.1.depthwise.weight": 3e38}, {"temperature": 1e-45}]
)
def test_a_network_whose_answers_are_not_finite_is_refused(saved: Path, small_net: DigitNet, broken: dict) -> None:
    net = deepcopy(small_net)
    for name, value in broken.items():
        net.state_dict()[name].fill_(value)
    save_checkpoint(net, saved)
    assert "answers with values that are not finite" in refused(saved)


@pytest.mark.parametrize("fields", [{"classes": list(range(10))}, {"classes": ["a", ""]}, {"separable": "no"}])
def test_a_configuration_with_wrong_types_is_refused(saved: Path, small_net: DigitNet, fields: dict) -> None:
    rewrite(saved, config=small_net.config.to_dict() | fields)
    assert "not describe a network that can be built" in refused(saved)


@pytest.mark.parametrize("name", ["", ".", "/dev/full", "net.txt/more"])
def test_an_invalid_place_is_refused_before_the_work(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.txt").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written to"):
        check_place(name)
    with pytest.raises(CheckpointError, match="cannot be written to"):
        check_place(tmp_path / "net.txt" / "net.safetensors")
    check_place(tmp_path / "new" / "net.safetensors")


def test_a_wrong_shape_is_refused(saved: Path) -> None:
    rewrite(saved, {"head.weight": torch.ones(10, 9)})
    assert "head.weight has shape (10, 9); expected (10, 8)" in refused(saved)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int32])
def test_a_wrong_type_is_refused(saved: Path, small_net: DigitNet, dtype: torch.dtype) -> None:
    rewrite(saved, {"head.bias": small_net.head.bias.detach().to(dtype)})
    assert f"head.bias is {dtype}; expected torch.float32" in refused(saved)


def test_a_missing_and_an_unknown_tensor_are_refused(saved: Path) -> None:
    rewrite(saved, {"head.bias": None})
    assert "head.bias" in refused(saved)
    rewrite(saved, {"head.bias": torch.zeros(10), "tail.bias": torch.zeros(10)})
    assert "tail.bias" in refused(saved)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_that_is_not_positive_is_refused(saved: Path, temperature: float) -> None:
    rewrite(saved, {"temperature": torch.tensor(temperature)})
    assert "temperature" in refused(saved)


def test_a_huge_file_is_refused_unread(saved: Path) -> None:
    with saved.open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    assert f"at most {MAX_BYTES:,}" in refused(saved)


def test_a_save_that_fails_leaves_the_old_file_and_no_litter(
    saved: Path, small_net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(_weights: object, path: Path, _metadata: object) -> None:
        Path(path).write_bytes(b"half a file")
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoint, "save_file", fail)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(small_net, saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
