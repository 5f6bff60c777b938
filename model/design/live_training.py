"""A training that is watched while it runs: in short slices, with news after each; it can be stopped and resumed."""

import copy
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.checks import check_whole
from model.data import Split, load_training
from model.design.configuration import DesignError, check_size
from model.drawing.examples import example_images
from model.fields.effective_field import carrying_box, mean_effective_field
from model.fields.layer_fields import receptive_field
from model.fields.receptive_field import Region
from model.layers import milestones, parts_of
from model.metrics import calibrate, figures, logits_of
from model.network import DigitNet, NetworkConfig
from model.training.recipe import Recipe
from model.training.training import Training
from model.training.workers import Workers

MAX_EPOCHS = 20
DEFAULT_EPOCHS = 4
RECIPE = Recipe(batch=128, learning_rate=0.02, weight_decay=0.01, label_smoothing=0.0, average=0.99, strength=0.3)

SLICE = 0.4  # seconds of training between two pieces of news
LOOK_SHARE = 0.1  # of the time, which looking at the network may take
LOOK_EVERY = (1.2, 6.0)  # seconds, at least and at most, however long a look takes
WATCHED = 2000  # validation images read at every look
MISREAD = 12  # of them, at most, that are shown
MAX_SECONDS = 600.0  # of one run; then others have their turn, and it can be resumed


class Sample(NamedTuple):
    """A validation image that is misread.

    Attributes:
        image: uint8 (28, 28).
        label: index of its class.
        answer: index of the class that it is read as.
    """

    image: np.ndarray
    label: int
    answer: int


@dataclass(frozen=True)
class Look:
    """The state of the network after some steps.

    Attributes:
        accuracy: on the watched validation images, 0 to 1.
        watched: how many those are.
        misread: those that it is most confidently wrong about, at most `MISREAD`.
        field: float32 (28, 28), mean effective field of the middle cell of the last stage, its largest value 1.
        box: the smallest square that contains 95 % of it.
        region: the theoretical field, clipped to the image.
        kernels: by convolution, float32 (channels, k, k): those of each output channel that read its first input.
    """

    accuracy: float
    watched: int
    misread: list[Sample]
    field: np.ndarray
    box: Region
    region: Region
    kernels: dict[str, np.ndarray]


@dataclass(frozen=True)
class News:
    """The progress of a training.

    Attributes:
        images: images seen so far, counting every pass.
        total: images that it will have seen by the end.
        seconds: training time so far, without pauses.
        loss: mean over the steps since the last news.
        look: the network's state, or None if it was not looked at.
    """

    images: int
    total: int
    seconds: float
    loss: float
    look: Look | None


class LiveTraining:
    """One design in training. It can be pickled between two slices, to go on in another process.

    Args:
        config: the design.
        epochs: passes over the training images, 1 to `MAX_EPOCHS`.
        root: directory that holds MNIST/raw; read or downloaded when the first run begins.
        seed: of the weights, the order of the images and their augmentation.

    Raises:
        DesignError: the design is too large, or epochs is out of its range.
    """

    def __init__(self, config: NetworkConfig, epochs: int, root: str | Path, seed: int = 0) -> None:
        check_whole("epochs", epochs, 1, MAX_EPOCHS, DesignError)
        check_size(config)
        self.config = config
        self.seed = seed
        self.recipe = replace(RECIPE, epochs=epochs)
        self._root = root
        self._running = threading.Lock()
        self._training: Training | None = None  # until the first run begins
        self._latest: DigitNet | None = None  # as it was at the last look
        self._step = 0
        self._last_step = -1  # not known before it begins
        self._seconds = 0.0
        self._kept: dict[str, Any] | None = None  # the training, as it came from another process

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("_running", "_training", "_losses", "_watched")
        state = {name: value for name, value in self.__dict__.items() if name not in left_out}
        if self._training is not None:
            state["_kept"] = {**self._training.state(), "generator": self._training.generator.get_state()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _running=threading.Lock(), _training=None)

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self._step == self._last_step

    def run(self, report: Callable[[News], None], most_seconds: float = MAX_SECONDS) -> None:
        """Train from where the last run stopped, until the end or until asked to stop.

        Args:
            report: called with news after every slice; a `CancelledError` that it raises ends the run. What was
                learned by then is kept.
            most_seconds: after which the run stops by itself.

        Raises:
            ValueError: it is already running, or its loss is no longer finite.
            DataError: MNIST is missing and cannot be downloaded.
        """
        with self._alone():
            if self._training is None:
                self._begin()
            try:
                for news in self._slices(time.monotonic() + most_seconds):
                    report(news)
            except CancelledError:
                self._latest = self._snapshot()

    def network(self) -> tuple[DigitNet, dict[str, Any]]:
        """A copy of the network as it was last looked at, calibrated, and its history for `save_checkpoint`.

        Raises:
            ValueError: it has not learned anything yet.
        """
        if self._latest is None:
            raise ValueError("This training has not started yet; wait for its first figures.")
        net, (_, validation) = copy.deepcopy(self._latest), _data(self._root)
        calibrate(net, validation)
        history = {
            "seed": self.seed,
            "recipe": asdict(self.recipe),
            "figures": {"validation": figures(net, validation)},
        }
        return net, history

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._running.acquire(blocking=False):
            raise ValueError("This training is already running.")
        try:
            yield
        finally:
            self._running.release()

    def _begin(self) -> None:
        images, validation = _data(self._root)
        self._training = Training(self.config, self.seed, self.recipe, images, Workers("cpu"))
        self._watched = Split(validation.images[:WATCHED], validation.labels[:WATCHED])
        self._last_step = self._training.steps * self.recipe.epochs
        if self._kept is not None:
            self._training.restore(self._kept)
        self._losses = self._all_steps(self._training)

    def _all_steps(self, training: Training) -> Iterator[Tensor]:
        if self._kept is not None:
            yield from training.step_through_epoch(
                self._step - training.epoch * training.steps, self._kept["generator"]
            )
        while training.epoch < self.recipe.epochs:
            yield from training.step_through_epoch()

    def _slices(self, deadline: float) -> Iterator[News]:
        """Train slice by slice; the first and the last news carry a look, the others as often as that stays cheap."""
        next_look = 0.0
        while not self.finished and time.monotonic() < deadline:
            begun = time.monotonic()
            loss = self._train_until(begun + SLICE)
            look, looked = None, time.monotonic()
            if looked >= next_look or self.finished or looked >= deadline:
                look = self._look()
                cost = time.monotonic() - looked
                soonest, latest = LOOK_EVERY
                next_look = looked + min(latest, max(soonest, cost / LOOK_SHARE))
            self._seconds += time.monotonic() - begun
            batch = self.recipe.batch
            yield News(self._step * batch, self._last_step * batch, self._seconds, loss, look)

    def _train_until(self, end: float) -> float:
        """At least one step; returns the mean loss."""
        losses: list[Tensor] = []
        while not losses or (not self.finished and time.monotonic() < end):
            losses.append(next(self._losses))
            self._step += 1
        loss = torch.stack(losses).mean().item()
        if not math.isfinite(loss):
            raise ValueError("The training has diverged: its loss is no longer finite; a different design may learn.")
        return loss

    def _snapshot(self) -> DigitNet:
        assert self._training is not None
        return copy.deepcopy(self._training.result())

    def _look(self) -> Look:
        net = self._latest = self._snapshot()
        logits = logits_of(net, self._watched.images)  # (N, classes)
        confidence, answers = logits.softmax(1).max(1)
        wrong = (answers != self._watched.labels).nonzero().flatten()
        surest = wrong[confidence[wrong].argsort(descending=True)][:MISREAD]
        layer = milestones(net.config)[-1].output
        theory = receptive_field(net, layer)
        cell = theory.map_size[0] // 2, theory.map_size[1] // 2
        field = mean_effective_field(net, layer, cell, example_images())
        return Look(
            accuracy=1 - len(wrong) / len(answers),
            watched=len(answers),
            misread=[
                Sample(self._watched.images[at].numpy(), int(self._watched.labels[at]), int(answers[at]))
                for at in surest
            ],
            field=field / (field.max() or 1),
            box=carrying_box(field, theory.center_of(*cell)),
            region=theory.region(*cell),
            kernels=_kernels(net),
        )


def _kernels(net: DigitNet) -> dict[str, np.ndarray]:
    first = {part[-1].output: net.get_parameter(f"{part[0].name}.weight") for part in parts_of(net.config)}
    return {name: weight[:, 0].detach().numpy() for name, weight in first.items()}


@lru_cache(maxsize=1)
def _data(root: str | Path) -> tuple[Split, Split]:
    """The training and the validation images, read once for all trainings."""
    return load_training(root)
