"""Networks that visitors made, each kept under a key that nobody can guess.

A key is all that is needed to use a network and nothing else gives it away, so that two visitors never see each
other's. The strokes are the data and stay with the visitor; what is kept here can be made again from them.
"""

import os
import re
import secrets
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard

from model.checkpoint import SUFFIX, CheckpointError, save_checkpoint
from model.network import DigitNet

KEY = re.compile(r"mine-[0-9a-f]{32}")
MAX_BYTES = 256 * 2**20
TIME_TO_LIVE = 30 * 24 * 3600.0  # seconds
LEFT_BEHIND = 600.0  # seconds after which half a file is one whose writing was ended


def is_key(name: object) -> TypeGuard[str]:
    """Whether this has the form of a key; nothing else ever becomes part of a path."""
    return isinstance(name, str) and KEY.fullmatch(name) is not None


class NetworkStore:
    """Checkpoints in a directory; the least recently used goes first.

    Where nothing can be written there, as on a full disk, they are kept in a temporary directory for as long as this
    process runs, so that what has been learned is not lost at its last step.

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
        self._spare: tempfile.TemporaryDirectory[str] | None = None

    def keep(self, net: DigitNet, **history: Any) -> str:
        """Write a network, whole or not at all, and make room for it.

        Args:
            net: the network.
            history: plain JSON values about how it was made, as `save_checkpoint` takes them.

        Returns:
            Its key.

        Raises:
            CheckpointError: it can be written nowhere.
        """
        key = f"mine-{secrets.token_hex(16)}"
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            save_checkpoint(net, self._file(key), **history)
        except Exception as error:  # safetensors has errors of its own for a full disk
            self._keep_elsewhere(key, net, history, error)
        else:
            self._make_room(self._file(key))
        return key

    def path(self, key: str) -> Path:
        """Where a network is kept; asking for it counts as use.

        Raises:
            CheckpointError: this is not a key, or its network is no longer kept.
        """
        if not is_key(key):
            raise CheckpointError("This is not the key of a network; expected mine- and 32 hexadecimal digits.")
        for path in self._places(key):
            try:
                if self._age(path) > self.time_to_live:
                    path.unlink()
                    continue
                with suppress(PermissionError):
                    os.utime(path)
                return path
            except FileNotFoundError:
                continue
            except OSError:  # a directory that cannot be written to, or is none
                if path.is_file():
                    return path
        raise CheckpointError(
            "This network is no longer kept here; teach it again from the samples, or upload its file."
        )

    def lasts(self, key: str) -> bool:
        """Whether a network is kept where it outlives this process."""
        return self._file(key).is_file()

    def _file(self, key: str) -> Path:
        return self.directory / f"{key}{SUFFIX}"

    def _places(self, key: str) -> list[Path]:
        spare = [Path(self._spare.name) / f"{key}{SUFFIX}"] if self._spare else []
        return [self._file(key), *spare]

    def _keep_elsewhere(self, key: str, net: DigitNet, history: dict[str, Any], error: Exception) -> None:
        try:
            with self._lock:
                self._spare = self._spare or tempfile.TemporaryDirectory(prefix="digitscope-")
            self._make_room(save_checkpoint(net, self._places(key)[-1], **history))
        except Exception as again:
            raise CheckpointError(
                "This network cannot be kept: the server's disk is full or cannot be written to. Your samples are "
                "still here; please try again later."
            ) from again
        print(
            f"Networks cannot be kept in {self.directory} ({error}); until this process ends they are in "
            f"{self._spare.name}.",
            file=sys.stderr,
        )

    @staticmethod
    def _age(path: Path) -> float:
        return time.time() - path.stat().st_mtime

    def _make_room(self, newest: Path) -> None:
        with self._lock, suppress(OSError):
            total = newest.stat().st_size + self._unfinished(newest.parent)
            for path, size, age in self._by_use(newest):
                total += size
                if total > self.max_bytes or age > self.time_to_live:
                    path.unlink(missing_ok=True)

    def _unfinished(self, directory: Path) -> int:
        """Bytes of files that are being written there; those whose writing was ended long ago are removed."""
        total = 0
        for path in directory.glob(".mine-*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
                if self._age(path) > LEFT_BEHIND:
                    path.unlink()
        return total

    @staticmethod
    def _by_use(newest: Path) -> list[tuple[Path, int, float]]:
        """The other networks there with their bytes and the seconds since their last use, the one used last first."""
        found = []
        for path in newest.parent.glob(f"mine-*{SUFFIX}"):
            if path != newest:
                with suppress(FileNotFoundError):  # another process may keep networks here, too
                    status = path.stat()
                    found.append((path, status.st_size, time.time() - status.st_mtime))
        return sorted(found, key=lambda entry: entry[2])
