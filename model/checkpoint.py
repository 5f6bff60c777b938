"""Checkpoints: safetensors with the network's configuration and history as metadata. Nothing is ever unpickled."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from model.checks import is_whole
from model.drawing.strokes import IMAGE_SIZE
from model.network import DigitNet, NetworkConfig

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
SUFFIX = ".safetensors"
FORMAT_VERSION = 1
MAX_BYTES = 16 * 2**20
METADATA_KEY = "digitscope"
CHECKSUM = "checksum"  # of everything else, in the metadata; files of earlier versions have none
OF_THE_FILE = ("format", "config", CHECKSUM)  # metadata that is not history
LATER_BUFFERS = {"familiar_evidence": -1e4}  # missing from files of earlier versions, and what that meant


class CheckpointError(ValueError):
    """The file is not a checkpoint that this version can read. The message says why in one sentence."""


def checkpoint_path(name: str | Path) -> Path:
    """A name in checkpoints/ ("base") or the path of a file; existence is not checked."""
    path = Path(name)
    is_name = path.suffix != SUFFIX and len(path.parts) == 1
    return CHECKPOINTS / f"{name}{SUFFIX}" if is_name else path


def default_name(preset: str, seed: int) -> str:
    """The default name of a training's checkpoint: "base" for seed 0, "base-seed1" for seed 1."""
    return preset if seed == 0 else f"{preset}-seed{seed}"


def checkpoint_names() -> list[str]:
    """Names of the shipped checkpoints, in alphabetical order."""
    return sorted(path.stem for path in CHECKPOINTS.glob(f"*{SUFFIX}"))


def save_checkpoint(net: DigitNet, path: str | Path, **history: Any) -> Path:
    """Write weights and metadata; an existing file is replaced as a whole or not at all.

    Args:
        net: the network; its configuration, classes and temperature are kept with the weights.
        path: a name in checkpoints/ or a path.
        history: plain JSON values about how it was made and what it scores (recipe, seed, figures).
    """
    return write_file(checkpoint_path(path), net.config.to_dict(), net, history)


def write_file(path: Path, config: dict[str, Any], net: nn.Module, history: dict[str, Any]) -> Path:
    """Write a network of any kind; an existing file is replaced as a whole or not at all.

    Args:
        path: of the file.
        config: plain JSON values from which its kind of network can be built again.
        net: whose parameters and buffers are kept.
        history: as in `save_checkpoint`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"format": FORMAT_VERSION, "config": config, **history}
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in _own_weights(net).items()}
    metadata[CHECKSUM] = checksum_of(metadata, weights)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(weights, partial, {METADATA_KEY: json.dumps(metadata, sort_keys=True)})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def load_checkpoint(name: str | Path) -> DigitNet:
    """The network of a checkpoint, verified, in eval mode.

    Args:
        name: a name in checkpoints/ or a path.

    Raises:
        CheckpointError: it is missing, not a checkpoint, altered, of a newer format or of another shape, or its weights
            or answers are not finite numbers.
    """
    path = checkpoint_path(name)
    return read_network(path.name, content_of(path, checkpoint_names()))


def read_network(called: str, content: bytes, check: Callable[[NetworkConfig], None] | None = None) -> DigitNet:
    """The network of a checkpoint's bytes, verified as by `load_checkpoint`.

    Args:
        called: what error sentences call the file.
        content: its bytes.
        check: called before the network is built; raises if a network of this shape is not wanted.
    """
    metadata, weights = read_file(called, content)
    weights = {name: torch.tensor(value) for name, value in LATER_BUFFERS.items()} | weights
    try:
        config = NetworkConfig.from_dict(metadata["config"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{called} does not describe a network that can be built: {error}") from error
    if check:
        check(config)
    with torch.device("meta"):  # shapes only: the network of a damaged configuration might not fit into memory
        verify_weights(called, DigitNet(config), weights)
    if weights["temperature"] <= 0:
        raise CheckpointError(f"{called}: the temperature is {weights['temperature']:g}; expected more than 0.")
    net = DigitNet(config)
    net.load_state_dict(weights, strict=False)
    net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if not _answers(net).isfinite().all():
        raise CheckpointError(f"{called} answers with values that are not finite numbers.")
    return net


def _answers(net: DigitNet) -> Tensor:
    """Its calibrated logits for blank paper, full ink and noise: (3, classes)."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(256, (1, IMAGE_SIZE, IMAGE_SIZE), generator=generator)
    images = torch.cat([torch.zeros_like(noise), torch.full_like(noise, 255), noise]).byte()
    with torch.inference_mode():
        return net(images[:, None]) / net.temperature


def check_place(name: str | Path) -> None:
    """Find out, before long work starts, whether its checkpoint can be written.

    Raises:
        CheckpointError: the path is not a checkpoint's, or nothing can be written there.
    """
    path = checkpoint_path(name)
    if path.suffix != SUFFIX or (path.exists() and not path.is_file()):
        raise CheckpointError(
            f"A checkpoint cannot be written to {name or repr('')}; expected a name, or a path that ends in {SUFFIX}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise CheckpointError(
            f"A checkpoint cannot be written to {path.parent} ({error.strerror}); choose another directory."
        ) from error


def read_metadata(name: str | Path) -> dict[str, Any]:
    """A checkpoint's metadata: format, config, recipe, seed, figures.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    path = checkpoint_path(name)
    return read_file(path.name, content_of(path, checkpoint_names()))[0]


def read_history(name: str | Path) -> dict[str, Any]:
    """A checkpoint's metadata without its configuration: recipe, seed, figures, as `save_checkpoint` takes it.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    return {key: value for key, value in read_metadata(name).items() if key not in OF_THE_FILE}


def checksum_of(metadata: dict[str, Any], weights: dict[str, Tensor]) -> str:
    """SHA-256 of a checkpoint's content: its metadata, and the names, types, shapes and bytes of its tensors.

    It is taken of the content rather than of the file, so that it can be stored in the file itself.
    """
    others = {key: value for key, value in metadata.items() if key != CHECKSUM}
    digest = hashlib.sha256(json.dumps(others, sort_keys=True).encode())
    for name, tensor in sorted(weights.items()):
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def record(name: str, data: str, values: dict[str, Any]) -> None:
    """Put figures into a checkpoint's metadata and keep everything else of it.

    Args:
        name: a name in checkpoints/ or a path.
        data: what was measured on, as the figures' key.
        values: plain JSON values.
    """
    history = read_history(name)
    history["figures"] = history.get("figures", {}) | {data: values}
    save_checkpoint(load_checkpoint(name), name, **history)


def _own_weights(net: nn.Module) -> dict[str, Tensor]:
    """The network's tensors, each shared one under its first name only."""
    return dict(net.named_parameters()) | dict(net.named_buffers())


def content_of(path: Path, names: list[str]) -> bytes:
    """The bytes of a network's file.

    Args:
        path: of the file.
        names: of the files that are there, for the sentence.

    Raises:
        CheckpointError: it is missing, too large or not to be read.
    """
    if not os.path.isfile(path):  # works for any text, even a name that no file can have
        known = ", ".join(names) or "none"
        raise CheckpointError(f"There is no checkpoint {path.name}; checkpoints/ has: {known}.")
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError(f"{path.name} has {path.stat().st_size:,} bytes; a checkpoint has at most {MAX_BYTES:,}.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read ({error.strerror}).") from error


def read_file(called: str, content: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A file's metadata and tensors; that they belong to its kind of network is still to be seen.

    Raises:
        CheckpointError: it is not one of Digitscope's, altered, or of a newer format.
    """
    damaged = f"{called} is damaged or not a Digitscope checkpoint; expected safetensors with Digitscope's metadata."
    try:
        weights = load(content)  # checks the header before anything else
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = json.loads(header["__metadata__"][METADATA_KEY])
        version = metadata["format"]
        if not is_whole(version, 1) or not isinstance(metadata.get("figures", {}), dict):
            raise ValueError
    except (SafetensorError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(damaged) from error
    if version > FORMAT_VERSION:
        raise CheckpointError(f"{called} has format {version}; this Digitscope reads up to format {FORMAT_VERSION}.")
    if CHECKSUM in metadata and metadata[CHECKSUM] != checksum_of(metadata, weights):
        raise CheckpointError(f"{called} is damaged: its content does not match its own checksum.")
    return metadata, weights


def verify_weights(called: str, net: nn.Module, weights: dict[str, Tensor]) -> None:
    """See that a file's tensors are finite and those of the network, which may be on the meta device.

    Raises:
        CheckpointError: names the first tensor that is not.
    """
    expected = _own_weights(net)
    if expected.keys() != weights.keys():
        odd = min(expected.keys() ^ weights.keys())
        raise CheckpointError(f"{called} and its configuration disagree about the tensor {odd}.")
    for name, tensor in weights.items():
        if tensor.shape != expected[name].shape:
            raise CheckpointError(
                f"{called}: {name} has shape {tuple(tensor.shape)}; expected {tuple(expected[name].shape)}."
            )
        if tensor.dtype != expected[name].dtype:
            raise CheckpointError(f"{called}: {name} is {tensor.dtype}; expected {expected[name].dtype}.")
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{called}: {name} has values that are not finite numbers.")
