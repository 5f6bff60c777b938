"""A training that can be stopped after any epoch and taken up again: what is kept of it, and when that is refused."""

from abc import ABC, abstractmethod
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, ClassVar

import torch

DAMAGE = (RuntimeError, EOFError, UnpicklingError, LookupError, TypeError, ValueError, AttributeError)


class Resumable(ABC):
    """A training with a network, its moving average, and an optimizer; a subclass may have more to keep.

    Attributes:
        KEPT: names of the attributes that have a `state_dict`, which is all that a training goes on from.
        epoch: how many are finished.
        recipe: how it is trained; has `epochs`.
        device: where it is trained.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("net", "average", "optimizer")
    epoch: int
    recipe: Any
    device: torch.device

    @abstractmethod
    def made(self) -> dict[str, Any]:
        """What has to be the same in a training that goes on: plain values by what they are called in sentences."""

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on, in a training that was made alike."""
        return {"epoch": self.epoch, **{name: getattr(self, name).state_dict() for name in self.KEPT}}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`, of a training that was made alike."""
        self.epoch = state["epoch"]
        for name in self.KEPT:
            getattr(self, name).load_state_dict(state[name])

    def save(self, path: Path) -> None:
        """Keep everything that `load` needs; an existing file is replaced as a whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save({**self.made(), **self.state()}, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from what `save` kept.

        Raises:
            ValueError: the file is damaged or something else, of a training that was made otherwise, or past the last
                epoch.
        """
        expected = self.made()
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            other = [name for name, value in expected.items() if state[name] != value]
            epoch = int(state["epoch"])
        except DAMAGE as error:
            raise ValueError(_damaged(path)) from error
        if other:
            values = ", ".join(str(expected[name]) for name in other)
            raise ValueError(f"{path} does not have the {' and the '.join(other)} of this training; expected {values}.")
        if epoch > self.recipe.epochs:
            raise ValueError(f"{path} is after epoch {epoch}; this training ends after {self.recipe.epochs}.")
        try:
            self.restore(state)
        except DAMAGE as error:  # such as weights of another shape
            raise ValueError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return f"{path} is damaged or belongs to another training; without --resume the training starts over."
