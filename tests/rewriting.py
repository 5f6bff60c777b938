"""Files of networks with something else in them, as if they had been made so."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from model.checkpoint import CHECKSUM, METADATA_KEY, checksum_of


def rewrite(path: Path, weights: dict | None = None, **metadata: object) -> None:
    """Put other weights or metadata into a checkpoint, its checksum made anew; a weight of None is left out."""
    with safe_open(path, framework="pt") as file:
        kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        said = json.loads(file.metadata()[METADATA_KEY]) | metadata
    changed = {name: tensor for name, tensor in (kept | (weights or {})).items() if tensor is not None}
    save_file(changed, path, {METADATA_KEY: json.dumps(said | {CHECKSUM: checksum_of(said, changed)})})
