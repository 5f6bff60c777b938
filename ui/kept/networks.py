"""The networks that visitors and programs may name: those offered to everybody, and those they make themselves.

Nothing else is ever looked up: a name could also be the path of any file.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from model import PRESETS, CheckpointError, DigitNet, load_checkpoint
from model.checkpoint import checkpoint_names, checkpoint_path, read_metadata
from model.cost.budget import READING, work_of
from ui.kept.network_store import NetworkStore, is_key

STATE = Path("state")  # where visitors' networks are kept by default
IN_MEMORY = 16  # networks
MOST_WAITING = 8  # for large networks; each holds one of the server's threads


class Networks:
    """What the page and its endpoints read with.

    Args:
        names: of checkpoints, or their paths: the networks that are offered to all, in the order of the choice.
        directory: where the networks that visitors make are kept.
    """

    def __init__(self, names: Iterable[str], directory: str | Path = STATE) -> None:
        self.names = list(names)
        self._store = NetworkStore(directory)
        self._loaded = lru_cache(IN_MEMORY)(load_checkpoint)  # by path
        self._at_work = threading.Lock()  # one network at a time: on two cores a second one would only slow the first
        self._slow = threading.Lock()  # of those that are so large that the others would wait
        self._slow_waiting = threading.BoundedSemaphore(MOST_WAITING)

    @contextmanager
    def borrow(self, name: object) -> Iterator[DigitNet]:
        """The network of that name, for one caller at a time.

        Raises:
            CheckpointError: as `load`.
            ValueError: the network is a large one, and too many others are waiting for such.
        """
        net = self.load(name)
        if work_of(net.config) <= READING:
            with self._at_work:
                yield net
            return
        if not self._slow_waiting.acquire(blocking=False):
            raise ValueError("Too many are reading with large networks just now; please try again.")
        try:
            with self._slow:
                yield net
        finally:
            self._slow_waiting.release()

    def load(self, name: object) -> DigitNet:
        """The offered network of that name, or the one that is kept under that key; it stays in memory for a while.

        Raises:
            CheckpointError: as `locate`, or its checkpoint is damaged.
        """
        return self._loaded(self.locate(name))

    def locate(self, name: object) -> Path:
        """Where the checkpoint of an offered name, or of a key, lies.

        Raises:
            CheckpointError: it is not among those that are offered, and not the key of a network that is kept.
        """
        if is_key(name):
            return self._store.path(name)
        if not isinstance(name, str) or name not in self.names:
            raise CheckpointError(f"There is no network of that name; expected one of {', '.join(sorted(self.names))}.")
        return checkpoint_path(name)

    def title(self, name: object) -> str:
        """What people call a network: "base", or "base, taught 14:02".

        Raises:
            CheckpointError: as `locate`.
        """
        path = self.locate(name)
        return str(read_metadata(path).get("title", path.stem)) if is_key(name) else path.stem

    def keep(self, net: DigitNet, **history: Any) -> str:
        """Keep a network that a visitor made; returns its key, as `NetworkStore.keep`."""
        return self._store.keep(net, **history)

    def lasts(self, key: str) -> bool:
        """Whether a network that a visitor made outlives this server, as it does unless it could not be written."""
        return self._store.lasts(key)


def names_to_offer(default: str) -> list[str]:
    """The networks to choose from: the presets that are trained, smallest first, and the default."""
    trained = [name for name in PRESETS if name in checkpoint_names()]
    return trained if default in trained else [*trained, default]
