"""A line network's file: safetensors with its configuration and history, in the manner of `model.checkpoint`."""

from pathlib import Path
from typing import Any

import torch

from model import checkpoint
from model.checkpoint import (
    OF_THE_FILE,
    SUFFIX,
    CheckpointError,
    content_of,
    read_file,
    verify_weights,
    write_file,
)
from model.line.network import LineNet
from model.line.strip import MIN_WIDTH
from model.network import NetworkConfig

KIND = "line"  # in the metadata, so that no other network's file is taken for one
DIRECTORY = "lines"  # in checkpoints/


def line_path(name: str | Path = "line") -> Path:
    """A name in checkpoints/lines/ or the path of a file; existence is not checked."""
    path = Path(name)
    is_name = path.suffix != SUFFIX and len(path.parts) == 1
    return checkpoint.CHECKPOINTS / DIRECTORY / f"{name}{SUFFIX}" if is_name else path


def line_names() -> list[str]:
    """Names of the shipped line networks, in alphabetical order."""
    return sorted(path.stem for path in (checkpoint.CHECKPOINTS / DIRECTORY).glob(f"*{SUFFIX}"))


def save_line(net: LineNet, name: str | Path, **history: Any) -> Path:
    """Write weights and metadata; an existing file is replaced as a whole or not at all.

    Args:
        net: the network.
        name: in checkpoints/lines/, or a path.
        history: plain JSON values about how it was made and what it scores.
    """
    return write_file(line_path(name), net.config.to_dict(), net, {"kind": KIND, **history})


def load_line(name: str | Path = "line") -> LineNet:
    """The line network of a checkpoint, verified, in eval mode.

    Args:
        name: a name in checkpoints/lines/ or a path.

    Raises:
        CheckpointError: it is missing, not a line network's, altered, of a newer format or of another shape, or its
            weights or answers are not finite numbers.
    """
    path = line_path(name)
    metadata, weights = read_file(path.name, content_of(path, line_names()))
    if metadata.get("kind") != KIND:
        raise CheckpointError(f"{path.name} holds another kind of network; one that reads lines is expected.")
    try:
        config = NetworkConfig.from_dict(metadata["config"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path.name} does not describe a network that can be built: {error}") from error
    with torch.device("meta"):  # shapes only: the network of a damaged configuration might not fit into memory
        verify_weights(path.name, LineNet(config), weights)
    net = LineNet(config)
    net.load_state_dict(weights)
    net.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    noise = torch.rand(1, 1, 28, MIN_WIDTH, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        answers = net(torch.cat([torch.zeros_like(noise), noise]))
    if not all(part.isfinite().all() for part in answers):
        raise CheckpointError(f"{path.name} answers with values that are not finite numbers.")
    return net


def read_line_metadata(name: str | Path = "line") -> dict[str, Any]:
    """A line checkpoint's metadata: config, recipe, seed, figures.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    path = line_path(name)
    return read_file(path.name, content_of(path, line_names()))[0]


def read_line_history(name: str | Path = "line") -> dict[str, Any]:
    """Of the metadata, what `save_line` takes as history: how it was made and what it scores.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    return {key: value for key, value in read_line_metadata(name).items() if key not in (*OF_THE_FILE, "kind")}
