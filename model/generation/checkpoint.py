"""A generator's file, in checkpoints/generators/: written, read and verified as those of the networks that read."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import torch

from model import checkpoint
from model.checkpoint import (
    OF_THE_FILE,
    SUFFIX,
    CheckpointError,
    check_place,
    content_of,
    read_file,
    verify_weights,
    write_file,
)
from model.generation.network import DigitGenerator, GeneratorConfig, blank_input

DEFAULT = "dilated"


def generator_path(name: str | Path) -> Path:
    """A name in checkpoints/generators/ ("dilated") or the path of a file; existence is not checked."""
    path = Path(name)
    is_name = path.suffix != SUFFIX and len(path.parts) == 1
    return checkpoint.CHECKPOINTS / "generators" / f"{name}{SUFFIX}" if is_name else path


def written_at(name: str | Path) -> int:
    """When a generator's file was last written, in nanoseconds, or 0: what is kept of it lasts until this changes."""
    path = generator_path(name)
    return path.stat().st_mtime_ns if path.exists() else 0


def generator_names() -> list[str]:
    """Names of the shipped generators, in alphabetical order."""
    return sorted(path.stem for path in (checkpoint.CHECKPOINTS / "generators").glob(f"*{SUFFIX}"))


def check_generator_place(name: str | Path) -> None:
    """Find out, before long work starts, whether its file can be written.

    Raises:
        CheckpointError: the path is not a checkpoint's, or nothing can be written there.
    """
    check_place(generator_path(name))


def save_generator(generator: DigitGenerator, name: str | Path = DEFAULT, **history: Any) -> Path:
    """Write weights, in 16 bits each, and metadata; an existing file is replaced as a whole or not at all.

    Args:
        generator: whose configuration is kept with the weights.
        name: a name in checkpoints/generators/ or a path.
        history: plain JSON values about how it was made and what it is worth (recipe, seed, figures).
    """
    return write_file(generator_path(name), generator.config.to_dict(), deepcopy(generator).half(), history)


def load_generator(name: str | Path = DEFAULT) -> DigitGenerator:
    """The network that draws, verified, in eval mode.

    Args:
        name: a name in checkpoints/generators/ or a path.

    Raises:
        CheckpointError: it is missing, not a generator's, altered, of a newer format or of another shape, or its
            weights or answers are not finite numbers.
    """
    path = generator_path(name)
    metadata, weights = read_file(path.name, content_of(path, generator_names()))
    try:
        config = GeneratorConfig.from_dict(metadata["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path.name} does not describe a generator that can be built: {error}") from error
    with torch.device("meta"):  # shapes only: the network of a damaged configuration might not fit into memory
        verify_weights(path.name, DigitGenerator(config).half(), weights)
    generator = DigitGenerator(config)
    generator.load_state_dict(weights)
    generator.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.inference_mode():
        answer = generator(blank_input(1), torch.full((1,), 0.5), torch.zeros(1, dtype=torch.long))
    if not answer.isfinite().all():
        raise CheckpointError(f"{path.name} answers with values that are not finite numbers.")
    return generator


def read_generator_history(name: str | Path = DEFAULT) -> dict[str, Any]:
    """Its metadata without its configuration: recipe, seed, figures, as `save_generator` takes it.

    Raises:
        CheckpointError: it is missing or not a checkpoint.
    """
    path = generator_path(name)
    metadata, _ = read_file(path.name, content_of(path, generator_names()))
    return {key: value for key, value in metadata.items() if key not in OF_THE_FILE}
