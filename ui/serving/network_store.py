"""Networks that visitors made, each kept under a key that nobody can guess.

A key is all that is needed to use a network and nothing else gives it away, so that two visitors never see each
other's. The strokes are the data and stay with the visitor; what is kept here can be made again from them.
"""

import os
import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any, TypeGuard

from model.checkpoint import SUFFIX, CheckpointError, save_checkpoint
from model.network import DigitNet

KEY = re.compile(r"mine-[0-9a-f]{32}")
MAX_BYTES = 256 * 2**20
TIME_TO_LIVE = 30 * 24 * 3600.0  # seconds


def is_key(name: object) -> TypeGuard[str]:
    """Whether this has the form of a key; nothing else ever becomes part of a path."""
    return isinstance(name, str) and KEY.fullmatch(name) is not None


class NetworkStore:
    """Checkpoints in a directory; what is used least lately goes first.

    Args:
        directory: made when something is first kept.
        max_bytes: of all checkpoints together; the newest one stays whatever its size.
        time_to_live: seconds after its last use for which a network is kept.
    """

    def __init__(self, directory: str | Path, max_bytes: int = MAX_BYTES, time_to_live: float = TIME_TO_LIVE) -> None:
        self.directory = Path(directory)
        self.max_bytes = max_bytes
        self.time_to_live = time_to_live
        self._lock = threading.Lock()

    def keep(self, net: DigitNet, **history: Any) -> str:
        """Write a network, whole or not at all, and make room for it.

        Args:
            net: the network.
            history: plain JSON values about how it was made, as `save_checkpoint` takes them.

        Returns:
            Its key.
        """
        key = f"mine-{secrets.token_hex(16)}"
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        save_checkpoint(net, self._file(key), **history)
        self._make_room(key)
        return key

    def path(self, key: str) -> Path:
        """Where a network is kept; asking for it counts as use.

        Raises:
            CheckpointError: this is not a key, or its network is no longer kept.
        """
        if not is_key(key):
            raise CheckpointError("This is not the key of a network; expected mine- and 32 hexadecimal digits.")
        path = self._file(key)
        try:
            if self._age(path) > self.time_to_live:
                path.unlink()
            os.utime(path)
        except FileNotFoundError:
            raise CheckpointError(
                "This network is no longer kept here; teach it again from the samples, or upload its file."
            ) from None
        return path

    def _file(self, key: str) -> Path:
        return self.directory / f"{key}{SUFFIX}"

    @staticmethod
    def _age(path: Path) -> float:
        return time.time() - path.stat().st_mtime

    def _make_room(self, newest: str) -> None:
        with self._lock:
            kept = [path for path in self.directory.glob(f"mine-*{SUFFIX}") if path != self._file(newest)]
            total = self._file(newest).stat().st_size
            for path in sorted(kept, key=lambda path: path.stat().st_mtime, reverse=True):
                total += path.stat().st_size
                if total > self.max_bytes or self._age(path) > self.time_to_live:
                    path.unlink(missing_ok=True)
